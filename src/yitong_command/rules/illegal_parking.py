"""Vehicles that stand too long in a no-parking zone.

A vehicle is known by the box it stands in, not by its track: tracks change their names behind
trees and buses, a parked box does not move. The box of its first standing look is kept, so a
crawling vehicle leaves it and starts anew, however slowly it crawls.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from yitong_command.domain.geometry import Box, Polygon
from yitong_command.domain.incident import Change, IncidentKind, RuleChange
from yitong_command.domain.observation import Track, ZoneLook
from yitong_command.rules.area import covered_share, match, nested, stands_in
from yitong_command.rules.base import Event, Rule, checked
from yitong_command.rules.parking_values import ParkedCar, ParkingSettings, ParkingState

LABELS = frozenset({"car", "bus", "truck"})
"""Motor vehicles on four wheels; bicycles and motorcycles are another subtype."""

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
    vehicles = _distinct(look.tracks)
    boxes = [vehicle.box for vehicle in vehicles]
    cars = _after_gap(state, look.at, settings)
    found = _recognise(cars, boxes, settings)
    kept: list[ParkedCar] = []
    changes: list[RuleChange] = []
    for index, car in enumerate(cars):
        if index in found:
            neighbours = [box for j, box in enumerate(boxes) if j != found[index]]
            after = _seen(car, vehicles[found[index]], neighbours, look.at)
            after, opened = _ripen(after, settings)
            changes += opened
        else:
            after = _missed(car, boxes, look.at, settings)
            if after.is_open and after.absent_s >= settings.clear_after_s:
                changes.append(_cleared(after, look.at))
                continue
            if _to_drop(after, settings):
                continue
        kept.append(after)
    fresh = [vehicle for j, vehicle in enumerate(vehicles) if j not in found.values()]
    return ParkingState(_with_new(kept, fresh, look, settings), look.at), tuple(changes)


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


def _distinct(tracks: tuple[Track, ...]) -> list[Track]:
    """Vehicles of one look, each once, in an order that the boxes alone decide."""
    chosen: list[Track] = []
    for track in sorted(tracks, key=lambda t: (-t.score, t.box)):
        if track.label in LABELS and all(
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
    change = RuleChange(
        change=Change.OPENED,
        began_at=car.began_at,
        at=car.seen_at,
        score=car.score,
        box=car.box,
        track_id=car.track_id,
        reason=(
            f"车辆在禁停区停放{stood_s:.0f}秒（上限{settings.dwell_s:.0f}秒），"
            f"{settings.recheck_s:.0f}秒后复检仍在",
            f"a vehicle has stood in the no-parking zone for {stood_s:.0f} s (limit "
            f"{settings.dwell_s:.0f} s) and was still there at the re-check after "
            f"{settings.recheck_s:.0f} s",
        ),
    )
    return replace(car, is_open=True), (change,)


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


def _cleared(car: ParkedCar, at: datetime) -> RuleChange:
    return RuleChange(
        change=Change.CLEARED,
        began_at=car.began_at,
        at=at,
        score=car.score,
        box=car.box,
        track_id=car.track_id,
        reason=(
            f"车辆已驶离，连续{car.absent_s:.0f}秒未再出现",
            f"the vehicle has left: not seen for {car.absent_s:.0f} s of judged looks",
        ),
    )


def _with_new(
    cars: list[ParkedCar], fresh: list[Track], look: ZoneLook, settings: ParkingSettings
) -> tuple[ParkedCar, ...]:
    taken = {_to_ms(car.began_at) for car in cars}
    for vehicle in fresh:
        if not stands_in(vehicle.box, settings.polygon, settings.min_overlap):
            continue
        began_at = look.at
        while _to_ms(began_at) in taken:  # two that came in one look still are two incidents
            began_at += timedelta(milliseconds=1)
        taken.add(_to_ms(began_at))
        cars.append(
            ParkedCar(
                vehicle.box,
                began_at,
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


def _to_ms(at: datetime) -> datetime:
    """The part of a beginning that the incident's id keeps."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _s(duration: timedelta) -> float:
    return duration.total_seconds()


def configure(polygon: Polygon, numbers: dict[str, float]) -> ParkingSettings:
    """Settings of one zone.

    Args:
        polygon: The zone, corners in [0, 1].
        numbers: Settings that differ from the defaults.

    Raises:
        ValueError: Naming the setting that is unknown or out of its range.
    """
    return ParkingSettings(polygon, **checked(ParkingSettings, numbers))


ILLEGAL_PARKING: Rule[ParkingState, ParkingSettings] = Rule(
    kind=IncidentKind.ILLEGAL_PARKING,
    state=ParkingState,
    settings=ParkingSettings,
    configure=configure,
    step=step,
    watching=lambda state: any(car.seen >= LEAST_LOOKS - 1 for car in state.cars),
    open_count=lambda state: sum(car.is_open for car in state.cars),
)
