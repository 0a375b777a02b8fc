"""The scripted operator against a console that is cut off and forgets."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from yitong_command.demo.operator import Account, ScriptedOperator


class Console(BaseHTTPRequestHandler):
    """Says one alert and is cut off in the middle; then only that it forgot what it said."""

    asked_from: list[str | None]
    refused_lists: int

    def do_POST(self) -> None:
        self._json({})

    def do_GET(self) -> None:
        server = type(self)
        if self.path.startswith("/api/alerts"):
            server.refused_lists -= 1
            if server.refused_lists >= 0:
                self.send_error(503)
                return
            self._json({"items": [_alert("b", "repeated"), _alert("a", "opened")]})
            return
        server.asked_from.append(self.headers["Last-Event-ID"])
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        if len(server.asked_from) == 1:
            data = json.dumps(_alert("a", "opened"))
            self.wfile.write(f"id: alerts-0:7\r\nevent: alert\r\ndata: {data}\r\n\r\n".encode())
        elif len(server.asked_from) == 2:
            self.wfile.write(b"id: alerts-0:9\r\nevent: reset\r\ndata: {}\r\n\r\n")

    def _json(self, body: dict[str, Any]) -> None:
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


def _alert(name: str, change: str) -> dict[str, str]:
    return {"alert_id": f"{name}-A", "case_id": name, "change": change}


@pytest.fixture
def console() -> Iterator[str]:
    Console.asked_from, Console.refused_lists = [], 1
    server = ThreadingHTTPServer(("127.0.0.1", 0), Console)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_no_alert_is_lost_when_the_stream_is_cut_off_or_starts_over(console: str) -> None:
    operator = ScriptedOperator(console, Account("desk", "x"), None)
    operator.sign_in()
    end = time.monotonic() + 20
    while len(Console.asked_from) < 3 and time.monotonic() < end:
        time.sleep(0.05)
    operator.close()
    assert Console.asked_from[:3] == [None, "alerts-0:7", "alerts-0:9"]
    assert operator.alerts_seen() == 2
