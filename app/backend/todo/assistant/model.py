"""What the language-model providers share: the conversation with its tool calls, and calm answers to failures."""

import logging
import time
from typing import Any, NamedTuple

import httpx2

from todo.assistant import Action, Reply
from todo.tools import Tools

log = logging.getLogger(__name__)

INSTRUCTIONS = (
    "You manage the user's todo list with the tools you are given. Do what the user asks and nothing more. "
    "Look tasks up before you change or delete them. If it is unclear which task is meant, ask. "
    "Answer in one or two short plain sentences, in the user's language."
)
# A model that has not finished by then is going round in circles.
MAX_ROUNDS = 6


class Call(NamedTuple):
    tool: str
    arguments: dict[str, Any]
    id: str | None


class Turn(NamedTuple):
    """One answer of the model: text for the user, or tools it wants called."""

    text: str
    calls: list[Call]


class Unavailable(Exception):
    """The provider gave no usable answer; the text is for the user."""


class ModelAssistant:
    """A provider says how it is asked (`ask`) and how it is told results (`tell`)."""

    name: str

    def __init__(self, base_url: str, headers: dict[str, str], timeout: float) -> None:
        # The key travels in a header, never in the URL, which clients and proxies log.
        self.timeout = timeout
        self.client = httpx2.Client(base_url=base_url.rstrip("/") + "/", headers=headers, timeout=timeout)

    def start(self, message: str) -> list[dict]:
        raise NotImplementedError

    def ask(self, conversation: list[dict], tools: Tools) -> Turn:
        """Sends the conversation, appends the model's answer to it."""
        raise NotImplementedError

    def tell(self, conversation: list[dict], results: list[tuple[Call, Any]]) -> None:
        """Appends the results of the tools."""
        raise NotImplementedError

    def reply(self, message: str, tools: Tools) -> Reply:
        actions: list[Action] = []
        conversation, deadline = self.start(message), time.monotonic() + self.timeout
        try:
            for _ in range(MAX_ROUNDS):
                turn = self.ask(conversation, tools)
                if not turn.calls:
                    return Reply(reply=turn.text or "Done.", actions=actions)
                results = [(call, tools.run(call.tool, call.arguments)) for call in turn.calls]
                actions += [Action(tool=c.tool, arguments=c.arguments, result=result) for c, result in results]
                self.tell(conversation, results)
                if time.monotonic() > deadline:
                    break  # the person has waited long enough
            text = "I could not finish this. Please ask for one thing at a time."
        except Unavailable as reason:
            text = f"{reason} You can still use the list itself."
        if actions:
            text += " What was done so far is in the list."
        return Reply(reply=text, actions=actions)

    def post(self, path: str, body: dict) -> dict:
        # Bodies and headers are not logged: they hold the user's words and the key.
        try:
            response = self.client.post(path, json=body)
            response.raise_for_status()
            return response.json()
        except httpx2.HTTPStatusError as error:
            status = error.response.status_code
            cause, text = f"status {status}", {
                401: "The assistant refused its key.",
                403: "The assistant refused its key.",
                429: "The assistant is busy. Please try again in a minute.",
            }.get(status, "The assistant could not answer just now.")
        except httpx2.TimeoutException:
            cause, text = "timeout", "The assistant took too long to answer."
        except httpx2.HTTPError as error:
            cause, text = type(error).__name__, "The assistant cannot be reached."
        except ValueError:
            cause, text = "not JSON", "The assistant gave an answer I cannot read."
        log.warning("the assistant did not answer", extra={"fields": {"assistant": self.name, "cause": cause}})
        raise Unavailable(text)

    def unreadable(self, answer: dict) -> Unavailable:
        keys = sorted(answer) if isinstance(answer, dict) else []
        log.warning("the assistant's answer is unreadable", extra={"fields": {"assistant": self.name, "keys": keys}})
        return Unavailable("The assistant gave an answer I cannot read.")
