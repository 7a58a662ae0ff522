"""Notes, kept in PostgreSQL: the backend of the four cases."""

import json
import logging
import os
import sys
import threading
import time

import psycopg
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

DATABASE_URL = os.environ["DATABASE_URL"]
GEMINI_API_KEY = os.getenv("GEMINI_API_KEY")


class Lines(logging.Formatter):
    """A JSON object for each line of the log."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps({"level": record.levelname, "logger": record.name, "message": record.getMessage()})


handler = logging.StreamHandler(sys.stdout)
handler.setFormatter(Lines())
logging.basicConfig(level=os.getenv("LOG_LEVEL", "INFO"), handlers=[handler])

app = FastAPI(title="Notes")
counted = threading.Lock()
requests: dict[tuple[str, int], int] = {}
seconds = 0.0


class Note(BaseModel):
    text: str


@app.middleware("http")
async def count(request: Request, call_next):
    global seconds
    begin = time.perf_counter()
    response = await call_next(request)
    with counted:
        key = (request.method, response.status_code)
        requests[key] = requests.get(key, 0) + 1
        seconds += time.perf_counter() - begin
    return response


def connect() -> psycopg.Connection:
    return psycopg.connect(DATABASE_URL, connect_timeout=3)


@app.get("/health")
@app.get("/health/live")
@app.get("/health/startup")
def live() -> dict:
    return {"status": "ok"}


@app.get("/ready")
@app.get("/health/ready")
def ready() -> dict:
    try:
        with connect() as connection:
            connection.execute("select 1 from notes limit 1")
    except psycopg.Error as error:
        raise HTTPException(503, "the database does not answer, or has no schema yet") from error
    return {"status": "ready", "assistant": GEMINI_API_KEY is not None}


@app.get("/metrics", response_class=PlainTextResponse)
def metrics() -> str:
    with counted:
        lines = ["# TYPE http_requests_total counter"]
        for (method, code), number in sorted(requests.items()):
            lines.append(f'http_requests_total{{method="{method}",code="{code}"}} {number}')
        lines += ["# TYPE http_request_seconds_total counter", f"http_request_seconds_total {seconds}"]
    return "\n".join(lines) + "\n"


@app.get("/notes")
def notes() -> list[str]:
    with connect() as connection:
        return [text for (text,) in connection.execute("select text from notes order by id")]


@app.post("/notes", status_code=201)
def add(note: Note) -> dict:
    with connect() as connection:
        connection.execute("insert into notes (text) values (%s)", (note.text,))
    return {"added": note.text}
