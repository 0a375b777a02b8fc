"""What ended in a zone between two states of its rule, reported or not: read from the states."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from yitong_command.domain.geometry import Box, Polygon
from yitong_command.rules.area import overlap_area
from yitong_command.rules.manhole_cover import OK, CoverState
from yitong_command.rules.parking_values import ParkedCar, ParkingSettings, ParkingState

SHARE = 0.1
"""What stood for less than this share of its zone's dwell is nobody's near miss."""

LEAST_S = 20.0
LEAST_LOOKS = 2


@dataclass(frozen=True, slots=True)
class Ended:
    """Something that is no more; fields as in :class:`yitong_command.domain.stay.Stay`."""

    began_at: datetime
    came_at: datetime
    seen_at: datetime
    looks: int
    seen: int
    overlap: float
    score: float
    state: str
    box: Box | None
    reported: bool


def ended(before: Any, after: Any, settings: Any) -> tuple[Ended, ...]:
    """What a rule stopped remembering, worth trying other limits on.

    Args:
        before: The rule's state before a look, or None.
        after: Its state after it.
        settings: Of the zone.
    """
    if isinstance(before, ParkingState) and isinstance(after, ParkingState):
        kept = {car.began_at for car in after.cars}
        gone = [car for car in before.cars if car.began_at not in kept]
        return tuple(_of_car(car, settings) for car in gone if _worth(car, settings))
    if isinstance(before, CoverState) and isinstance(after, CoverState):
        return _of_cover(before, after)
    return ()


def foot_share(box: Box, polygon: Polygon) -> float:
    """Share of the lower third of a box that lies in a zone, in [0, 1]."""
    lower = Box(box.x0, box.y1 - (box.y1 - box.y0) / 3, box.x1, box.y1)
    return min(1.0, overlap_area(lower, polygon) / lower.area) if lower.area > 0 else 0.0


def _worth(car: ParkedCar, settings: ParkingSettings) -> bool:
    stood_s = (car.seen_at - car.came_at).total_seconds()
    return car.is_open or stood_s >= max(LEAST_S, SHARE * settings.dwell_s)


def _of_car(car: ParkedCar, settings: ParkingSettings) -> Ended:
    return Ended(
        car.began_at, car.came_at, car.seen_at, _looks_while_there(car), car.seen,
        foot_share(car.box, settings.polygon), min(1.0, car.score), "", car.box, car.is_open,
    )  # fmt: skip


def _looks_while_there(car: ParkedCar) -> int:
    """Looks until it was last seen: its own count goes on while its absence is being made sure."""
    stood_s = (car.seen_at - car.came_at).total_seconds()
    whole_s = stood_s + car.absent_s
    share = stood_s / whole_s if whole_s > 0 else 1.0
    return max(car.seen, 1 + round((car.looks - 1) * share))


def _of_cover(before: CoverState, after: CoverState) -> tuple[Ended, ...]:
    """A run of looks that agreed on danger, came to an end, and was not enough."""
    looks = sum(count for _, count in before.run)
    began, seen = before.run_began_at, before.judged_at
    danger = bool(before.run) and all(form != OK for form, _ in before.run)
    same_run = after.run_began_at == began
    if not danger or same_run or before.open_began_at is not None:
        return ()
    if began is None or seen is None or looks < LEAST_LOOKS:
        return ()
    form = max(before.run, key=lambda item: item[1])[0]
    score = min(1.0, before.score)
    return (Ended(began, began, seen, looks, looks, 1.0, score, form, None, False),)
