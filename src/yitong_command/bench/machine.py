"""What the benchmark ran on: machine, versions, load, and CPU time of processes."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

from yitong_command import __version__
from yitong_command.bench.figures import slope

Say = Callable[[str], None]
MIB = 1024 * 1024
PACKAGES = (
    "aiokafka", "av", "faust-streaming", "numpy", "opencv-python-headless", "openvino",
    "sqlalchemy", "uvloop",
)  # fmt: skip


def now() -> datetime:
    """The current time, aware UTC."""
    return datetime.now(UTC)  # noqa: TID251 - a benchmark is a shell


def machine() -> dict[str, Any]:
    """The machine and how busy it is now."""
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "ram_gb": round(psutil.virtual_memory().total / 1024**3, 1),
        "system": platform.platform(),
        "load_1m": round(os.getloadavg()[0], 2),
    }


def versions() -> dict[str, str]:
    """Versions of this project, Python, and the packages that matter for speed."""
    found = {"yitong-command": __version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


@dataclass(slots=True)
class Meter:
    """CPU time and memory of one process and its children, from now on.

    Attributes:
        pid: The process.
        rss_mb: The most memory seen so far.
    """

    pid: int
    rss_mb: float = 0.0
    _seen: list[tuple[float, float]] = field(default_factory=list, repr=False)
    _begun_s: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._begun_s = _cpu_s(self.pid)
        self.sample()

    def sample(self) -> None:
        """Look at its memory."""
        try:
            rss = psutil.Process(self.pid).memory_info().rss / MIB
        except psutil.NoSuchProcess:
            return
        self.rss_mb = max(self.rss_mb, rss)
        self._seen.append((time.monotonic(), rss))

    def rss_mb_at(self, share: float) -> float | None:
        """Its memory around a point of the time so far, 0 the begin and 1 the end, MB; or None.

        The mean of the samples within a twentieth of that time on each side: what single pictures
        need comes and goes.
        """
        if not self._seen:
            return None
        begin_s, end_s = self._seen[0][0], self._seen[-1][0]
        at_s, near_s = begin_s + (end_s - begin_s) * share, (end_s - begin_s) / 20
        near = [rss for seen_s, rss in self._seen if abs(seen_s - at_s) <= near_s]
        return round(sum(near) / len(near), 1) if near else None

    def slope_mb_per_min(self) -> float | None:
        """How its memory grew over the second half of its samples; None of too few."""
        late = self._seen[len(self._seen) // 2 :]
        if len(late) < 3:
            return None
        return round(slope(late) * 60, 2)

    def cpu_s(self) -> float:
        """CPU seconds, user and system, since the meter was made."""
        self.sample()
        return _cpu_s(self.pid) - self._begun_s


def _cpu_s(pid: int) -> float:
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    total = 0.0
    for member in family:
        try:
            times = member.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"
