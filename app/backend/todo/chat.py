"""/api/chat"""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, StringConstraints

from todo.assistant import Reply

router = APIRouter(prefix="/api/chat", tags=["chat"])


class ChatMessage(BaseModel):
    message: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class ChatReply(Reply):
    assistant: str


# Not async: assistants and the database block, so each request gets a thread.
@router.post("", response_model=ChatReply)
def chat(request: Request, body: ChatMessage):
    assistant = request.app.state.assistant
    reply = assistant.reply(body.message, request.app.state.tools)
    return ChatReply(assistant=assistant.name, **reply.model_dump())
