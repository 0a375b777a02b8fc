"""Vehicles that stand too long where they may not: in a no-parking zone, a fire lane, a road.

A vehicle is known by the box it stands in and what it looks like there, not by its track: tracks
change their names behind trees and buses, a parked box does not move. The box of its first standing
look is kept, so a crawling vehicle leaves it and starts anew, however slowly it crawls.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from yitong_command.domain.geometry import Box, Polygon
from yitong_command.domain.incident import IncidentKind, RuleChange
from yitong_command.domain.observation import Track, ZoneLook
from yitong_command.domain.terms import Terms
from yitong_command.rules.area import covered_share, stands_in
from yitong_command.rules.base import Event, Rule, checked
from yitong_command.rules.parking_ban import own_beginning, to_ms, turn
from yitong_command.rules.parking_rival import compared, has_lost, in_new_light, successor
from yitong_command.rules.parking_seen import distinct, recognise
from yitong_command.rules.parking_told import cleared, left, opened, replaced
from yitong_command.rules.parking_values import (
    MOTOR_VEHICLES,
    ParkedCar,
    ParkingSettings,
    ParkingState,
)

LEAST_LOOKS = 3
"""A dwell that fewer sightings prove is a coincidence."""

NEARER = 0.1
"""What stands in front touches the ground lower in the picture, by this share of the height."""


def step(
    state: ParkingState | None, event: Event, settings: ParkingSettings
) -> tuple[ParkingState, tuple[RuleChange, ...]]:
    """Next state and what changed, after one event.

    A look that is not judged proves nothing: it neither adds to a dwell nor to an absence.

    Args:
        state: State after the event before, or None.
        event: A look at the zone's view; anything else changes nothing.
        settings: Of this zone.
    """
    now = state or ParkingState()
    if not isinstance(event, ZoneLook):
        return now, ()
    if not event.judged:
        return replace(now, cars=tuple(replace(car, absent_at=None) for car in now.cars)), ()
    return _judge(now, event, settings)


def _judge(
    state: ParkingState, look: ZoneLook, settings: ParkingSettings
) -> tuple[ParkingState, tuple[RuleChange, ...]]:
    state, allowed = turn(state, look.at, settings)
    vehicles = distinct(look.tracks, settings.labels)
    boxes = [vehicle.box for vehicle in vehicles]
    others = [track.box for track in look.tracks if track.label not in settings.labels]
    cars = _after_gap(state, look.at, settings)
    found = recognise(cars, boxes, settings)
    gaps = {i: _was_not_seen(cars[i], state, look.at, settings) for i in found}
    pairs = [(cars[i], vehicles[j]) for i, j in found.items()]
    light = not any(gaps.values()) and in_new_light(pairs, boxes)
    kept: list[ParkedCar] = []
    lost: list[ParkedCar] = []
    changes = list(allowed)
    for index, car in enumerate(cars):
        after: ParkedCar | None
        if index in found:
            track = vehicles[found[index]]
            other_boxes = [box for j, box in enumerate(boxes) if j != found[index]] + others
            same = _seen(car, track, other_boxes, look.at)
            same = compared(same, track, other_boxes, gap=gaps[index], light=light)
            after, told = _ripen(same, settings, banned=state.ban_began is not None)
        else:
            after, told = _gone(_missed(car, boxes + others, look.at, settings), look.at, settings)
        changes += told
        if after is not None:
            (lost if has_lost(after) else kept).append(after)
    changes += [replaced(car, look.at) for car in lost if car.is_open]
    fresh = [vehicle for j, vehicle in enumerate(vehicles) if j not in found.values()]
    kept = _with_successors(kept, lost, settings)
    standing = _with_new(kept, fresh, look, settings)
    return ParkingState(standing, look.at, state.ban_began), tuple(changes)


def _was_not_seen(
    car: ParkedCar, state: ParkingState, at: datetime, settings: ParkingSettings
) -> bool:
    """Whether something may have happened in its place since it was seen there."""
    before = state.judged_at
    return before is None or car.seen_at < before or _s(at - before) > settings.max_gap_s


def _with_successors(
    kept: list[ParkedCar], lost: list[ParkedCar], settings: ParkingSettings
) -> list[ParkedCar]:
    """The vehicles that stand there, those that took another's place last."""
    taken = {to_ms(car.began_at) for car in (*kept, *lost)}
    for car in lost:
        if car.rival and stands_in(car.rival.box, settings.polygon, settings.min_overlap):
            kept.append(successor(car, own_beginning(car.rival.since, taken)))
    return kept


def _after_gap(
    state: ParkingState, at: datetime, settings: ParkingSettings
) -> tuple[ParkedCar, ...]:
    """After a long blindness a dwell proves nothing; what was reported stays reported."""
    if state.judged_at is None or _s(at - state.judged_at) <= settings.max_gap_s:
        return state.cars
    return tuple(replace(car, absent_at=None) for car in state.cars if car.is_open)


def _seen(car: ParkedCar, track: Track, others: list[Box], at: datetime) -> ParkedCar:
    return replace(
        car,
        seen_at=at,
        looks=car.looks + 1,
        seen=car.seen + 1,
        score=max(car.score, track.score),
        track_id=track.track_id,
        neighbours=tuple(box for box in others if car.box.intersection(box) > 0),
        absent_s=0.0,
        absent_at=None,
    )


