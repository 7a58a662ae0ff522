"""Turns a sentence into calls of the todo tools. Which assistant does it is decided by which key is set."""

from typing import Any, Protocol

from pydantic import BaseModel

from todo.config import Settings
from todo.tools import Tools


class Action(BaseModel):
    """One tool call and what came of it."""

    tool: str
    arguments: dict[str, Any]
    result: Any


class Reply(BaseModel):
    reply: str
    actions: list[Action] = []


class Assistant(Protocol):
    name: str

    def reply(self, message: str, tools: Tools) -> Reply: ...


def choose(settings: Settings) -> Assistant:
    from todo.assistant.gemini import Gemini
    from todo.assistant.openai import OpenAI
    from todo.assistant.rules import Rules

    if settings.gemini_api_key:
        return Gemini(settings)
    if settings.openai_api_key:
        return OpenAI(settings)
    return Rules()
