"""Make persons and number plates unrecognisable in a copy of a picture, beyond recovery."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from yitong_command.domain.frame import Pixels
from yitong_command.domain.geometry import Box
from yitong_command.domain.observation import VEHICLE_LABELS, Detection

MOST_CELLS = 4
"""Cells along the longer side of a blurred region: a standing person is four blots."""
PERSON_MARGIN = 0.15
"""A person's box grows by this share of its size on each side."""
PLATE_BAND = Box(0.08, 0.50, 0.92, 0.92)
"""Where plates are, in [0, 1] of a vehicle's box, from above and from any side."""
PLATE_CELL = 1 / 8
"""Cells of the plate band are this share of the vehicle's width: a plate is two cells wide."""
CUT_OFF = 0.01
"""A vehicle this near to the picture's edge goes on outside, and nobody knows how far."""


def blur_private(image: Pixels, detections: Iterable[Detection]) -> Pixels:
    """A copy of the picture with persons blurred and plates coarsened.

    Args:
        image: Shape ``(h, w, 3)``, u8, BGR; not changed.
        detections: What the vehicle model found; labels that are neither a person nor a vehicle
            are left alone.
    """
    found = tuple(detections)
    out = image.copy()
    for detection in found:
        if detection.label in VEHICLE_LABELS:
            width_px = (detection.box.x1 - detection.box.x0) * image.shape[1]
            _coarsen(out, plate_band(detection.box), width_px * PLATE_CELL)
    return blur_regions(out, [person_region(d.box) for d in found if d.label == "person"])


def blur_regions(image: Pixels, boxes: Sequence[Box]) -> Pixels:
    """A copy of the picture with the given regions blurred.

    Each region keeps at most ``MOST_CELLS`` average colours along its longer side, then blurred
    into each other: the detail is gone from the data, no filter brings it back.

    Args:
        image: Shape ``(h, w, 3)``, u8, BGR; not changed.
        boxes: Regions, ``xyxy`` in [0, 1] of the picture.

    Returns:
        A picture of the same shape; a copy also when there is nothing to blur.

    Example:
        >>> picture = np.random.default_rng(1).integers(0, 256, (90, 160, 3), dtype=np.uint8)
        >>> blurred = blur_regions(picture, [Box(0.25, 0.25, 0.75, 0.75)])
        >>> bool(blurred[45, 60:100].std() < picture[45, 60:100].std() / 3)
        True
    """
    out = image.copy()
    for box in boxes:
        region = _region(out, box)
        if region.size:
            cell_px = max(region.shape[:2]) / MOST_CELLS
            _coarsen(out, box, cell_px)
            region[:] = cv2.GaussianBlur(region, (0, 0), max(1.0, cell_px / 3))
    return out


def person_region(box: Box) -> Box:
    """What is blurred of a person, generously, inside the picture."""
    dx, dy = (box.x1 - box.x0) * PERSON_MARGIN, (box.y1 - box.y0) * PERSON_MARGIN
    return Box(
        max(0.0, box.x0 - dx), max(0.0, box.y0 - dy), min(1.0, box.x1 + dx), min(1.0, box.y1 + dy)
    )


def plate_band(box: Box) -> Box:
    """What is coarsened of a vehicle; where the picture cuts it off, up to the picture's edge."""
    width, height = box.x1 - box.x0, box.y1 - box.y0
    return Box(
        0.0 if box.x0 <= CUT_OFF else box.x0 + width * PLATE_BAND.x0,
        0.0 if box.y0 <= CUT_OFF else box.y0 + height * PLATE_BAND.y0,
        1.0 if box.x1 >= 1 - CUT_OFF else box.x0 + width * PLATE_BAND.x1,
        1.0 if box.y1 >= 1 - CUT_OFF else box.y0 + height * PLATE_BAND.y1,
    )


def _coarsen(image: Pixels, box: Box, cell_px: float) -> None:
    """Replace the region, in place, by cells of one colour each, about so many pixels wide."""
    region = _region(image, box)
    height, width = region.shape[:2]
    if not region.size:
        return
    cell_px = max(1.0, cell_px)
    cells = (max(1, int(width / cell_px)), max(1, int(height / cell_px)))
    few = cv2.resize(region, cells, interpolation=cv2.INTER_AREA)
    region[:] = cv2.resize(few, (width, height), interpolation=cv2.INTER_NEAREST)


def _region(image: Pixels, box: Box) -> Pixels:
    """The pixels of a box, a view into the picture; empty if the box lies outside."""
    height, width = image.shape[:2]
    x0, y0 = max(0, int(box.x0 * width)), max(0, int(box.y0 * height))
    x1, y1 = int(np.ceil(box.x1 * width)), int(np.ceil(box.y1 * height))
    return image[y0 : max(y0, min(height, y1)), x0 : max(x0, min(width, x1))]
