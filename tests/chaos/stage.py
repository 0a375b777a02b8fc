"""The system of a chaos run: brokers, database, workers, all real, all to be killed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import httpx

from tests.kit import PostgresServer
from yitong_command.bus.broker import die_with_parent
from yitong_command.bus.cluster import KafkaCluster

PER_S = 20.0
SPOOL_BYTES = 1024 * 1024
ROOT = Path(__file__).parents[2]


def new_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Proc:
    """A process that is started again as often as it is killed.

    Attributes:
        name: For people.
        command: Arguments after the interpreter.
        env: Variables beside those of this process.
        log: Its output.
        kills: How often it was killed.
    """

    name: str
    command: list[str]
    env: dict[str, str]
    log: Path
    kills: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        with self.log.open("ab") as out:
            clean = {k: v for k, v in os.environ.items() if not k.startswith("YITONG_")}
            self.process = subprocess.Popen(
                [sys.executable, *self.command], env=clean | self.env, stdin=subprocess.DEVNULL,
                stdout=out, stderr=out, start_new_session=True, preexec_fn=die_with_parent,
                cwd=ROOT,
            )  # fmt: skip

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> bool:
        """Kill it with -9; whether there was anything to kill."""
        if not self.alive or self.process is None:
            return False
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.kills += 1
        return True

    def stop(self) -> None:
        if self.process is not None and self.alive:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


@dataclass
class Stage:
    """Everything of one round.

    Attributes:
        cluster: Three brokers.
        database: The PostgreSQL server.
        url: Of this round's database in it.
        prefix: Of this round's topics.
        folder: For logs and data.
        sources: The capturing workers.
        routes: The route workers.
    """

    cluster: KafkaCluster
    database: PostgresServer
    url: str
    prefix: str
    folder: Path
    sources: list[Proc]
    routes: list[Proc]
    ports: list[int]

    def ready(self) -> bool:
        """Whether every route worker says that all is well."""
        return all(_ok(f"http://127.0.0.1:{port}/health/ready") for port in self.ports)

    def sent(self) -> dict[str, int]:
        """How many messages each source has brought to safety."""
        return {proc.name: int((self.folder / proc.name / "progress").read_text())
                for proc in self.sources}  # fmt: skip

    def finished(self) -> bool:
        return all((self.folder / proc.name / "finished").exists() for proc in self.sources)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database says."""

        async def ask() -> list[tuple[Any, ...]]:
            connection = await asyncpg.connect(self.url.replace("+asyncpg", ""), timeout=10)
            try:
                return [tuple(row) for row in await connection.fetch(query)]
            finally:
                await connection.close()

        return asyncio.run(ask())

    def health_of(self, name: str) -> dict[str, Any]:
        """What a source says of itself."""
        found: dict[str, Any] = json.loads((self.folder / name / "health.json").read_text())
        return found


def make_stage(
    cluster: KafkaCluster, database: PostgresServer, folder: Path, seed: int, spool_of_b: Path
) -> Stage:
    """Put the parts of one round together; nothing runs yet but brokers and database.

    Args:
        cluster: Running brokers.
        database: Running server.
        folder: Empty, for this round.
        seed: Decides what happens in the world.
        spool_of_b: Where the second source keeps its spool: a disk that can be filled.
    """
    prefix = f"chaos{seed}x{int(time.time()) % 100_000}"
    url = f"postgresql+asyncpg://yitong@{database.address}/{prefix}"
    asyncio.run(_create(database, prefix))
    begun, sources, routes, ports = time.time(), [], [], []
    for name, spool in (("a", folder / "a" / "spool"), ("b", spool_of_b / "spool")):
        (folder / name).mkdir(parents=True)
        job = {
            "kafka": cluster.bootstrap, "prefix": prefix, "folder": str(folder / name),
            "spool": str(spool), "worker": name, "seed": seed, "per_s": PER_S, "begun": begun,
        }  # fmt: skip
        command = ["-m", "tests.chaos.source", json.dumps(job)]
        sources.append(Proc(name, command, {}, folder / f"{name}.log"))
    for number in (1, 2):
        ports.append(new_port())
        env = {
            "YITONG_KAFKA": cluster.bootstrap, "YITONG_TOPIC_PREFIX": prefix,
            "YITONG_REPLICATION": "3", "YITONG_DATABASE_URL": url, "YITONG_LOG": "json",
            "YITONG_DATA": str(folder / f"route-{number}"), "YITONG_ROUTE_PORT": str(ports[-1]),
            "YITONG_WORKER": f"route-{number}",
        }  # fmt: skip
        (folder / f"route-{number}").mkdir()
        command = ["-m", "yitong_command", "route"]
        routes.append(Proc(f"route-{number}", command, env, folder / f"route-{number}.log"))
    return Stage(cluster, database, url, prefix, folder, sources, routes, ports)


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of a megabyte that can really be full; needs the right to mount one."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SPOOL_BYTES}", "tmpfs", str(folder)],
        check=True, capture_output=True,
    )  # fmt: skip
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False, capture_output=True)


def may_mount(folder: Path) -> bool:
    """Whether a small file system can be mounted here."""
    try:
        with small_disk(folder):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


def fill(disk: Path) -> Path:
    """Fill a disk to its last byte; again, if something was freed meanwhile. Gives the ballast."""
    ballast = disk / "ballast"
    with ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        for size in (4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"\0" * size)
    return ballast


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait; an AssertionError that says what did not come true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError, asyncpg.PostgresError, TimeoutError, ValueError):
            if condition():
                return
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds:g} s: {what}")


def _ok(url: str) -> bool:
    try:
        return httpx.get(url, timeout=3, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


async def _create(database: PostgresServer, name: str) -> None:
    where = f"postgresql://yitong@{database.address}/postgres"
    connection = await asyncpg.connect(where, timeout=10)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
