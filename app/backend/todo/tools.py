"""The todo tools that a language model may call: one set for chat (any assistant) and for MCP."""

from collections.abc import Callable
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from todo.models import TaskId, TaskRead, Title
from todo.store import State, Store, TaskNotFound

# What every provider understands of JSON Schema; they refuse some of the rest.
PORTABLE = {"type", "description", "enum", "properties", "required"}


class Tools:
    def __init__(self, store: Store) -> None:
        self.store = store

    def add_task(self, title: Title) -> TaskRead:
        """Add a task to the list."""
        return TaskRead.model_validate(self.store.add(title))

    def list_tasks(self, state: State = "all") -> list[TaskRead]:
        """List tasks: all of them, the open ones or the done ones."""
        return [TaskRead.model_validate(task) for task in self.store.list(state)]

    def complete_task(self, task_id: TaskId) -> TaskRead:
        """Mark a task as done."""
        return TaskRead.model_validate(self.store.change(task_id, done=True))

    def reopen_task(self, task_id: TaskId) -> TaskRead:
        """Mark a task as not done."""
        return TaskRead.model_validate(self.store.change(task_id, done=False))

    def rename_task(self, task_id: TaskId, title: Title) -> TaskRead:
        """Give a task a new title."""
        return TaskRead.model_validate(self.store.change(task_id, title=title))

    def delete_task(self, task_id: TaskId) -> TaskRead:
        """Delete a task for good."""
        return TaskRead.model_validate(self.store.delete(task_id))

    def all(self) -> list[Callable[..., Any]]:
        return [
            self.add_task, self.list_tasks, self.complete_task,
            self.reopen_task, self.rename_task, self.delete_task,
        ]  # fmt: skip

    def run(self, name: str, arguments: dict[str, Any]) -> Any:
        """Calls a tool and gives its result as JSON; what a caller did wrong comes back as {"error": ...}."""
        tool = {tool.__name__: tool for tool in self.all()}.get(name)
        if tool is None:
            return {"error": f"there is no tool {name}"}
        try:
            return to_jsonable_python(TypeAdapter(tool).validate_python(arguments))
        except ValidationError as error:
            first = error.errors()[0]
            return {"error": f"{'.'.join(map(str, first['loc']))}: {first['msg']}"}
        except TaskNotFound as error:
            return {"error": str(error)}

    def declarations(self) -> list[dict[str, Any]]:
        """Name, description and parameters (JSON Schema) of each tool."""
        return [
            {
                "name": tool.__name__,
                "description": tool.__doc__,
                "parameters": portable(TypeAdapter(tool).json_schema()),
            }
            for tool in self.all()
        ]


def portable(schema: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in schema.items() if key in PORTABLE}
    if "properties" in kept:
        kept["properties"] = {name: portable(value) for name, value in kept["properties"].items()}
    return kept
