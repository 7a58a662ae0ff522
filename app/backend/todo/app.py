"""Puts the parts together."""

import asyncio
import logging
import threading
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, TimeoutError as PoolTimeout

from todo import assistant, chat, database, health, mcp, tasks
from todo.config import Settings
from todo.observe import Observe
from todo.store import Store, TaskNotFound
from todo.tools import Tools

log = logging.getLogger(__name__)


def create(settings: Settings) -> FastAPI:
    engine = database.connect(settings.database_url)
    tools = Tools(Store(engine))
    mcp_server, mcp_routes = mcp.build(tools)

    def greet_database() -> None:
        # Nothing waits for this: it puts the state of the database into the log.
        try:
            database.wait(engine, settings.database_wait_seconds)
            log.info("the database answers")
        except Exception as error:
            log.error("gave up waiting for the database", extra={"fields": {"reason": type(error).__name__}})

    @asynccontextmanager
    async def lifespan(app: FastAPI):
        health.drain_on_sigterm(app.state.draining, settings.drain_seconds)
        log.info("starting", extra={"fields": {"assistant": app.state.assistant.name}})
        threading.Thread(target=greet_database, daemon=True).start()
        async with mcp_server.session_manager.run():
            yield
        await asyncio.to_thread(engine.dispose)

    app = FastAPI(title="Todo", lifespan=lifespan)
    app.state.store, app.state.tools = tools.store, tools
    app.state.assistant = assistant.choose(settings)
    app.state.schema = database.Schema()
    app.state.draining = threading.Event()
    app.add_middleware(Observe)
    for router in (tasks.router, chat.router, health.router):
        app.include_router(router)
    app.router.routes.extend(mcp_routes)

    @app.exception_handler(TaskNotFound)
    async def not_found(request: Request, error: TaskNotFound) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 404)

    # The database is away, or not migrated yet: not the caller's fault, and it passes.
    @app.exception_handler(DBAPIError)
    @app.exception_handler(PoolTimeout)
    async def unavailable(request: Request, error: Exception) -> JSONResponse:
        log.error("the database failed", extra={"fields": {"reason": type(error).__name__}})
        return JSONResponse({"detail": "The list cannot be reached just now."}, 503, {"Retry-After": "5"})

    return app
