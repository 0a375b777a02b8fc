"""From what the detectors saw to what the rules are told; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from yitong_command.domain.camera import Zone
from yitong_command.domain.geometry import Box, bounds
from yitong_command.domain.incident import IncidentKind
from yitong_command.domain.observation import (
    VEHICLE_LABELS,
    CoverLook,
    Detection,
    Track,
    ZoneLook,
)

SMALLEST_CROP_PX = 32
CROP_FACTOR = 3.0
"""A cover is shown to its detector with this many times its size around it."""
HIDDEN_SHARE = 0.05
"""A vehicle or person over this share of a cover hides it."""
SURE_PERSON = 0.25
"""Persons are masked on much less suspicion than it takes to hide a cover."""
LEAST_OVERLAP = 0.15
"""A detection that overlaps the cover (IoU) less is another thing."""
HIDDEN = ("被车辆或行人遮挡", "a vehicle or person stands over it")
NOT_FOUND = ("未识别出井盖", "no cover was recognised")


@dataclass(frozen=True, slots=True)
class CoverSight:
    """What was seen at one cover.

    Attributes:
        state: ``ok``, ``broken``, ``missing``, ``displaced``, or None if it can't be said.
        score: Confidence in [0, 1].
        box: Where, in [0, 1] of the view, or None.
        hidden: True if a vehicle or person stood over it.
        too_small: True if the picture shows too little of it to say anything.
        reason: Why it can't be said, Chinese and English; empty where it can.
        fenced: Whether cones or barriers stand around it; None if that can't be said.
    """

    state: str | None
    score: float = 0.0
    box: Box | None = None
    hidden: bool = False
    too_small: bool = False
    reason: tuple[str, str] = ("", "")
    fenced: bool | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """What one analysed picture showed.

    Attributes:
        detections: Vehicles and persons, boxes in [0, 1] of the view.
        covers: What was seen at each cover, by zone id.
    """

    detections: tuple[Detection, ...] = ()
    covers: Mapping[str, CoverSight] = field(default_factory=dict)

    @property
    def vehicles(self) -> tuple[Detection, ...]:
        """The vehicles among the detections."""
        return tuple(item for item in self.detections if item.label in VEHICLE_LABELS)

    @property
    def tells(self) -> object:
        """What it comes to, for comparison: how many vehicles, and how the covers are."""
        covers = {zone_id: cover.state for zone_id, cover in self.covers.items()}
        return Counter(item.label for item in self.vehicles), covers

    def and_covers(self, others: Mapping[str, CoverSight]) -> Sight:
        """The same with other covers, by zone id, that were not shown to a detector."""
        return Sight(self.detections, {**self.covers, **others})

    @property
    def small_covers(self) -> tuple[str, str]:
        """Which covers are too small to be judged, in words, Chinese and English; or empty."""
        reasons = [cover.reason for cover in self.covers.values() if cover.too_small]
        return "；".join(zh for zh, _ in reasons), "; ".join(en for _, en in reasons)


def cover_zones(zones: Iterable[Zone]) -> tuple[Zone, ...]:
    """Those zones that are manhole covers."""
    return tuple(zone for zone in zones if zone.kind is IncidentKind.MANHOLE_COVER)


def small_cover(zone: Zone, min_px: float, width: int, height: int) -> CoverSight | None:
    """What is said of a cover that is too small in a picture to be judged; None if it is not.

    Args:
        zone: The cover.
        min_px: What its longer side must have, pixels.
        width: Of the picture as the camera made it, pixels.
        height: Of the picture, pixels.
    """
    box = cover_bounds(zone)
    side_px = round(max((box.x1 - box.x0) * width, (box.y1 - box.y0) * height))
    if side_px >= min_px:
        return None
    reason = (
        f"{zone.name_zh or zone.zone_id}在画面中仅{side_px}像素（至少{min_px:.0f}），不作判断",
        f"{zone.name_en or zone.zone_id} has only {side_px} px in the picture (at least "
        f"{min_px:.0f}): not judged",
    )
    return CoverSight(None, too_small=True, reason=reason)


def is_hidden(cover: Box, detections: Iterable[Detection]) -> bool:
    """Whether a vehicle or person stands over a cover."""
    return any(
        cover.area > 0 and cover.intersection(item.box) / cover.area >= HIDDEN_SHARE
        for item in detections
        if item.label in VEHICLE_LABELS or (item.label == "person" and item.score >= SURE_PERSON)
    )


def crop_px(cover: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """The square of the picture to show to the cover detector.

    Args:
        cover: Bounds of the cover in [0, 1] of the view.
        width: Of the picture, pixels.
        height: Of the picture, pixels.

    Returns:
        ``x0, y0, x1, y1`` in pixels, inside the picture; a square if the picture is large enough.
    """
    size = max((cover.x1 - cover.x0) * width, (cover.y1 - cover.y0) * height) * CROP_FACTOR
    side = max(round(size), SMALLEST_CROP_PX)
    side_x, side_y = min(side, width), min(side, height)
    x0 = round((cover.x0 + cover.x1) / 2 * width - side_x / 2)
    y0 = round((cover.y0 + cover.y1) / 2 * height - side_y / 2)
    x0, y0 = min(max(x0, 0), width - side_x), min(max(y0, 0), height - side_y)
    return x0, y0, x0 + side_x, y0 + side_y


def in_crop(cover: Box, crop: tuple[int, int, int, int], width: int, height: int) -> Box:
    """Bounds of a cover in [0, 1] of its crop, cut off where the crop ends.

    Args:
        cover: Bounds of the cover in [0, 1] of the view.
        crop: The crop in pixels of the picture.
        width: Of the picture, pixels.
        height: Of the picture, pixels.
    """
    x0, y0, x1, y1 = crop
    return Box(
        max(0.0, (cover.x0 * width - x0) / (x1 - x0)),
        max(0.0, (cover.y0 * height - y0) / (y1 - y0)),
        min(1.0, (cover.x1 * width - x0) / (x1 - x0)),
        min(1.0, (cover.y1 * height - y0) / (y1 - y0)),
    )


def read_cover(
    cover: Box,
    found: Iterable[Detection],
    crop: tuple[int, int, int, int],
    width: int,
    height: int,
) -> CoverSight:
    """What the cover detector's findings in a crop say about one cover.

    Args:
        cover: Bounds of the cover in [0, 1] of the view.
        found: Detections in [0, 1] of the crop.
        crop: The crop in pixels of the picture.
        width: Of the picture, pixels.
        height: Of the picture, pixels.
    """
    x0, y0, x1, y1 = crop
    best = CoverSight(None, reason=NOT_FOUND)
    for item in found:
        box = Box(
            (x0 + item.box.x0 * (x1 - x0)) / width,
            (y0 + item.box.y0 * (y1 - y0)) / height,
            (x0 + item.box.x1 * (x1 - x0)) / width,
            (y0 + item.box.y1 * (y1 - y0)) / height,
        )
        state = item.label.removeprefix("manhole_")
        if item.score > best.score and box.iou(cover) >= LEAST_OVERLAP:
            best = CoverSight(state, item.score, box)
    return best


def zone_event(
    zone: Zone, at: datetime, tracks: tuple[Track, ...], sight: Sight | None
) -> ZoneLook | CoverLook:
    """What the zone's rule is told about one look.

    Args:
        zone: The zone.
        at: Capture time.
        tracks: Vehicles of this look.
        sight: What was seen, or None if the look can't be judged.
    """
    if zone.kind is IncidentKind.MANHOLE_COVER:
        cover = sight.covers.get(zone.zone_id) if sight is not None else None
        if cover is None:
            return CoverLook(at, None)
        return CoverLook(at, cover.state, cover.score, cover.fenced)
    if sight is None:
        return ZoneLook(at, judged=False)
    return ZoneLook(at, tracks)


def cover_bounds(zone: Zone) -> Box:
    """The box around a cover zone."""
    return bounds(zone.polygon)
