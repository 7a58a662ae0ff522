"""Any server that speaks OpenAI's chat completions with tool calling."""

import json
from typing import Any

from todo.assistant.model import INSTRUCTIONS, Call, ModelAssistant, Turn
from todo.config import Settings
from todo.tools import Tools


class OpenAI(ModelAssistant):
    name = "openai"

    def __init__(self, settings: Settings) -> None:
        headers = {"Authorization": f"Bearer {settings.openai_api_key}"}
        super().__init__(settings.openai_base_url, headers, settings.assistant_timeout_seconds)
        self.model = settings.openai_model

    def start(self, message: str) -> list[dict]:
        return [{"role": "system", "content": INSTRUCTIONS}, {"role": "user", "content": message}]

    def ask(self, conversation: list[dict], tools: Tools) -> Turn:
        functions = [{"type": "function", "function": declaration} for declaration in tools.declarations()]
        answer = self.post(
            "chat/completions", {"model": self.model, "messages": conversation, "tools": functions}
        )
        try:
            message = answer["choices"][0]["message"]
            calls = [
                Call(call["function"]["name"], json.loads(call["function"]["arguments"] or "{}"), call["id"])
                for call in message.get("tool_calls") or []
            ]
            turn = Turn(text=(message.get("content") or "").strip(), calls=calls)
        except (LookupError, TypeError, AttributeError, ValueError):
            raise self.unreadable(answer) from None
        # Only what the interface takes back; servers add fields that others refuse.
        conversation.append({key: message[key] for key in ("role", "content", "tool_calls") if key in message})
        return turn

    def tell(self, conversation: list[dict], results: list[tuple[Call, Any]]) -> None:
        for call, result in results:
            conversation.append({"role": "tool", "tool_call_id": call.id, "content": json.dumps(result)})
