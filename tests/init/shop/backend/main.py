"""Notes, kept in PostgreSQL."""

import os

import psycopg
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

DATABASE_URL = os.environ["DATABASE_URL"]
OPENAI_API_KEY = os.getenv("OPENAI_API_KEY")
LOG_LEVEL = os.getenv("LOG_LEVEL", "INFO")

app = FastAPI(title="Notes")


class Note(BaseModel):
    text: str


def connect() -> psycopg.Connection:
    connection = psycopg.connect(DATABASE_URL, connect_timeout=3)
    connection.execute("create table if not exists notes (id serial primary key, text text not null)")
    return connection


@app.get("/health")
def health() -> dict:
    return {"status": "ok"}


@app.get("/health/ready")
def ready() -> dict:
    try:
        connect().close()
    except psycopg.Error as error:
        raise HTTPException(503, "the database does not answer") from error
    return {"status": "ready", "assistant": OPENAI_API_KEY is not None}


@app.get("/notes")
def notes() -> list[str]:
    with connect() as connection:
        return [text for (text,) in connection.execute("select text from notes order by id")]


@app.post("/notes", status_code=201)
def add(note: Note) -> dict:
    with connect() as connection:
        connection.execute("insert into notes (text) values (%s)", (note.text,))
    return {"added": note.text}
