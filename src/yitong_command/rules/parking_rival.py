"""Another vehicle in the place of one that stood there.

A queue moves up by a length and the next vehicle stops where the first one stood; a bay is left
and taken again between two looks. The box is the same, what is in it is not. One look may be wrong
(a walker, a lamp), so the rival must be seen in several looks that agree. One that is reported
loses its place only after a look that did not show it: without one, another light is as likely, and
the same vehicle is never to be reported twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from yitong_command.domain.appearance import OTHER, SAME, is_other
from yitong_command.domain.geometry import Box
from yitong_command.domain.observation import Track
from yitong_command.rules.area import covered_share
from yitong_command.rules.parking_values import ParkedCar, Rival

RIVAL_LOOKS = 3
COVERED = 0.15
"""What is behind another vehicle by more than this share does not show what it looks like."""
STAYED_IOU = 0.65
UNMOVED_IOU = 0.9
"""Where vehicles stay to the centimetre and all look different at once, the light has changed."""


def compared(
    car: ParkedCar,
    track: Track,
    others: Sequence[Box],
    *,
    gap: bool,
    light: bool,
) -> ParkedCar:
    """A vehicle after one more look at its place: still itself, or with a rival.

    Args:
        car: As it is if it is still the same one.
        track: What stands in its place now.
        others: All other boxes of the look.
        gap: Whether something may have happened there since it was seen.
        light: Whether the light has changed, see :func:`in_new_light`.
    """
    front = _in_front(car.box, others)
    itself = replace(car, appearance=track.appearance, front=front, rival=None)
    if light or not car.appearance:
        return itself
    if not _shows(car, track, front):
        return car
    if not is_other(car.appearance, track.appearance, SAME if gap else OTHER):
        return itself
    rival = car.rival
    if rival is None or is_other(rival.appearance, track.appearance):
        rival = Rival(track.box, car.seen_at, 0, (), gap)
    rival = replace(rival, looks=rival.looks + 1, appearance=track.appearance)
    if car.is_open and not rival.after_gap and rival.looks >= RIVAL_LOOKS:
        return itself
    return replace(car, rival=rival)


def has_lost(car: ParkedCar) -> bool:
    """Whether another vehicle surely stands in its place; a reported one has left before."""
    return (
        car.rival is not None
        and car.rival.looks >= RIVAL_LOOKS
        and (car.rival.after_gap or not car.is_open)
    )


def successor(car: ParkedCar, began_at: datetime) -> ParkedCar:
    """The vehicle that took the place, standing since it was first seen there.

    Args:
        car: The one that lost its place to it.
        began_at: Names the successor's incident; its own in the zone.

    Raises:
        ValueError: If it has no rival.
    """
    rival = car.rival
    if rival is None:
        raise ValueError("there is no rival")
    return ParkedCar(
        box=rival.box,
        began_at=began_at,
        came_at=rival.since,
        seen_at=car.seen_at,
        looks=rival.looks,
        seen=rival.looks,
        score=car.score,
        track_id=car.track_id,
        neighbours=car.neighbours,
        appearance=rival.appearance,
        front=car.front,
    )


def in_new_light(pairs: Sequence[tuple[ParkedCar, Track]], boxes: Sequence[Box]) -> bool:
    """Whether not the vehicles have changed but the light: all at once, and none has moved.

    Args:
        pairs: Vehicles that the look before showed too, each with what stands in its place now.
        boxes: All vehicles of the look.
    """
    shown = [
        (car, track)
        for car, track in pairs
        if _shows(car, track, _in_front(car.box, [box for box in boxes if box is not track.box]))
    ]
    return len(shown) >= 2 and all(
        car.rival is None
        and car.box.iou(track.box) >= UNMOVED_IOU
        and is_other(car.appearance, track.appearance)
        for car, track in shown
    )


def _in_front(place: Box, others: Sequence[Box]) -> tuple[Box, ...]:
    """What covers some of a place and touches the ground nearer to the camera."""
    return tuple(
        box for box in others if box.y1 > place.y1 and covered_share(place, box) >= COVERED
    )


def _shows(car: ParkedCar, track: Track, front: Sequence[Box]) -> bool:
    """Whether a look tells what stands there: nothing new is between it and the camera."""
    return bool(track.appearance) and all(
        any(box.iou(known) >= STAYED_IOU for known in car.front) for box in front
    )
