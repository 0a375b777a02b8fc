"""Things many tests need: the demo county, incidents, people, a PostgreSQL server."""

from __future__ import annotations

import functools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from yitong_command.domain.case import Actor, Role
from yitong_command.domain.county import County
from yitong_command.domain.geometry import Box, Place
from yitong_command.domain.incident import (
    Change,
    EvidenceRef,
    Incident,
    IncidentKind,
    incident_id,
)
from yitong_command.settings.county import load_county
from yitong_command.settings.environment import load_settings

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""A Monday, 09:00 in China."""

DESK = Actor("desk", Role.OPERATOR)
ADMIN = Actor("admin", Role.ADMIN)
LEADER = Actor("leader", Role.SUPERVISOR)
PARKING = "cp_parking.no_parking_zone"
MANHOLE = "ar_manhole.missing_shifted"
PHOTO = "a" * 64


@functools.cache
def county() -> County:
    """The county of the checked-in configuration."""
    return load_county(load_settings({}))


def worker(name: str) -> Actor:
    """A worker with the grids that the roster gives."""
    duties = [duty for duty in county().roster if duty.username == name]
    codes = [grid.code for grid in county().grids]
    return Actor(name, Role.WORKER, frozenset(c for duty in duties for c in (duty.grids or codes)))


def incident(
    subject: str = "cam-001/main/no-parking",
    *,
    minutes: float = 0.0,
    change: str = "opened",
    category: str = PARKING,
    place: Place | None = None,
    pictures: str = "",
    **other: Any,
) -> Incident:
    """An incident that began ``minutes`` after ``AT`` and was decided ten minutes later.

    Args:
        subject: ``camera/view/zone``.
        minutes: When it began.
        change: opened or cleared; cleared is an hour after it began.
        category: Category and subtype.
        place: The camera's, if not given.
        pictures: One picture for each hex digit.
        other: Any field of the incident.
    """
    camera, view, zone = subject.split("/")
    kind = IncidentKind.MANHOLE_COVER if "manhole" in category else IncidentKind.ILLEGAL_PARKING
    began = AT + timedelta(minutes=minutes)
    known = county().cameras.get(camera)
    values: dict[str, Any] = {
        "incident_id": incident_id(kind, subject, began),
        "change": Change(change),
        "kind": kind,
        "category": category,
        "source": "camera_ai",
        "subject": subject,
        "camera_id": camera,
        "view_id": view,
        "zone_id": zone,
        "place": place or (known.place if known else Place(125.3012, 43.3461)),
        "began_at": began,
        "changed_at": began + timedelta(minutes=10 if change == "opened" else 60),
        "score": 0.9,
        "box": Box(0.1, 0.2, 0.3, 0.4),
        "reason_zh": "停留 10 分钟",
        "reason_en": "stayed for 10 minutes",
        "evidence": tuple(
            EvidenceRef(digit * 64, "f" * 64, began, 1280, 720) for digit in pictures
        ),
    }
    return Incident(**values | other)


def find_postgres() -> Path | None:
    """Folder of PostgreSQL's programs, or None."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


class PostgresServer:
    """A PostgreSQL server of its own, as another user than root.

    Args:
        programs: Folder of PostgreSQL's programs.
    """

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._user = _other_user() if os.geteuid() == 0 else None
        self._folder = Path(tempfile.mkdtemp(prefix="yitong-pg-"))
        if self._user:
            shutil.chown(self._folder, self._user)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._server: subprocess.Popen[bytes] | None = None
        subprocess.run(
            [programs / "initdb", "-D", self._data, "-U", "yitong", "-A", "trust", "-E", "UTF8",
             "--locale=C", "--no-sync"],
            check=True, capture_output=True, user=self._user, cwd=self._folder,
        )  # fmt: skip

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self._folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, "-p", str(self.port),
                 "-c", "fsync=off", "-c", "listen_addresses=127.0.0.1",
                 "-c", "unix_socket_directories="],
                stdout=log, stderr=log, user=self._user, cwd=self._folder,
            )  # fmt: skip
        _wait_for(self.port, self._server, self._folder / "log")

    def stop(self) -> None:
        """Stop it at once, without a checkpoint: it recovers from its log at the next start."""
        if self._server is not None:
            server, self._server = self._server, None
            server.send_signal(signal.SIGQUIT)
            server.wait(30)

    def remove(self) -> None:
        """Stop it and delete all it has."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


@contextmanager
def postgres(programs: Path) -> Iterator[str]:
    """A running server; gives ``host:port``."""
    server = PostgresServer(programs)
    try:
        server.start()
        yield server.address
    finally:
        server.remove()


def _other_user() -> str:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise RuntimeError("PostgreSQL does not run as root, and there is no other user")


def _wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if server.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')}")
