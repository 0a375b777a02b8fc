"""Vehicles that stand too long where they may not: in a no-parking zone, a fire lane, a road.

A vehicle is known by the box it stands in, not by its track: tracks change their names behind
trees and buses, a parked box does not move. The box of its first standing look is kept, so a
crawling vehicle leaves it and starts anew, however slowly it crawls.
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
from yitong_command.rules.area import covered_share, match, nested, stands_in
from yitong_command.rules.base import Event, Rule, checked
from yitong_command.rules.parking_ban import own_beginning, to_ms, turn
from yitong_command.rules.parking_told import cleared, left, opened
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

NESTED = 0.8
"""Share of the smaller of two boxes that lies in the larger if one is a part of the other."""

SAME_VEHICLE_IOU = 0.6
"""Two boxes of one look that overlap more than this are one vehicle, found as two classes."""


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
    vehicles = _distinct(look.tracks, settings.labels)
    boxes = [vehicle.box for vehicle in vehicles]
    others = [track.box for track in look.tracks if track.label not in settings.labels]
    cars = _after_gap(state, look.at, settings)
    found = _recognise(cars, boxes, settings)
    kept: list[ParkedCar] = []
    changes = list(allowed)
    for index, car in enumerate(cars):
        if index in found:
            neighbours = [box for j, box in enumerate(boxes) if j != found[index]] + others
            after = _seen(car, vehicles[found[index]], neighbours, look.at)
            if state.ban_began is not None:
                after, ripe = _ripen(after, settings)
                changes += ripe
        else:
            after = _missed(car, boxes + others, look.at, settings)
            if after.is_open and after.absent_s >= settings.clear_after_s:
                changes.append(left(after, look.at))
                continue
            if _to_drop(after, settings):
                continue
        kept.append(after)
    fresh = [vehicle for j, vehicle in enumerate(vehicles) if j not in found.values()]
    kept_and_new = _with_new(kept, fresh, look, settings)
    return ParkingState(kept_and_new, look.at, state.ban_began), tuple(changes)


def _recognise(
    cars: tuple[ParkedCar, ...], boxes: list[Box], settings: ParkingSettings
) -> dict[int, int]:
    """Index of vehicle to index of the box that shows it; reported vehicles choose first.

    A reported one is also recognised by what is left to see of it behind another.
    """

    def stands(known: Box, seen: Box) -> bool:
        return known.iou(seen) >= settings.stand_iou

    def is_left_of(known: Box, seen: Box) -> bool:
        return stands(known, seen) or (
            known.iou(seen) >= settings.keep_iou and nested(known, seen, NESTED)
        )

    reported = {i: car.box for i, car in enumerate(cars) if car.is_open}
    others = {i: car.box for i, car in enumerate(cars) if not car.is_open}
    found = match(reported, boxes, is_left_of)
    return found | match(others, boxes, stands, taken=found.values())


def _distinct(tracks: tuple[Track, ...], labels: frozenset[str]) -> list[Track]:
    """Vehicles of one look, each once, in an order that the boxes alone decide."""
    chosen: list[Track] = []
    for track in sorted(tracks, key=lambda t: (-t.score, t.box)):
        if track.label in labels and all(
            track.box.iou(other.box) <= SAME_VEHICLE_IOU for other in chosen
        ):
            chosen.append(track)
    return sorted(chosen, key=lambda t: t.box)


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


def _ripen(car: ParkedCar, settings: ParkingSettings) -> tuple[ParkedCar, tuple[RuleChange, ...]]:
    """Make a vehicle a candidate when its dwell is full, and report it at the re-check."""
    if car.is_open or car.seen < LEAST_LOOKS:
        return car, ()
    stood_s = _s(car.seen_at - car.came_at)
    if car.candidate_at is None and stood_s >= settings.dwell_s:
        car = replace(car, candidate_at=car.seen_at)
    if car.candidate_at is None or _s(car.seen_at - car.candidate_at) < settings.recheck_s:
        return car, ()
    return replace(car, is_open=True), (opened(car, settings),)


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
