"""/api/tasks"""

from fastapi import APIRouter, Request

from todo.models import TaskCreate, TaskId, TaskPatch, TaskRead
from todo.store import State, Store

router = APIRouter(prefix="/api/tasks", tags=["tasks"])


def store(request: Request) -> Store:
    return request.app.state.store


@router.get("", response_model=list[TaskRead])
def list_tasks(request: Request, state: State = "all"):
    return store(request).list(state)


@router.post("", response_model=TaskRead, status_code=201)
def create_task(request: Request, task: TaskCreate):
    return store(request).add(task.title)


@router.get("/{task_id}", response_model=TaskRead)
def get_task(request: Request, task_id: TaskId):
    return store(request).get(task_id)


@router.patch("/{task_id}", response_model=TaskRead)
def change_task(request: Request, task_id: TaskId, patch: TaskPatch):
    return store(request).change(task_id, title=patch.title, done=patch.done)


@router.delete("/{task_id}", status_code=204)
def delete_task(request: Request, task_id: TaskId) -> None:
    store(request).delete(task_id)
