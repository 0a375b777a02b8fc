"""How things move along the street: poses as pure functions of time."""

import math
from dataclasses import dataclass

from yitong_command.demo.scenegen.mesh import Vector


@dataclass(frozen=True)
class Pose:
    """Where a mover is.

    Attributes:
        at: Ground point, metres.
        heading_deg: 0 along +Y, 90 along +X.
        speed_mps: Speed along the heading.
        travelled_m: Ground covered since it appeared.
    """

    at: Vector
    heading_deg: float
    speed_mps: float
    travelled_m: float


@dataclass(frozen=True)
class Leg:
    """A stretch of constant acceleration: how long it lasts and the speed at its end."""

    lasts_s: float
    end_mps: float


@dataclass(frozen=True)
class Drive:
    """A vehicle's way along the road, with a stretch in which it changes lane.

    Attributes:
        start_s: When it appears.
        start: Its first ground point ``(x, y)``.
        forward: 1 along +Y, -1 against it.
        speed_mps: First speed.
        legs: What it does; it holds the last speed for ever.
        shift: ``(y from, y to, x to)`` of a lane change, or None; its own ``x`` comes before it.
        back: The same for leaving a kerb, after ``shift``; or None.
    """

    start_s: float
    start: tuple[float, float]
    forward: int
    speed_mps: float
    legs: tuple[Leg, ...] = ()
    shift: tuple[float, float, float] | None = None
    back: tuple[float, float, float] | None = None


def along(drive: Drive, t: float) -> tuple[float, float, float]:
    """Ground covered (m), speed (m/s) and acceleration (m/s²) ``t`` seconds after the start."""
    covered, speed, left = 0.0, drive.speed_mps, t
    for leg in drive.legs:
        accel = (leg.end_mps - speed) / leg.lasts_s
        if left < leg.lasts_s:
            return covered + speed * left + accel * left * left / 2, speed + accel * left, accel
        covered += (speed + leg.end_mps) / 2 * leg.lasts_s
        speed, left = leg.end_mps, left - leg.lasts_s
    return covered + speed * left, speed, 0.0


def _smooth(share: float) -> float:
    s = min(max(share, 0.0), 1.0)
    return s * s * (3 - 2 * s)


def _lane_x(drive: Drive, y: float) -> float:
    x = drive.start[0]
    for change in (drive.shift, drive.back):
        if change is not None:
            y0, y1, x1 = change
            x += (x1 - x) * _smooth((y - y0) / (y1 - y0))
    return x


def drive_pose(drive: Drive, t: float) -> Pose:
    """Pose of a vehicle at time ``t`` of the clip, seconds (at or after its start)."""
    covered, speed, _ = along(drive, t - drive.start_s)
    y = drive.start[1] + drive.forward * covered
    ahead = y + drive.forward * 0.5
    dx, dy = _lane_x(drive, ahead) - _lane_x(drive, y), drive.forward * 0.5
    heading = math.degrees(math.atan2(dx, dy)) % 360
    return Pose((_lane_x(drive, y), y, 0.0), heading, speed, covered)


def stop_interval(drive: Drive) -> tuple[float, float] | None:
    """When a vehicle stands still, ``[from, to)`` seconds of the clip; None if it never does."""
    at, speed = drive.start_s, drive.speed_mps
    for leg in drive.legs:
        if speed == 0 and leg.end_mps == 0:
            return at, at + leg.lasts_s
        at, speed = at + leg.lasts_s, leg.end_mps
    return None


@dataclass(frozen=True)
class Walk:
    """A walker's way: corner points at constant speed.

    Attributes:
        start_s: When the walk begins.
        way: Ground points ``(x, y, z)``, at least two.
        speed_mps: Walking speed.
    """

    start_s: float
    way: tuple[Vector, ...]
    speed_mps: float = 1.35


def walk_pose(walk: Walk, t: float) -> Pose | None:
    """Pose of a walker at time ``t`` of the clip; None before the start and after the end."""
    left = (t - walk.start_s) * walk.speed_mps
    if left < 0:
        return None
    travelled = left
    for a, b in zip(walk.way[:-1], walk.way[1:], strict=True):
        length = math.dist(a, b)
        if left < length:
            share = left / length
            at = tuple(p + (q - p) * share for p, q in zip(a, b, strict=True))
            heading = math.degrees(math.atan2(b[0] - a[0], b[1] - a[1])) % 360
            return Pose((at[0], at[1], at[2]), heading, walk.speed_mps, travelled)
        left -= length
    return None
