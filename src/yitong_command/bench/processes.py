"""Child processes of a benchmark: measured, timed, and never left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from yitong_command.bench.machine import Say
from yitong_command.bus.broker import KafkaNode, NodeOptions, die_with_parent
from yitong_command.demo.processes import pick_port
from yitong_command.errors import ConfigError, YitongError

STOP_S = 8.0
POLL_S = 0.1
FIRST_PORT = 21_000


class ChildFailed(YitongError):
    """A process of the benchmark did not do its part; the text ends with its last lines."""


@dataclass(slots=True)
class Child:
    """A started process.

    Attributes:
        name: For messages.
        process: The process.
        log: File with its output.
    """

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def check(self) -> None:
        """Do nothing while it runs.

        Raises:
            ChildFailed: If it has ended.
        """
        code = self.process.poll()
        if code is not None:
            raise self.failure(f"意外退出 / ended with code {code}")

    def failure(self, what: str) -> ChildFailed:
        """An error that tells the end of its log."""
        with self.log.open(encoding="utf-8", errors="replace") as lines:
            tail = "".join(deque(lines, maxlen=12)).rstrip()
        return ChildFailed(f"{self.name}: {what}\n{tail}")

    def stop(self) -> None:
        """Stop it and everything it started; kill what does not stop in time."""
        for number, wait_s in ((signal.SIGTERM, STOP_S), (signal.SIGKILL, None)):
            if self.process.poll() is None:
                os.killpg(self.process.pid, number)
            try:
                self.process.wait(wait_s)
            except subprocess.TimeoutExpired:
                continue
            return


@contextmanager
def child(
    name: str, command: Sequence[str], env: Mapping[str, str], folder: Path
) -> Iterator[Child]:
    """A process that runs inside the block.

    Args:
        name: For messages and its log file.
        command: Arguments of Python; ``-m module ...`` or a script.
        env: All ``YITONG_*`` variables it sees; those of this process are not passed on.
        folder: For its log.
    """
    clean = {key: text for key, text in os.environ.items() if not key.startswith("YITONG_")}
    log = folder / f"{name}.log"
    with log.open("ab") as out:
        process = subprocess.Popen(  # noqa: S603 - our own command
            list(command),
            env=clean | dict(env),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - no threads are running yet
        )
    started = Child(name, process, log)
    try:
        yield started
    finally:
        started.stop()


def yitong(*arguments: str) -> list[str]:
    """The command line of one of our own commands."""
    return [sys.executable, "-m", "yitong_command", *arguments]


def module(name: str, job: Mapping[str, Any], python: str | None = None) -> list[str]:
    """The command line of a module of this package; its job travels as JSON.

    Args:
        name: Of the module.
        job: What it is told.
        python: Another interpreter; then the module is run as a script and must stand alone.
    """
    text = json.dumps(dict(job))
    if python:
        return [python, str(Path(__file__).with_name(f"{name}.py")), text]
    return [sys.executable, "-m", f"yitong_command.bench.{name}", text]


def result_of(started: Child, path: Path, limit_s: float) -> dict[str, Any]:
    """What a process writes into its result file; waited for, however the process hangs.

    Raises:
        ChildFailed: If it ends without a result, or has none after ``limit_s``.
    """
    end = time.monotonic() + limit_s
    while not path.is_file():
        if started.process.poll() is not None and not path.is_file():
            started.check()
        if time.monotonic() > end:
            raise started.failure(f"{limit_s:.0f} 秒内无结果 / no result within {limit_s:.0f} s")
        time.sleep(POLL_S)
    result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return result


def wait_for(condition: Callable[[], bool], limit_s: float, *watched: Child) -> bool:
    """Wait until something is so; False if it is not within the limit.

    Raises:
        ChildFailed: If a watched process ends meanwhile.
    """
    end = time.monotonic() + limit_s
    while not condition():
        for started in watched:
            started.check()
        if time.monotonic() > end:
            return False
        time.sleep(POLL_S)
    return True


def is_ok(url: str) -> bool:
    """Whether an address answers with success."""
    try:
        return httpx.get(url, timeout=2.0, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def ports(*names: str) -> dict[str, int]:
    """A free port for each name."""
    taken: set[int] = set()
    first = FIRST_PORT + os.getpid() % 400 * 20
    return {name: pick_port(first, taken) for name in names}


@contextmanager
def broker(kafka: str | None, folder: Path, say: Say) -> Iterator[tuple[str, int | None]]:
    """A Kafka to measure with: the given one, or a node of our own; bootstrap and its pid.

    Raises:
        ConfigError: If the given address is not ``host:port``.
    """
    if kafka is not None:
        if not kafka.rpartition(":")[2].isdecimal():
            raise ConfigError("yitong bench", "--kafka", f"应为 / must be HOST:PORT: {kafka}")
        yield kafka, None
        return
    chosen = ports("kafka", "controller")
    node = KafkaNode(NodeOptions(folder / "kafka", chosen["kafka"], chosen["controller"]), say)
    say("启动消息代理 / starting a broker (Apache Kafka) ...")
    try:
        node.start(120.0)
        yield node.bootstrap, node.pid
    finally:
        node.stop()


def others_cpu_pct(begin: float, end: float, wall_s: float, own_s: float) -> float:
    """How much CPU everybody else used, in percent of one core.

    Args:
        begin: CPU seconds used by the whole machine at the beginning.
        end: The same at the end.
        wall_s: Seconds between.
        own_s: CPU seconds that the benchmark's processes used meanwhile.
    """
    return round(max(0.0, end - begin - own_s) / wall_s * 100, 1)


def machine_cpu_s() -> float:
    """CPU seconds the whole machine has been busy since it was started."""
    times = psutil.cpu_times()
    return float(sum(getattr(times, name, 0.0) for name in _BUSY))


_BUSY = ("user", "nice", "system", "irq", "softirq")
