"""What the cluster sees: probes, migrations, metrics, logs, shutdown."""

import re
import socket
import threading

import httpx2
import psycopg
import pytest

from conftest import migrate


def status(server, path):
    return httpx2.get(server.url + path, timeout=30).status_code


def test_ready_only_once_migrated(new_database, start):
    url = new_database()
    server = start(DATABASE_URL=url)
    assert status(server, "/health/live") == status(server, "/health/startup") == 200
    response = httpx2.get(f"{server.url}/health/ready")
    assert response.status_code == 503
    assert response.json()["reason"] == "the schema is at None, 0001 is needed; run: alembic upgrade head"
    assert status(server, "/api/tasks") == 503
    assert status(server, "/metrics") == 200

    assert migrate(url).wait(60) == 0
    assert status(server, "/health/ready") == status(server, "/api/tasks") == 200

    # A newer image has migrated: this older one keeps serving until it is replaced.
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("update alembic_version set version_num = '9999'")
    assert status(server, "/health/ready") == 200


def test_migrations_may_run_twice_and_at_once(new_database):
    url = new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        # Held here until all three wait for it, so that they really are at it at once.
        connection.execute("select pg_advisory_lock(20250101)")
        runs = [migrate(url) for _ in range(3)]
        waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
        while connection.execute(waiting).fetchone() != (3,):
            assert [run.poll() for run in runs] == [None, None, None], "a migration did not wait for the lock"
        connection.execute("select pg_advisory_unlock(20250101)")
    assert [run.wait(60) for run in runs] == [0, 0, 0]
    output = b"".join(run.stdout.read() for run in runs)
    assert output.count(b"Running upgrade") == 1
    assert migrate(url).wait(60) == 0


def test_the_models_match_the_migrations(database_url):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlmodel import SQLModel

    from todo.config import database_url as normalised
    from todo.database import connect

    with connect(normalised(database_url)).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []


def test_it_lives_without_a_database_and_recovers(new_database, start):
    url, other = new_database(), new_database()
    assert migrate(url).wait(60) == 0
    name = url.rpartition("/")[2]
    with psycopg.connect(other, autocommit=True) as connection:
        connection.execute(f"alter database {name} allow_connections false")
        server = start(DATABASE_URL=url)
        waiting = server.wait_for(lambda line: line["message"] == "the database does not answer yet")
        assert "not currently accepting connections" in waiting["reason"]
        assert status(server, "/health/live") == status(server, "/health/startup") == 200
        assert status(server, "/health/ready") == status(server, "/api/tasks") == 503
        connection.execute(f"alter database {name} allow_connections true")
    server.wait_for(lambda line: line["message"] == "the database answers")
    assert status(server, "/health/ready") == 200


def test_the_migration_fails_when_there_is_no_database(monkeypatch):
    monkeypatch.setenv("DATABASE_WAIT_SECONDS", "1")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        port = unused.getsockname()[1]
        run = migrate(f"postgresql://todo:very-secret@127.0.0.1:{port}/todo")
        output = run.communicate(timeout=60)[0]
    assert run.returncode != 0
    assert b"the database does not answer yet" in output
    assert b"very-secret" not in output


@pytest.mark.parametrize("stop_twice", [False, True])
def test_sigterm_drains(start, provider, stop_twice):
    server = start(OPENAI_API_KEY="key", OPENAI_BASE_URL=provider.url, DRAIN_SECONDS="2")
    provider.answers = [(200, {"choices": [{"message": {"role": "assistant", "content": "Here."}}]})]
    provider.may_answer.clear()
    answers = []

    def ask():
        answers.append(httpx2.post(f"{server.url}/api/chat", json={"message": "hello"}, timeout=60))

    asking = threading.Thread(target=ask)
    asking.start()
    assert provider.asked.wait(30)
    assert status(server, "/health/ready") == 200

    server.process.terminate()
    if stop_twice:
        server.process.terminate()
    while status(server, "/health/ready") == 200:
        pass  # the signal is on its way
    # Not ready, and still serving those who do not know it yet.
    assert status(server, "/health/live") == status(server, "/api/tasks") == 200

    server.wait_for(lambda line: line["message"].startswith("Waiting for connections to close"))
    assert server.process.poll() is None
    provider.may_answer.set()
    asking.join(30)
    assert answers[0].json()["reply"] == "Here."
    assert server.process.wait(30) in (0, -15)


def test_metrics(api, server):
    api.post("/api/tasks", json={"title": "Buy milk"})
    api.patch("/api/tasks/1", json={"done": True})
    api.post("/api/tasks", json={"title": "Call mum"})
    api.get("/no/such/page")
    text = api.get("/metrics").text
    assert 'todo_tasks{state="open"} 1.0' in text
    assert 'todo_tasks{state="done"} 1.0' in text
    assert re.search(r'http_requests_total\{method="PATCH",path="/api/tasks/\{task_id\}",status="200"\} [\d.]+', text)
    assert 'http_request_duration_seconds_bucket{le="0.1",method="POST",path="/api/tasks"}' in text
    assert 'path="unmatched",status="404"' in text
    assert "/no/such/page" not in text
    assert not re.search(r'path="/api/tasks/\d', text)


def test_logs_are_json_with_correlation_ids(api, server):
    response = api.post("/api/tasks", json={"title": "Buy milk"}, headers={"X-Request-ID": "abc-123"})
    assert response.headers["X-Request-ID"] == "abc-123"
    line = server.wait_for(lambda line: line["request_id"] == "abc-123")
    assert line.items() >= {"level": "INFO", "message": "request", "method": "POST", "path": "/api/tasks", "status": 201}.items()

    made = api.get("/api/tasks").headers["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{32}", made)
    server.wait_for(lambda line: line["request_id"] == made)
    assert api.get("/api/tasks", headers={"X-Request-ID": 'x" injected'}).headers["X-Request-ID"] != 'x" injected'
    # Every line of the process is JSON, uvicorn's included; probes are not worth a line.
    assert {"uvicorn.error", "todo.observe"} <= {record["logger"] for record in server.records()}
    api.get("/health/ready")
    assert api.get("/api/tasks", headers={"X-Request-ID": "after-the-probe"}).status_code == 200
    server.wait_for(lambda line: line["request_id"] == "after-the-probe")
    assert not any(record.get("path", "").startswith("/health") for record in server.records())
    assert not any(record["logger"].startswith("alembic") for record in server.records())


def test_log_level(start):
    assert start(LOG_LEVEL="debug").url
    quiet = start(LOG_LEVEL="nonsense")
    quiet.wait_for(lambda line: "LOG_LEVEL 'NONSENSE' is unknown" in line["message"])


@pytest.mark.parametrize(
    ("text", "problem"),
    [("", "is not set"), ("nonsense with pa55word", "is not a URL"), ("postgresql://u:pa55/word@h:x/d", "is not a URL"),
     ("mysql://u:pa55word@h/d", "must start with")],
)  # fmt: skip
def test_a_bad_database_url_is_named_and_not_shown(text, problem):
    from todo.config import database_url

    with pytest.raises(SystemExit, match=problem) as error:
        database_url(text)
    assert "pa55" not in str(error.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_database_urls_are_normalised(scheme):
    from todo.config import database_url

    assert database_url(f"{scheme}://u:p@h/d").render_as_string(hide_password=False) == "postgresql+psycopg://u:p@h/d"
