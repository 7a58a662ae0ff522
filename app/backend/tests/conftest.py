"""Fixtures: databases of a real PostgreSQL, and the real server as a process."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import httpx2
import psycopg
import pytest
from sqlalchemy.engine import make_url

from support import FakeProvider, Server

BACKEND = Path(__file__).parent.parent
NUMBERS = count()


def migrate(url: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "alembic", "upgrade", "head"]
    return subprocess.Popen(command, cwd=BACKEND, env=os.environ | {"DATABASE_URL": url}, stdout=subprocess.PIPE)


@pytest.fixture(scope="session")
def new_database() -> Iterator[Callable[[], str]]:
    """Makes an empty database and gives its URL."""
    admin = os.environ.get("TEST_DATABASE_URL")
    if not admin:
        pytest.skip("TEST_DATABASE_URL is not set; run: tests/with-postgres pytest")
    made = []

    def make() -> str:
        made.append(f"todo_test_{os.getpid()}_{next(NUMBERS)}")
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f"create database {made[-1]}")
        return make_url(admin).set(database=made[-1]).render_as_string(hide_password=False)

    yield make
    with psycopg.connect(admin, autocommit=True) as connection:
        for name in made:
            connection.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="session")
def database_url(new_database) -> str:
    url = new_database()
    assert migrate(url).wait(60) == 0
    return url


@pytest.fixture(scope="session")
def start(database_url) -> Iterator[Callable[..., Server]]:
    """Starts a server with the given environment variables."""
    servers = []

    def start_one(**environment: str) -> Server:
        servers.append(Server(BACKEND, {"DATABASE_URL": database_url, "DRAIN_SECONDS": "0", **environment}))
        return servers[-1]

    yield start_one
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def server(start) -> Server:
    return start()


@pytest.fixture
def api(server, database_url) -> Iterator[httpx2.Client]:
    """A client of a server whose list is empty."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("truncate task restart identity")
    with httpx2.Client(base_url=server.url, timeout=30) as client:
        yield client


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    fake = FakeProvider()
    yield fake
    fake.close()
