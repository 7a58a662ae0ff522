"""Gemini, over its REST interface with function calling."""

from typing import Any

from todo.assistant.model import INSTRUCTIONS, Call, ModelAssistant, Turn
from todo.config import Settings
from todo.tools import Tools


class Gemini(ModelAssistant):
    name = "gemini"

    def __init__(self, settings: Settings) -> None:
        headers = {"x-goog-api-key": settings.gemini_api_key}
        super().__init__(settings.gemini_base_url, headers, settings.assistant_timeout_seconds)
        self.path = f"v1beta/models/{settings.gemini_model}:generateContent"

    def start(self, message: str) -> list[dict]:
        return [{"role": "user", "parts": [{"text": message}]}]

    def ask(self, conversation: list[dict], tools: Tools) -> Turn:
        answer = self.post(
            self.path,
            {
                "systemInstruction": {"parts": [{"text": INSTRUCTIONS}]},
                "contents": conversation,
                "tools": [{"functionDeclarations": tools.declarations()}],
            },
        )
        try:
            content = answer["candidates"][0]["content"]
            parts = content["parts"]
            calls = [part["functionCall"] for part in parts if "functionCall" in part]
            turn = Turn(
                text="".join(part.get("text", "") for part in parts if not part.get("thought")).strip(),
                calls=[Call(call["name"], call.get("args") or {}, call.get("id")) for call in calls],
            )
        except (LookupError, TypeError, AttributeError):
            raise self.unreadable(answer) from None
        # Sent back as it came: a part may carry a signature that the model wants to see again.
        conversation.append(content)
        return turn

    def tell(self, conversation: list[dict], results: list[tuple[Call, Any]]) -> None:
        parts = []
        for call, result in results:
            response = {"name": call.tool, "response": {"result": result}}
            parts.append({"functionResponse": response | ({"id": call.id} if call.id else {})})
        conversation.append({"role": "user", "parts": parts})
