from __future__ import annotations

import random
import socket
import threading
from typing import Any

import pytest

from yitong_command.sources.rtsp.backoff import Backoff
from yitong_command.sources.rtsp.failure import RtspFailure, explain
from yitong_command.sources.rtsp.resolver import Resolver


def test_waits_double_up_to_the_longest_and_start_over() -> None:
    backoff = Backoff(random.Random(1))
    waits = [backoff.next_s() for _ in range(8)]
    for wait_s, full_s in zip(waits, (1, 2, 4, 8, 16, 30, 30, 30), strict=True):
        assert full_s / 2 <= wait_s <= full_s
    backoff.succeeded()
    assert backoff.next_s() <= 1.0
    assert 15.0 <= backoff.longest_s() <= 30.0


def test_cameras_do_not_come_back_all_at_once() -> None:
    source = random.Random(1)
    assert len({round(Backoff(source).next_s(), 2) for _ in range(40)}) > 20


def test_ip_addresses_are_not_looked_up() -> None:
    resolver = Resolver(threads=0)
    assert resolver.look_up("192.0.2.7").address() == "192.0.2.7"
    assert resolver.look_up("2001:db8::7").address() == "2001:db8::7"


def test_a_slow_name_server_is_asked_once_and_blocks_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answered, asked = threading.Event(), []

    def slow(host: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        answered.wait(5)
        if host == "nowhere.example":
            raise socket.gaierror("no such name")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    resolver = Resolver(threads=2)
    lookups = [resolver.look_up("camera.example") for _ in range(3)]
    missing = resolver.look_up("nowhere.example")
    assert [lookup.address() for lookup in lookups] == [None, None, None]
    answered.set()
    for lookup in (*lookups, missing):
        assert lookup.done.wait(5)
    assert [lookup.address() for lookup in lookups] == ["192.0.2.1"] * 3
    with pytest.raises(RtspFailure, match="host name"):
        missing.address()
    assert sorted(asked) == ["camera.example", "nowhere.example"]
    resolver.stop()


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ConnectionRefusedError(111, "x"), "refuses"),
        (OSError(113, "No route"), "no route"),
        (OSError(24, "Too many"), "too many"),
        (OSError(5, "password=1"), "network error EIO"),
    ],
)
def test_system_errors_are_put_in_words(error: OSError, text: str) -> None:
    failure = explain(error)
    assert text in failure.en
    assert failure.zh
    assert "password" not in str(failure)
