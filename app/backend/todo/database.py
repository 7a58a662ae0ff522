"""The connection pool, waiting for the database, and the state of its schema."""

import logging
import time
from pathlib import Path

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlmodel import create_engine

log = logging.getLogger(__name__)


def connect(url: URL) -> Engine:
    """An engine; it opens its first connection when it is first used."""
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=5,
        pool_timeout=5,
        # Without tcp_user_timeout a database that vanished holds a request for minutes.
        connect_args={"connect_timeout": 3, "tcp_user_timeout": 5000},
    )


def wait(engine: Engine, seconds: float) -> None:
    """Returns once the database answers; tries again with growing pauses, then raises the last error."""
    deadline, pause = time.monotonic() + seconds, 0.5
    while True:
        try:
            with engine.connect() as connection:
                connection.execute(text("select 1"))
            return
        except OperationalError as error:
            if time.monotonic() + pause > deadline:
                raise
            reason = str(error.orig).strip().splitlines()[0]
            log.warning("the database does not answer yet", extra={"fields": {"reason": reason, "retry_in": pause}})
            time.sleep(pause)
            pause = min(pause * 2, 8)


class Schema:
    """Compares the schema of the database with the migrations in this image."""

    def __init__(self) -> None:
        # It announces itself at each look at the schema, which is at each probe.
        logging.getLogger("alembic.runtime.migration").setLevel(logging.WARNING)
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        script = ScriptDirectory.from_config(config)
        self.head = script.get_current_head()
        self.older = {revision.revision for revision in script.walk_revisions()} - {self.head}

    def problem(self, engine: Engine) -> str | None:
        """Why requests cannot be served, or None."""
        try:
            with engine.connect() as connection:
                current = MigrationContext.configure(connection).get_current_revision()
        except Exception as error:  # whatever it is, this process cannot serve
            log.warning("the readiness check failed", extra={"fields": {"reason": type(error).__name__}})
            return "the database does not answer"
        # A revision unknown to this image is newer: migrations only add, so the
        # old version keeps serving while the next one rolls out.
        if current is None or current in self.older:
            return f"the schema is at {current}, {self.head} is needed; run: alembic upgrade head"
        return None
