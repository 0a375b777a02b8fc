"""A ban that begins or ends while vehicles stand.

What is open when a ban ends is cleared. When a ban begins, what stands there already begins its
dwell anew, at the beginning of the ban: a vehicle that never left is another incident under the
next ban, with a beginning and so an identity of its own.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from yitong_command.domain.incident import RuleChange
from yitong_command.rules.parking_told import allowed
from yitong_command.rules.parking_values import ParkedCar, ParkingSettings, ParkingState


def turn(
    state: ParkingState, at: datetime, settings: ParkingSettings
) -> tuple[ParkingState, tuple[RuleChange, ...]]:
    """The state under the ban that holds at a judged look, and what its change cleared.

    Args:
        state: State after the look before.
        at: Capture time of the look.
        settings: Of this zone.
    """
    began = settings.ban.began(at)
    if began == state.ban_began:
        return state, ()
    start = began or at
    before = [car for car in state.cars if car.came_at < start]
    changes = tuple(allowed(car, at, settings) for car in before if car.is_open)
    cars: list[ParkedCar] = []
    taken = {to_ms(car.began_at) for car in state.cars if car.came_at >= start}
    for car in state.cars:
        cars.append(_anew(car, start, taken) if car.came_at < start else car)
    return replace(state, cars=tuple(cars), ban_began=began), changes


def _anew(car: ParkedCar, start: datetime, taken: set[datetime]) -> ParkedCar:
    return replace(
        car,
        began_at=own_beginning(start, taken),
        came_at=start,
        looks=0,
        seen=0,
        candidate_at=None,
        is_open=False,
        rival=None,
    )


def own_beginning(at: datetime, taken: set[datetime]) -> datetime:
    """A beginning that no other vehicle of the zone has, to the millisecond; it is then taken.

    Two vehicles that came in one look, or stood when a ban began, still are two incidents.

    Args:
        at: When the vehicle came, or its ban began.
        taken: Beginnings of the others; the new one is added.
    """
    while to_ms(at) in taken:
        at += timedelta(milliseconds=1)
    taken.add(to_ms(at))
    return at


def to_ms(at: datetime) -> datetime:
    """The part of a beginning that the incident's id keeps."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
