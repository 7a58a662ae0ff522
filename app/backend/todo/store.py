"""Everything the app does with tasks, in one place: REST, chat and MCP all come here."""

from typing import Literal

from sqlalchemy import Engine, func
from sqlmodel import Session, select

from todo.models import Task

State = Literal["all", "open", "done"]


class TaskNotFound(LookupError):
    def __init__(self, task_id: int) -> None:
        super().__init__(f"there is no task {task_id}")


class Store:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def _session(self) -> Session:
        # Tasks are read after the session is closed.
        return Session(self.engine, expire_on_commit=False)

    def list(self, state: State = "all") -> list[Task]:
        query = select(Task).order_by(Task.id)
        if state != "all":
            query = query.where(Task.done == (state == "done"))
        with self._session() as session:
            return list(session.exec(query))

    def get(self, task_id: int) -> Task:
        with self._session() as session:
            return self._find(session, task_id)

    def add(self, title: str) -> Task:
        with self._session() as session:
            task = Task(title=title)
            session.add(task)
            session.commit()
            session.refresh(task)
            return task

    def change(self, task_id: int, title: str | None = None, done: bool | None = None) -> Task:
        with self._session() as session:
            task = self._find(session, task_id)
            task.title = task.title if title is None else title
            task.done = task.done if done is None else done
            session.commit()
            return task

    def delete(self, task_id: int) -> Task:
        with self._session() as session:
            task = self._find(session, task_id)
            session.delete(task)
            session.commit()
            return task

    def counts(self) -> dict[bool, int]:
        """How many tasks are open (False) and done (True)."""
        with self._session() as session:
            return dict(session.exec(select(Task.done, func.count()).group_by(Task.done)).all())

    @staticmethod
    def _find(session: Session, task_id: int) -> Task:
        task = session.get(Task, task_id)
        if task is None:
            raise TaskNotFound(task_id)
        return task
