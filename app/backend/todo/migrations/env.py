"""Runs by `alembic upgrade head`, as a step of its own before the app is rolled out."""

from alembic import context
from sqlalchemy import text
from sqlmodel import SQLModel

import todo.models  # noqa: F401  fills SQLModel.metadata
from todo import config, database, logs

# Any number will do; it names this app's migrations among the database's locks.
LOCK = 20250101

logs.configure()
settings = config.load()
engine = database.connect(settings.database_url)
database.wait(engine, settings.database_wait_seconds)

with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=SQLModel.metadata)
    with context.begin_transaction():
        # A second run waits here, then finds nothing left to do. The lock ends with the transaction.
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        context.run_migrations()
