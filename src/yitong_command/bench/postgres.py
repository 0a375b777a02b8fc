"""A PostgreSQL server of its own for a benchmark or a test."""

from __future__ import annotations

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
from pathlib import Path

READY = b"ready to accept connections"


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
        durable: Whether commits wait for the disk, as in a county.
    """

    def __init__(self, programs: Path, *, durable: bool = False) -> None:
        self._programs = programs
        self._durable = durable
        self._user = _other_user() if os.geteuid() == 0 else None
        self._folder = Path(tempfile.mkdtemp(prefix="yitong-pg-"))
        if self._user:
            shutil.chown(self._folder, self._user)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._server: subprocess.Popen[bytes] | None = None
        subprocess.run(  # noqa: S603 - our own command
            [programs / "initdb", "-D", self._data, "-U", "yitong", "-A", "trust", "-E", "UTF8",
             "--locale=C", "--no-sync"],
            check=True, capture_output=True, user=self._user, cwd=self._folder,
        )  # fmt: skip

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    @property
    def address(self) -> str:
        """Where it listens, ``host:port``."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self._folder / "log").open("ab") as log:
            begun = log.tell()
            self._server = subprocess.Popen(  # noqa: S603 - our own command
                [self._programs / "postgres", "-D", self._data, "-p", str(self.port),
                 "-c", f"fsync={'on' if self._durable else 'off'}",
                 "-c", "listen_addresses=127.0.0.1",
                 "-c", "unix_socket_directories="],
                stdout=log, stderr=log, user=self._user, cwd=self._folder,
            )  # fmt: skip
        _wait_for(self._server, self._folder / "log", begun)

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
def postgres(programs: Path, *, durable: bool = False) -> Iterator[str]:
    """A running server; gives ``host:port``."""
    server = PostgresServer(programs, durable=durable)
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


def _wait_for(server: subprocess.Popen[bytes], log: Path, begun: int) -> None:
    """Until it says so: it listens before it is ready, and refuses meanwhile."""
    for _ in range(600):
        if server.poll() is not None:
            break
        if READY in log.read_bytes()[begun:]:
            return
        time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')}")
