"""The MCP endpoint, through the official client."""

import asyncio

import httpx2
import pytest
from mcp import Client


def session(server, steps):
    async def run():
        async with Client(f"{server.url}/mcp") as client:
            return await steps(client)

    return asyncio.run(run())


def test_the_tools_are_those_of_the_chat(api, server):
    async def steps(client):
        return [tool.name for tool in (await client.list_tools()).tools]

    names = ["add_task", "list_tasks", "complete_task", "reopen_task", "rename_task", "delete_task"]
    assert session(server, steps) == names


def test_tools_work(api, server):
    async def steps(client):
        added = await client.call_tool("add_task", {"title": "Buy milk"})
        await client.call_tool("complete_task", {"task_id": added.structured_content["id"]})
        return (await client.call_tool("list_tasks", {"state": "done"})).structured_content["result"]

    assert [task["title"] for task in session(server, steps)] == ["Buy milk"]
    assert api.get("/api/tasks").json()[0]["done"] is True


@pytest.mark.parametrize(
    ("tool", "arguments", "text"),
    [("complete_task", {"task_id": 99}, "there is no task 99"), ("add_task", {"title": ""}, "title")],
)
def test_a_wrong_call_is_an_error_with_its_reason(api, server, tool, arguments, text):
    result = session(server, lambda client: client.call_tool(tool, arguments))
    assert result.is_error
    assert text in result.content[0].text


def test_any_host_name_is_served(server):
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    headers = {"host": "backend.todo.svc:8000", "accept": "application/json, text/event-stream"}
    assert httpx2.post(f"{server.url}/mcp", json=body, headers=headers).json()["result"] == {}
