"""The arithmetic of the benchmarks: percentiles, intervals between looks, ratios (pure)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

TICKS_PER_S, TICKS_WRAP = 90_000, 1 << 32
BELIEVED_S = 1.0
"""A camera's clock that differs more from ours between two pictures began anew."""


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least this share of the values does not exceed (nearest rank).

    Args:
        values: In any order.
        share: In (0, 1].

    Returns:
        None if there are no values.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share must lie in (0, 1]: {share}")
    if not values:
        return None
    return sorted(values)[math.ceil(share * len(values)) - 1]


def ratio(above: float | None, below: float | None) -> float | None:
    """``above / below``, rounded to three significant digits; None if either is missing or zero."""
    if not above or not below:
        return None
    return significant(above / below)


def significant(value: float, digits: int = 3) -> float:
    """A value rounded to so many significant digits."""
    return float(f"{value:.{digits}g}")


def slope(points: Sequence[tuple[float, float]]) -> float:
    """The slope of the straight line that fits best; 0 if all points lie above one another.

    Args:
        points: Each ``(x, y)``; at least one.
    """
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    width = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / width if width else 0.0


class Looks:
    """Which looks each camera had inside a window of time.

    A camera that is never looked at counts with the whole window, and the time from its last look
    to the end counts when it is longer than any interval before: waiting is not hidden.

    Args:
        camera_ids: Every camera that should be looked at.
    """

    def __init__(self, camera_ids: Iterable[str]) -> None:
        self._looks: dict[str, list[_Look]] = {camera_id: [] for camera_id in camera_ids}

    def note(self, camera_id: str, at: datetime, ticks: int | None = None) -> None:
        """A camera's newest look; the same one may be noted again.

        Args:
            camera_id: The camera.
            at: When its picture was received.
            ticks: When it was taken, by the camera's clock, or None if that is not known.
        """
        looks = self._looks.get(camera_id)
        if looks is not None and (not looks or at > looks[-1].at):
            looks.append(_Look(at, ticks))

    def count(self) -> int:
        """How many looks were noted."""
        return sum(len(looks) for looks in self._looks.values())

    def intervals(
        self, begin: datetime, end: datetime, *, taken: bool = False
    ) -> dict[str, list[float]]:
        """Seconds between two looks, by camera, as far as they ended inside the window.

        Args:
            begin: Of the window.
            end: Of the window.
            taken: From picture taken to picture taken by the camera's clock, where it can be
                believed, and not from received to received: without the jitter of the way.
        """
        return {
            camera_id: _intervals(looks, begin, end, taken=taken)
            for camera_id, looks in self._looks.items()
        }


@dataclass(frozen=True, slots=True)
class _Look:
    at: datetime
    ticks: int | None

    def since(self, before: _Look, *, taken: bool) -> float:
        received_s = (self.at - before.at).total_seconds()
        if not taken or self.ticks is None or before.ticks is None:
            return received_s
        taken_s = (self.ticks - before.ticks) % TICKS_WRAP / TICKS_PER_S
        return taken_s if abs(taken_s - received_s) < BELIEVED_S else received_s


def _intervals(
    looks: Sequence[_Look], begin: datetime, end: datetime, *, taken: bool
) -> list[float]:
    window_s = (end - begin).total_seconds()
    if not looks:
        return [window_s]
    gaps = [
        later.since(earlier, taken=taken)
        for earlier, later in zip(looks, looks[1:], strict=False)
        if begin <= later.at <= end
    ]
    open_s = min((end - looks[-1].at).total_seconds(), window_s)
    if open_s > max(gaps, default=0.0):
        gaps.append(open_s)
    return gaps


def look_figures(intervals: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """Percentiles over all cameras, the worst camera, and each camera's own.

    Args:
        intervals: Seconds between two looks, by camera.
    """
    every = [gap for gaps in intervals.values() for gap in gaps]
    per_camera = {
        camera_id: {"n": len(gaps), **_percentiles(gaps)} for camera_id, gaps in intervals.items()
    }
    worst = max(intervals, key=lambda name: max(intervals[name], default=0.0), default=None)
    return {
        **{f"look_{name}": value for name, value in _percentiles(every).items()},
        "look_worst": worst and {"camera_id": worst, "longest_s": max(intervals[worst])},
        "per_camera": per_camera,
    }


def received_figures(intervals: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """Percentiles over all cameras, and the longest.

    Args:
        intervals: Seconds between two looks, by camera.
    """
    every = [gap for gaps in intervals.values() for gap in gaps]
    longest_s = max(every, default=None)
    return _percentiles(every) | {"longest_s": longest_s and round(longest_s, 3)}


def _percentiles(values: Sequence[float]) -> dict[str, float | None]:
    found = {name: percentile(values, share) for name, share in _SHARES.items()}
    return {name: None if value is None else round(value, 3) for name, value in found.items()}


_SHARES = {"p50_s": 0.5, "p95_s": 0.95, "p99_s": 0.99}


def bucket_quantile(buckets: Mapping[float, float], share: float) -> float | None:
    """A quantile out of a cumulative histogram, linear inside a bucket.

    Args:
        buckets: Upper bound (``math.inf`` for the last) to how many values lie at or under it.
        share: In (0, 1].

    Returns:
        None if the histogram is empty; the highest finite bound if the quantile lies above it.
    """
    bounds = sorted(buckets)
    total = buckets[bounds[-1]] if bounds else 0.0
    if total <= 0:
        return None
    below_bound, below = 0.0, 0.0
    for bound in bounds:
        count = buckets[bound]
        if count >= share * total:
            if math.isinf(bound):
                return below_bound
            return below_bound + (bound - below_bound) * (share * total - below) / (count - below)
        below_bound, below = bound, count
    return below_bound
