"""What a batch of pictures shows of their manhole covers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from yitong_command.domain.camera import Zone
from yitong_command.domain.frame import Pixels
from yitong_command.domain.observation import Detection
from yitong_command.ingest.looks import (
    HIDDEN,
    CoverSight,
    cover_bounds,
    crop_px,
    in_crop,
    is_hidden,
    read_cover,
)
from yitong_command.vision.cover_view import WORDS, unclear
from yitong_command.vision.detector import Detector
from yitong_command.vision.fencing import is_fenced

OK = "ok"


def see_covers(
    detector: Detector,
    pictures: Sequence[tuple[Pixels, tuple[Zone, ...]]],
    found: Sequence[Sequence[Detection]],
) -> list[dict[str, CoverSight]]:
    """What is to be said of each picture's covers, by zone id.

    A cover that somebody stands over, or that the picture does not show clearly, is not judged and
    not shown to the detector. Where it may be unsafe, a fence is looked for too.

    Args:
        detector: Finds covers in crops.
        pictures: Each with the covers to look at.
        found: Vehicles and persons of each picture.

    Raises:
        DetectorFailed: If the detector failed.
    """
    covers: list[dict[str, CoverSight]] = [{} for _ in pictures]
    crops: list[tuple[int, Zone, tuple[int, int, int, int]]] = []
    for index, (pixels, zones) in enumerate(pictures):
        for zone in zones:
            crop = crop_px(cover_bounds(zone), pixels.shape[1], pixels.shape[0])
            sight = _unseen(pixels, zone, crop, found[index])
            if sight is None:
                crops.append((index, zone, crop))
            else:
                covers[index][zone.zone_id] = sight
    if crops:
        images = [pictures[i][0][y0:y1, x0:x1] for i, _, (x0, y0, x1, y1) in crops]
        for (index, zone, crop), items in zip(crops, detector.detect(images), strict=True):
            height, width = pictures[index][0].shape[:2]
            covers[index][zone.zone_id] = read_cover(cover_bounds(zone), items, crop, width, height)
    return [
        {zone.zone_id: _with_fence(seen[zone.zone_id], zone, pixels, others) for zone in zones}
        for seen, (pixels, zones), others in zip(covers, pictures, found, strict=True)
    ]


def _unseen(
    pixels: Pixels, zone: Zone, crop: tuple[int, int, int, int], found: Sequence[Detection]
) -> CoverSight | None:
    """What is said of a cover that can't be judged; None if it can."""
    cover = cover_bounds(zone)
    if is_hidden(cover, found):
        return CoverSight(None, hidden=True, reason=HIDDEN)
    x0, y0, x1, y1 = crop
    image = np.ascontiguousarray(pixels[y0:y1, x0:x1])
    why = unclear(image, in_crop(cover, crop, pixels.shape[1], pixels.shape[0]))
    return CoverSight(None, reason=WORDS[why]) if why else None


def _with_fence(
    sight: CoverSight, zone: Zone, pixels: Pixels, found: Sequence[Detection]
) -> CoverSight:
    """A fence that is seen is one; that none is seen proves something only of a cover in view."""
    if sight.state == OK:
        return sight
    fenced = is_fenced(pixels, cover_bounds(zone), [item.box for item in found])
    return replace(sight, fenced=True if fenced else None if sight.state is None else False)
