"""The one table, and the shapes that go over the wire."""

from datetime import datetime
from typing import Annotated

from pydantic import Field as Rule
from pydantic import StringConstraints
from sqlalchemy import Column, DateTime, func
from sqlmodel import Field, SQLModel

# No control characters: a title is one line, and PostgreSQL cannot store NUL.
Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$"),
    Rule(description="What is to be done, a few words"),
]
# The upper bound is that of the column; beyond it PostgreSQL raises an error.
TaskId = Annotated[int, Rule(ge=1, le=2**31 - 1, description="The number of the task")]


class Task(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    title: str = Field(max_length=200)
    done: bool = False
    created_at: datetime | None = Field(
        default=None, sa_column=Column(DateTime(timezone=True), server_default=func.now(), nullable=False)
    )


class TaskRead(SQLModel):
    id: int
    title: str
    done: bool
    created_at: datetime


class TaskCreate(SQLModel):
    title: Title


class TaskPatch(SQLModel):
    title: Title | None = None
    done: bool | None = None
