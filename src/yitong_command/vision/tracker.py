"""Joining detections over time, for looks one to four seconds apart.

At that distance a driving vehicle has left its box and another may have taken its place, so
movement tells little. What the tracker is for is to name what stands or crawls: the same place and
the same appearance. Rules must not rely on the names alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from yitong_command.domain.appearance import SAME, is_other
from yitong_command.domain.geometry import Box
from yitong_command.domain.observation import Detection, Track

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TrackerSettings:
    """When two boxes are one thing.

    Attributes:
        least_alike: Two boxes that look less alike than this are two things, wherever they are.
        min_likeness: Least likeness, see :func:`likeness`, of two boxes of one track.
        reach: Centre distance, in box diagonals per second, at which likeness falls to its floor.
        lost_s: A track not seen for longer is forgotten.
    """

    least_alike: float = SAME
    min_likeness: float = 0.3
    reach: float = 0.5
    lost_s: float = 12.0


@dataclass(frozen=True, slots=True)
class Trail:
    """A track with its memory.

    Attributes:
        track: As of its newest detection.
        seen_at: When that was.
        labels: Detections by class.
    """

    track: Track
    seen_at: datetime
    labels: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class TrackerState:
    """All trails of one view and the number of the next one."""

    trails: tuple[Trail, ...] = ()
    next_number: int = 1


DEFAULTS = TrackerSettings()


def step(
    state: TrackerState,
    detections: Sequence[Detection],
    at: datetime,
    settings: TrackerSettings = DEFAULTS,
) -> tuple[TrackerState, tuple[Track, ...]]:
    """Next state and the tracks that this look shows, one per detection and in its order.

    Args:
        state: State after the look before.
        detections: Of one look, boxes in [0, 1] of the view.
        at: Capture time of the look, later than that of the look before.
        settings: Thresholds.
    """
    alive = [t for t in state.trails if (at - t.seen_at).total_seconds() <= settings.lost_s]
    pairs = _pairs(alive, detections, at, settings)
    number = state.next_number
    seen: list[Trail] = []
    for index, detection in enumerate(detections):
        if index in pairs:
            seen.append(_longer(alive[pairs[index]], detection, at))
        else:
            seen.append(_new(f"t{number}", detection, at))
            number += 1
    unseen = [trail for i, trail in enumerate(alive) if i not in set(pairs.values())]
    return TrackerState((*seen, *unseen), number), tuple(trail.track for trail in seen)


def likeness(known: F64, seen: F64, reach: F64) -> F64:
    """How much boxes look like the same thing: overlap, else nearness of equally large boxes.

    Args:
        known: Boxes, shape ``(n, 4)``, ``xyxy``.
        seen: Boxes, shape ``(m, 4)``, ``xyxy``.
        reach: Shape ``(n,)``: centre distance, in diagonals of the known box, that is too far.

    Returns:
        Shape ``(n, m)``, in [0, 2]: 1 + overlap (IoU) where boxes overlap by a tenth or more, else
        nearness times size ratio, below 1.
    """
    low = np.maximum(known[:, None, :2], seen[None, :, :2])
    high = np.minimum(known[:, None, 2:], seen[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2)
    area_known = np.prod(known[:, 2:] - known[:, :2], axis=1)[:, None]
    area_seen = np.prod(seen[:, 2:] - seen[:, :2], axis=1)[None, :]
    overlap = shared / np.maximum(area_known + area_seen - shared, 1e-12)
    middle_known = (known[:, :2] + known[:, 2:])[:, None, :] / 2
    middle_seen = (seen[:, :2] + seen[:, 2:])[None, :, :] / 2
    distance = np.linalg.norm(middle_known - middle_seen, axis=2)
    diagonal = np.linalg.norm(known[:, 2:] - known[:, :2], axis=1)[:, None]
    nearness = np.clip(1 - distance / np.maximum(diagonal * reach[:, None], 1e-9), 0, 1)
    size = np.minimum(area_known, area_seen) / np.maximum(np.maximum(area_known, area_seen), 1e-12)
    return np.asarray(np.where(overlap >= 0.1, 1 + overlap, nearness * np.sqrt(size)), np.float64)


def _pairs(
    alive: list[Trail],
    detections: Sequence[Detection],
    at: datetime,
    settings: TrackerSettings,
) -> dict[int, int]:
    """Index of detection to index of trail, the likest first."""
    if not alive or not detections:
        return {}
    if _is_repeated(alive, detections):
        return {index: index for index in range(len(detections))}
    gaps = [(at - trail.seen_at).total_seconds() for trail in alive]
    table = likeness(
        np.array([trail.track.box for trail in alive], np.float64),
        np.array([detection.box for detection in detections], np.float64),
        np.array([settings.reach * max(gap, 0.2) for gap in gaps], np.float64),
    )
    found: dict[int, int] = {}
    while True:
        i, j = divmod(int(np.argmax(table)), table.shape[1])
        if table[i, j] < settings.min_likeness:
            return found
        known, seen = alive[i].track.appearance, detections[j].appearance
        if is_other(known, seen, settings.least_alike):
            table[i, j] = -1
            continue
        found[j] = i
        table[i, :] = -1
        table[:, j] = -1


def _is_repeated(alive: list[Trail], detections: Sequence[Detection]) -> bool:
    """Whether these are the detections of the look before: most pictures show nothing new.

    Nothing is likelier than the very same box, and trails seen last stand first, in the order of
    their detections; so what the table would say is known without it.
    """
    return len(alive) >= len(detections) and all(
        trail.track.box == detection.box and trail.track.appearance == detection.appearance
        for trail, detection in zip(alive, detections, strict=False)
    )


def _longer(trail: Trail, detection: Detection, at: datetime) -> Trail:
    labels = dict(trail.labels)
    labels[detection.label] = labels.get(detection.label, 0) + 1
    most = max(labels, key=lambda name: (labels[name], name == trail.track.label, name))
    track = replace(
        trail.track,
        label=most,
        score=detection.score,
        box=detection.box,
        appearance=detection.appearance,
    )
    return Trail(track, at, tuple(sorted(labels.items())))


def _new(track_id: str, detection: Detection, at: datetime) -> Trail:
    box = Box(*detection.box)
    track = Track(track_id, detection.label, detection.score, box, at, detection.appearance)
    return Trail(track, at, ((detection.label, 1),))
