"""/health/* for the probes and /metrics for the monitoring."""

import asyncio
import signal
import threading

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest
from sqlalchemy.exc import SQLAlchemyError

router = APIRouter(tags=["health"])
TASKS = Gauge("todo_tasks", "Tasks in the list", ["state"])


# live and startup do not ask the database: a restart of this process would not bring it back.
@router.get("/health/live")
@router.get("/health/startup")
async def alive() -> dict:
    return {"status": "ok"}


@router.get("/health/ready")
def ready(request: Request) -> JSONResponse:
    state = request.app.state
    problem = "shutting down" if state.draining.is_set() else state.schema.problem(state.store.engine)
    if problem:
        return JSONResponse({"status": "unavailable", "reason": problem}, 503)
    return JSONResponse({"status": "ok"})


@router.get("/metrics", include_in_schema=False)
def metrics(request: Request) -> Response:
    try:
        counts = request.app.state.store.counts()
        TASKS.labels("open").set(counts.get(False, 0))
        TASKS.labels("done").set(counts.get(True, 0))
    except SQLAlchemyError:
        # No figure rather than an old one; the rest of the metrics is still true.
        TASKS.clear()
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def drain_on_sigterm(draining: threading.Event, seconds: float) -> None:
    """On SIGTERM: not ready at once, stop a little later.

    uvicorn alone closes its socket at once, while the cluster still sends requests here
    until it has seen that the pod is going. Its own handler then lets requests finish.
    """
    if threading.current_thread() is not threading.main_thread():
        return  # signals reach the main thread only; a test client runs the app in another
    loop, stop = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)

    def handle(number, frame):
        if not draining.is_set():
            draining.set()
            loop.call_soon_threadsafe(loop.call_later, seconds, stop, number, frame)

    if callable(stop):
        signal.signal(signal.SIGTERM, handle)
