"""Child processes of the demo."""

from __future__ import annotations

import signal
import socket
import time
from pathlib import Path

import psutil

from yitong_command.demo.processes import Crew, Part, pick_port, port_is_free


def _part(tmp_path: Path, *arguments: str) -> Part:
    return Part("part", list(arguments), {}, tmp_path / "part.log")


def test_a_part_that_died_is_told_and_started_again(tmp_path: Path) -> None:
    said: list[str] = []
    crew = Crew(said.append)
    part = _part(tmp_path, "--version")
    crew.start(part)
    end = time.monotonic() + 20
    while part.restarts == 0 and time.monotonic() < end:
        crew.revive()
        time.sleep(0.1)
    crew.stop()
    assert part.restarts == 1
    assert len([line for line in said if "part" in line]) >= 1
    assert "yitong-command" in part.last_lines()


def test_stop_ends_what_does_not_want_to_stop(tmp_path: Path) -> None:
    crew = Crew(lambda _: None)
    part = _part(tmp_path, "farm", "--help")
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)  # inherited: the part ignores it too
    try:
        crew.start(part)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert part.process is not None
    part.process.send_signal(signal.SIGSTOP)
    pid = part.process.pid
    crew.stop(timeout_s=0.5)
    assert not psutil.pid_exists(pid)
    assert part.exit_code() == -signal.SIGKILL


def test_a_taken_port_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not port_is_free(port)
        given: set[int] = set()
        assert pick_port(port, given) > port
        assert len(given) == 1
