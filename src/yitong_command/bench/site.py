"""What the parts of the camera benchmark share: its options and its running county."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from yitong_command.bench.county import County
from yitong_command.bench.processes import Child
from yitong_command.bench.worker import Stage

READY_S = 90.0


@dataclass(frozen=True, slots=True)
class CameraOptions:
    """What is to be measured.

    Attributes:
        cameras: How many.
        for_s: For how long.
        active: Share of cameras with traffic and events, in [0, 1].
        every_s: Seconds between two looks at a camera.
        kafka: A broker to use, or None for one of our own.
        baseline: Whether the baselines are measured too.
        naive_python: Another Python for the obvious way, with ultralytics in it, or None.
        naive_weights: Its weights, or None.
        naive_every: It detects on every so many-th frame.
    """

    cameras: int
    for_s: float
    active: float = 0.15
    every_s: float = 2.0
    kafka: str | None = None
    baseline: bool = True
    naive_python: Path | None = None
    naive_weights: Path | None = None
    naive_every: int = 5


@dataclass(frozen=True, slots=True)
class Site:
    """A running benchmark county.

    Attributes:
        county: Its cameras.
        folder: For logs and results.
        env: For everything that reads its configuration.
        ports: By name: ``rtsp``, ``control``, ``onvif``, ``ingest``.
        stage: The farm's control.
        farm: Its process.
        kafka: Bootstrap address.
        kafka_pid: Our own broker, or None.
        prefix: Of its topics.
    """

    county: County
    folder: Path
    env: dict[str, str]
    ports: dict[str, int]
    stage: Stage
    farm: Child
    kafka: str
    kafka_pid: int | None
    prefix: str
