"""Child processes of the demo: started together, watched, and never left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from yitong_command.bus.broker import die_with_parent

Say = Callable[[str], None]
RESTART_AFTER_S = 2.0


@dataclass(slots=True)
class Part:
    """One part of the system as a child process.

    Attributes:
        name: Its name and its ``yitong`` command.
        arguments: Arguments after ``yitong``.
        env: Variables added to the environment.
        log: File its output goes to.
    """

    name: str
    arguments: list[str]
    env: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    died_at: float | None = field(default=None, repr=False)
    restarts: int = 0

    def start(self) -> None:
        """Start it as the leader of its own session; it dies with this process."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, "-m", "yitong_command", *self.arguments],
                env=os.environ | self.env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        self.died_at = None

    def exit_code(self) -> int | None:
        """Its exit code, or None while it runs."""
        return self.process.poll() if self.process else None

    def signal(self, number: int) -> None:
        """Send a signal to it and everything it started."""
        if self.process and self.process.poll() is None:
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                return

    def last_lines(self, count: int = 12) -> str:
        """The end of its log, for a person."""
        if not self.log.is_file():
            return ""
        with self.log.open(encoding="utf-8", errors="replace") as lines:
            return "".join(deque(lines, maxlen=count)).rstrip()


class Crew:
    """All parts of one run.

    Args:
        say: Told about parts that died and were started again.
    """

    def __init__(self, say: Say) -> None:
        self._say = say
        self.parts: list[Part] = []

    def start(self, part: Part) -> None:
        """Start a part and watch it from now on."""
        self.parts.append(part)
        part.start()

    def dead(self) -> Part | None:
        """A part that has exited, or None."""
        return next((part for part in self.parts if part.exit_code() is not None), None)

    def revive(self) -> None:
        """Start parts again that died, a moment after they did."""
        for part in self.parts:
            code = part.exit_code()
            if code is None:
                continue
            now = time.monotonic()
            if part.died_at is None:
                part.died_at = now
                self._say(
                    f"{part.name} 意外退出 ({code}), 将自动重启 / {part.name} died with code "
                    f"{code} and will be restarted; its log: {part.log}"
                )
            elif now - part.died_at > RESTART_AFTER_S:
                part.restarts += 1
                part.start()

    def stop(self, timeout_s: float = 8.0) -> None:
        """Stop every part, newest first; what does not stop in time is killed."""
        for part in reversed(self.parts):
            part.signal(signal.SIGTERM)
        end = time.monotonic() + timeout_s
        for part in reversed(self.parts):
            if part.process is None:
                continue
            try:
                part.process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                part.signal(signal.SIGKILL)
                part.process.wait()
        self.parts.clear()


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether nobody listens on this TCP port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def pick_port(preferred: int, taken: set[int]) -> int:
    """The preferred port, or the next free one after it; marked as taken.

    Args:
        preferred: Port to try first.
        taken: Ports already given out; the result is added.
    """
    for port in range(preferred, preferred + 200):
        if port not in taken and port_is_free(port):
            taken.add(port)
            return port
    raise OSError(f"no free port between {preferred} and {preferred + 199}")
