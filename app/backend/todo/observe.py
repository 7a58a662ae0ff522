"""For every request: a correlation id, a log line, two metrics."""

import logging
import re
import time
import uuid

from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from todo.logs import request_id

log = logging.getLogger(__name__)
REQUESTS = Counter("http_requests_total", "HTTP requests", ["method", "path", "status"])
DURATION = Histogram("http_request_duration_seconds", "Time to answer", ["method", "path"])
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
# An id that comes in goes into logs and headers, so it must be plain.
PLAIN_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")


class Observe:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        token = request_id.set(given if PLAIN_ID.fullmatch(given) else uuid.uuid4().hex)
        start, status = time.perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id.get()
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except Exception:
            log.exception("the request failed")
            if status:
                raise  # half an answer is out; the server must cut the connection
            await JSONResponse({"detail": "Something went wrong."}, 500)(scope, receive, send_with_id)
        finally:
            self.record(scope, status or 499, time.perf_counter() - start)
            request_id.reset(token)

    @staticmethod
    def record(scope: Scope, status: int, seconds: float) -> None:
        # The route, not the URL: one series per route, however many tasks there are.
        path = getattr(scope.get("route"), "path", "unmatched")
        method = scope["method"] if scope["method"] in METHODS else "other"
        REQUESTS.labels(method, path, status).inc()
        DURATION.labels(method, path).observe(seconds)
        # Probes come every few seconds; they are of interest only when something is wrong.
        routine = path.startswith("/health") or path == "/metrics"
        log.log(
            logging.DEBUG if routine else logging.INFO,
            "request",
            extra={
                "fields": {
                    "method": scope["method"],
                    "path": scope["path"],
                    "status": status,
                    "duration_ms": round(seconds * 1000, 1),
                }
            },
        )
