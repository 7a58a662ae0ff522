"""Chat without a key."""

import pytest

from todo.assistant.rules import HELP


def say(api, message):
    response = api.post("/api/chat", json={"message": message})
    assert response.status_code == 200
    assert response.json()["assistant"] == "rules"
    return response.json()


def titles(api, state="all"):
    return [task["title"] for task in api.get("/api/tasks", params={"state": state}).json()]


@pytest.mark.parametrize(
    ("sentence", "title"),
    [
        ("add buy milk", "Buy milk"),
        ("Add a task to call mum.", "Call mum"),
        ("Please add “buy milk” to my list", "Buy milk"),
        ("could you add milk and bread to the todo list?", "Milk and bread"),
        ("create a new task called water the plants", "Water the plants"),
        ("Remind me to pay the rent!", "Pay the rent"),
        ("I need to wash the car", "Wash the car"),
        ("todo: write the report", "Write the report"),
        ("new task: buy stamps", "Buy stamps"),
    ],
)
def test_adding(api, sentence, title):
    answer = say(api, sentence)
    assert titles(api) == [title]
    assert answer["reply"] == f"Added “{title}”."
    assert [action["tool"] for action in answer["actions"]] == ["add_task"]
    assert answer["actions"][0]["result"]["title"] == title


@pytest.fixture
def three(api):
    for title in ("Buy milk", "Call mum", "Buy oat milk"):
        api.post("/api/tasks", json={"title": title})
    return api


@pytest.mark.parametrize(
    "sentence",
    [
        "complete call mum", "mark call mum as done", "I finished call mum", "call mum is done", "check off Call Mum",
        "done with task 2", "complete 2", "complete task #2", "finish mum", "Mark the task \"call mum\" as completed",
    ],
)  # fmt: skip
def test_completing(three, sentence):
    assert say(three, sentence)["reply"] == "Done: “Call mum”."
    assert titles(three, "done") == ["Call mum"]


def test_reopening(three):
    say(three, "complete 2")
    assert say(three, "mark call mum as not done")["reply"] == "“Call mum” is open again."
    assert titles(three, "done") == []


@pytest.mark.parametrize("sentence", ["delete call mum", "remove task 2", "please remove call mum from my list", "forget about call mum"])
def test_deleting(three, sentence):
    assert say(three, sentence)["reply"] == "Deleted “Call mum”."
    assert titles(three) == ["Buy milk", "Buy oat milk"]


@pytest.mark.parametrize("sentence", ["rename call mum to call dad", "change task 2 to call dad"])
def test_renaming(three, sentence):
    assert say(three, sentence)["reply"] == "Renamed; it is now “Call dad”."
    assert titles(three) == ["Buy milk", "Call dad", "Buy oat milk"]


@pytest.mark.parametrize("sentence", ["list", "show my tasks", "what is left?", "What do I have to do?", "which tasks are open"])
def test_listing_what_is_open(three, sentence):
    say(three, "complete 2")
    assert say(three, sentence)["reply"] == "Open:\n1. Buy milk\n3. Buy oat milk"


def test_listing_the_rest(three):
    say(three, "complete 2")
    assert say(three, "show completed tasks")["reply"] == "Done:\n2. Call mum"
    assert say(three, "list all tasks")["reply"] == "Your tasks:\n1. Buy milk\n2. Call mum (done)\n3. Buy oat milk"


def test_listing_an_empty_list(api):
    assert say(api, "what is left?")["reply"] == "Nothing is left to do."


def test_it_asks_when_several_tasks_fit(three):
    answer = say(three, "delete milk")
    assert answer["reply"] == "Which one do you mean: 1 “Buy milk”, 3 “Buy oat milk”? Please say its number."
    assert answer["actions"] == []
    assert len(titles(three)) == 3


def test_the_open_one_of_two_alike_is_completed(three):
    say(three, "complete 1")
    say(three, "add buy milk")
    say(three, "complete buy milk")
    assert [t["id"] for t in three.get("/api/tasks", params={"state": "done"}).json()] == [1, 4]


@pytest.mark.parametrize("sentence", ["complete nonsense", "delete 99"])
def test_it_says_when_nothing_fits(three, sentence):
    assert "I found no task" in say(three, sentence)["reply"]


@pytest.mark.parametrize("sentence", ["What is the weather?", "?", "add", "delete", "42"])
def test_it_says_when_it_does_not_understand(three, sentence):
    answer = say(three, sentence)
    assert (answer["reply"], answer["actions"]) == (HELP, [])
    assert len(titles(three)) == 3


def test_a_title_that_is_too_long(api):
    assert say(api, "add " + "x" * 300)["reply"].startswith("That did not work: title:")


@pytest.mark.parametrize("message", ["", "  ", "x" * 2001])
def test_a_bad_message_is_refused(api, message):
    assert api.post("/api/chat", json={"message": message}).status_code == 422
