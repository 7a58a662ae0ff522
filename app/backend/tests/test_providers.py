"""Chat with a key, against a stand-in: the real providers cannot be asked in a test."""

import json

import httpx2
import pytest

KEY = "key-that-must-not-be-seen"


def gemini(*parts):
    return 200, {"candidates": [{"content": {"role": "model", "parts": list(parts)}}]}


def openai(content=None, *calls):
    tool_calls = [
        {"id": f"call_{n}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
        for n, (name, arguments) in enumerate(calls)
    ]
    message = {"role": "assistant", "content": content} | ({"tool_calls": tool_calls} if calls else {})
    return 200, {"choices": [{"message": message | {"refusal": None}}]}


def say(server, message):
    response = httpx2.post(f"{server.url}/api/chat", json={"message": message}, timeout=30)
    assert response.status_code == 200
    return response.json()


def use_gemini(start, provider, **more):
    return start(GEMINI_API_KEY=KEY, GEMINI_BASE_URL=provider.url, LOG_LEVEL="DEBUG", **more)


def use_openai(start, provider, **more):
    return start(OPENAI_API_KEY=KEY, OPENAI_BASE_URL=f"{provider.url}/v1", LOG_LEVEL="DEBUG", **more)


def test_gemini_calls_tools(api, start, provider):
    server = use_gemini(start, provider)
    provider.answers = [
        gemini(
            {"functionCall": {"name": "add_task", "args": {"title": "Buy milk"}, "id": "a"}, "thoughtSignature": "s"},
            {"functionCall": {"name": "complete_task", "args": {"task_id": 99}}},
        ),
        gemini({"text": "thinking", "thought": True}, {"text": "Added. There is no task 99."}),
    ]
    answer = say(server, "add buy milk and complete 99")
    assert (answer["assistant"], answer["reply"]) == ("gemini", "Added. There is no task 99.")
    assert [action["tool"] for action in answer["actions"]] == ["add_task", "complete_task"]
    assert answer["actions"][1]["result"] == {"error": "there is no task 99"}
    assert [task["title"] for task in api.get("/api/tasks").json()] == ["Buy milk"]

    first, second = provider.requests
    assert first["path"] == "/v1beta/models/gemini-2.5-flash:generateContent"
    assert first["headers"]["x-goog-api-key"] == KEY
    declared = first["body"]["tools"][0]["functionDeclarations"]
    assert {"name": "list_tasks", "description": "List tasks: all of them, the open ones or the done ones.",
            "parameters": {"type": "object", "properties": {"state": {"type": "string", "enum": ["all", "open", "done"]}}}} in declared  # fmt: skip
    user, model, results = second["body"]["contents"]
    assert user == {"role": "user", "parts": [{"text": "add buy milk and complete 99"}]}
    assert model["parts"][0]["thoughtSignature"] == "s"
    assert results["parts"][0]["functionResponse"]["id"] == "a"
    assert results["parts"][0]["functionResponse"]["response"]["result"]["title"] == "Buy milk"
    assert "id" not in results["parts"][1]["functionResponse"]


def test_openai_calls_tools(api, start, provider):
    server = use_openai(start, provider, OPENAI_MODEL="some-model")
    provider.answers = [openai(None, ("add_task", {"title": "Buy milk"}), ("nonsense", {})), openai("Added.")]
    answer = say(server, "add buy milk")
    assert (answer["assistant"], answer["reply"]) == ("openai", "Added.")
    assert answer["actions"][1]["result"] == {"error": "there is no tool nonsense"}
    assert [task["title"] for task in api.get("/api/tasks").json()] == ["Buy milk"]

    first, second = provider.requests
    assert first["path"] == "/v1/chat/completions"
    assert first["headers"]["authorization"] == f"Bearer {KEY}"
    assert first["body"]["model"] == "some-model"
    assert len(first["body"]["tools"]) == 6
    system, user, asked, *results = second["body"]["messages"]
    assert [m["role"] for m in (system, user, asked, *results)] == ["system", "user", "assistant", "tool", "tool"]
    assert "refusal" not in asked
    assert [result["tool_call_id"] for result in results] == ["call_0", "call_1"]
    assert json.loads(results[0]["content"])["title"] == "Buy milk"


def test_gemini_comes_before_openai(start, provider):
    server = start(GEMINI_API_KEY=KEY, GEMINI_BASE_URL=provider.url, OPENAI_API_KEY=KEY)
    provider.answers = [gemini({"text": "Hello."})]
    assert say(server, "hello")["assistant"] == "gemini"


@pytest.mark.parametrize("use", [use_gemini, use_openai])
def test_failures_are_answered_calmly(start, provider, use):
    server = use(start, provider)
    can_not_read = "The assistant gave an answer I cannot read."
    for answer, text in [
        ((401, {"error": KEY}), "The assistant refused its key."),
        ((429, {}), "The assistant is busy."),
        ((500, b"<html>"), "The assistant could not answer just now."),
        ((200, b"<html>"), can_not_read),
        ((200, {"candidates": [{"finishReason": "SAFETY"}]}), can_not_read),
        ((200, []), can_not_read),
    ]:
        provider.answers = [answer]
        answered = say(server, "add buy milk")
        assert answered["reply"].startswith(text)
        assert answered["actions"] == []
    provider.close()
    assert say(server, "add buy milk")["reply"].startswith("The assistant cannot be reached.")
    # At DEBUG, too, neither the key nor a body that quotes it is logged.
    server.stop()
    assert KEY not in "".join(server.lines)
    assert "status 401" in "".join(server.lines)


@pytest.mark.parametrize("use", [use_gemini, use_openai])
def test_a_slow_provider_is_given_up(start, provider, use):
    server = use(start, provider, ASSISTANT_TIMEOUT_SECONDS="0.2")
    provider.answers = [(200, {})]
    provider.may_answer.clear()
    assert say(server, "hello")["reply"].startswith("The assistant took too long to answer.")


def test_a_model_that_never_finishes_is_stopped(api, start, provider):
    server = use_openai(start, provider)
    provider.answers = [openai(None, ("list_tasks", {})) for _ in range(20)]
    answer = say(server, "list")
    assert answer["reply"].startswith("I could not finish this.")
    assert len(answer["actions"]) == len(provider.requests) == 6


def test_what_was_done_before_a_failure_is_told(api, start, provider):
    server = use_openai(start, provider)
    provider.answers = [openai(None, ("add_task", {"title": "Buy milk"})), (500, {})]
    answer = say(server, "add buy milk")
    assert answer["reply"].endswith("What was done so far is in the list.")
    assert answer["actions"][0]["result"]["title"] == "Buy milk"
