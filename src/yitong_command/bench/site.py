"""What the parts of the camera benchmark share: its options and its running county."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from yitong_command.bench.clips import SUB_STREAM, StreamKind
from yitong_command.bench.county import BALLS_PER_CAMERA, County, Plan
from yitong_command.bench.processes import Child
from yitong_command.bench.worker import Stage

READY_S = 90.0
MOST_PROCESSES = 8


@dataclass(frozen=True, slots=True)
class CameraOptions:
    """What is to be measured.

    Attributes:
        cameras: How many, ball cameras included.
        for_s: For how long.
        active: Share of the fixed cameras with traffic, in [0, 1].
        every_s: Seconds between two looks at a camera.
        balls: How many are ball cameras; None for the share of the county this is made for.
        stream: How the cameras encode, or None to send the clips as they are.
        processes: Ingest workers that share the cameras.
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
    balls: int | None = None
    stream: StreamKind | None = SUB_STREAM
    processes: int = 1
    kafka: str | None = None
    baseline: bool = True
    naive_python: Path | None = None
    naive_weights: Path | None = None
    naive_every: int = 5

    def plan(self, clips_dir: Path) -> Plan:
        """The county to be made, with these clips."""
        balls = self.balls
        if balls is None:
            balls = round(self.cameras * BALLS_PER_CAMERA)
        return Plan(self.cameras, self.active, self.every_s, balls, clips_dir)


@dataclass(frozen=True, slots=True)
class Site:
    """A running benchmark county.

    Attributes:
        county: Its cameras.
        folder: For logs and results.
        clips_dir: What its cameras show.
        env: For everything that reads its configuration.
        ingest_ports: Free ports for the workers.
        stage: The farm's control.
        farm: Its process.
        kafka: Bootstrap address.
        kafka_pid: Our own broker, or None.
        prefix: Of its topics.
    """

    county: County
    folder: Path
    clips_dir: Path
    env: dict[str, str]
    ingest_ports: tuple[int, ...]
    stage: Stage
    farm: Child
    kafka: str
    kafka_pid: int | None
    prefix: str
