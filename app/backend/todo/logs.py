"""Logs: one JSON object per line on stdout, each with the id of the request it belongs to."""

import json
import logging
import os
import sys
from contextvars import ContextVar
from datetime import datetime, timezone

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id.get(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def configure() -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    level = os.environ.get("LOG_LEVEL", "").strip().upper() or "INFO"
    known = level in logging.getLevelNamesMapping()
    logging.basicConfig(handlers=[handler], level=level if known else "INFO", force=True)
    if not known:
        logging.getLogger(__name__).warning("LOG_LEVEL %r is unknown; using INFO", level)
    # uvicorn brings its own plain-text handlers; its request lines are replaced by ours.
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], name != "uvicorn.access"
    # These tell every request's URL and every session; warnings are enough.
    for name in ("httpx2", "httpcore2", "mcp"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