def _ripen(
    car: ParkedCar, settings: ParkingSettings, *, banned: bool
) -> tuple[ParkedCar, tuple[RuleChange, ...]]:
    """Make a vehicle a candidate when its dwell is full, and report it at the re-check."""
    if not banned or car.is_open or car.rival or car.seen < LEAST_LOOKS:
        return car, ()
    stood_s = _s(car.seen_at - car.came_at)
    if car.candidate_at is None and stood_s >= settings.dwell_s:
        car = replace(car, candidate_at=car.seen_at)
    if car.candidate_at is None or _s(car.seen_at - car.candidate_at) < settings.recheck_s:
        return car, ()
    return replace(car, is_open=True), (opened(car, settings),)


def _gone(
    car: ParkedCar, at: datetime, settings: ParkingSettings
) -> tuple[ParkedCar | None, tuple[RuleChange, ...]]:
    """A vehicle that was missed; None if that is the end of it, told if it was reported."""
    if car.is_open and car.absent_s >= settings.clear_after_s:
        return None, (left(car, at),)
    return (None if _to_drop(car, settings) else car), ()


def _missed(car: ParkedCar, boxes: list[Box], at: datetime, settings: ParkingSettings) -> ParkedCar:
    if _is_hidden(car, boxes, settings):
        return replace(car, absent_at=None)
    gone_s = 0.0 if car.absent_at is None else _s(at - car.absent_at)
    return replace(car, looks=car.looks + 1, absent_s=car.absent_s + gone_s, absent_at=at)


def _is_hidden(car: ParkedCar, boxes: list[Box], settings: ParkingSettings) -> bool:
    """Whether a vehicle that was not there before stands between camera and car."""
    nearer = car.box.y1 + NEARER * (car.box.y1 - car.box.y0)
    return any(
        box.y1 >= nearer
        and covered_share(car.box, box) >= settings.hide_share
        and all(box.iou(neighbour) < settings.stand_iou for neighbour in car.neighbours)
        for box in boxes
    )


def _to_drop(car: ParkedCar, settings: ParkingSettings) -> bool:
    too_rare = car.looks > LEAST_LOOKS and car.seen / car.looks < settings.presence
    return not car.is_open and (car.absent_s >= settings.miss_s or too_rare)


def _with_new(
    cars: list[ParkedCar], fresh: list[Track], look: ZoneLook, settings: ParkingSettings
) -> tuple[ParkedCar, ...]:
    taken = {to_ms(car.began_at) for car in cars}
    for vehicle in fresh:
        if not stands_in(vehicle.box, settings.polygon, settings.min_overlap):
            continue
        cars.append(
            ParkedCar(
                vehicle.box,
                own_beginning(look.at, taken),
                came_at=look.at,
                seen_at=look.at,
                score=vehicle.score,
                track_id=vehicle.track_id,
                appearance=vehicle.appearance,
                neighbours=tuple(
                    track.box
                    for track in look.tracks
                    if track is not vehicle and vehicle.box.intersection(track.box) > 0
                ),
            )
        )
    return tuple(cars)


def _s(duration: timedelta) -> float:
    return duration.total_seconds()


def standing_rule(
    kind: IncidentKind,
    name: tuple[str, str],
    category: str,
    place: tuple[str, str],
    labels: frozenset[str] = MOTOR_VEHICLES,
    **defaults: float,
) -> Rule[ParkingState, ParkingSettings]:
    """A rule for vehicles that stand too long in some kind of place.

    Args:
        kind: What it opens and clears.
        name: What that is called, Chinese and English.
        category: Taxonomy code where no zone says another.
        place: What the zone is called in a report, Chinese and English.
        labels: Vehicles that count where the zone does not say.
        defaults: Settings that differ from those of illegal parking.
    """
    return Rule(
        kind=kind,
        name=name,
        category=category,
        state=ParkingState,
        settings=ParkingSettings,
        configure=partial(_configure, place, labels, defaults),
        step=step,
        watching=lambda state: (
            state.ban_began is not None and any(car.seen >= LEAST_LOOKS - 1 for car in state.cars)
        ),
        open_count=lambda state: sum(car.is_open for car in state.cars),
        end=lambda state, at, reason: tuple(
            cleared(car, at, reason) for car in state.cars if car.is_open
        ),
        has_terms=True,
    )


def _configure(
    place: tuple[str, str],
    labels: frozenset[str],
    defaults: dict[str, float],
    polygon: Polygon,
    numbers: dict[str, float],
    terms: Terms | None = None,
) -> ParkingSettings:
    terms = terms or Terms()
    values: dict[str, Any] = {**defaults, **checked(ParkingSettings, numbers)}
    counted = labels if terms.vehicles is None else terms.vehicles
    return ParkingSettings(polygon, **values, labels=counted, ban=terms.ban, place=place)


ILLEGAL_PARKING = standing_rule(
    IncidentKind.ILLEGAL_PARKING,
    name=("违停", "illegal parking"),
    category="cp_parking.no_parking_zone",
    place=("禁停区", "the no-parking zone"),
)
configure = ILLEGAL_PARKING.configure
