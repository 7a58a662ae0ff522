"""The server as a process, and a stand-in for the assistants' providers."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Server:
    """`uvicorn todo.main:app` on a free port; its log lines are collected."""

    def __init__(self, directory: Path, environment: dict[str, str]) -> None:
        quiet = {k: v for k, v in os.environ.items() if not k.startswith(("GEMINI_", "OPENAI_", "LOG_LEVEL"))}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "todo.main:app", "--host", "127.0.0.1", "--port", "0"],
            cwd=directory, env=quiet | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self.lines: list[str] = []
        self.changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()
        line = self.wait_for(lambda line: "running on http://" in line["message"])
        self.url = re.search(r"http://[\d.:]+", line["message"])[0]

    def _read(self) -> None:
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line)
                self.changed.notify_all()

    def records(self) -> list[dict]:
        return [json.loads(line) for line in list(self.lines)]

    def wait_for(self, test: Callable[[dict], bool], timeout: float = 60) -> dict:
        """The first log line that passes the test."""
        with self.changed:
            found = self.changed.wait_for(lambda: [r for r in self.records() if test(r)], timeout)
        assert found, "no such log line in:\n" + "".join(self.lines)
        return found[0]

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


class FakeProvider:
    """An HTTP server that gives prepared answers in order and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, Any]] = []
        self.requests: list[dict] = []
        self.asked, self.may_answer = threading.Event(), threading.Event()
        self.may_answer.set()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                fake.requests.append({"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}, "body": body})
                status, answer = fake.answers.pop(0)
                fake.asked.set()
                fake.may_answer.wait(60)
                content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                try:
                    self.send_response(status)
                    self.send_header("content-length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)
                except OSError:
                    pass  # the client has given up, which is what that test is about

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.may_answer.set()
        self.server.shutdown()
        self.server.server_close()
