"""Which boxes of a look are vehicles, and which vehicle each of them shows."""

from __future__ import annotations

from yitong_command.domain.geometry import Box
from yitong_command.domain.observation import Track
from yitong_command.rules.area import match, nested
from yitong_command.rules.parking_values import ParkedCar, ParkingSettings

NESTED = 0.8
"""Share of the smaller of two boxes that lies in the larger if one is a part of the other."""

SAME_VEHICLE_IOU = 0.6
"""Two boxes of one look that overlap more than this are one vehicle, found as two classes."""


def recognise(
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


def distinct(tracks: tuple[Track, ...], labels: frozenset[str]) -> list[Track]:
    """Vehicles of one look, each once, in an order that the boxes alone decide."""
    chosen: list[Track] = []
    for track in sorted(tracks, key=lambda t: (-t.score, t.box)):
        if track.label in labels and all(
            track.box.iou(other.box) <= SAME_VEHICLE_IOU for other in chosen
        ):
            chosen.append(track)
    return sorted(chosen, key=lambda t: t.box)
