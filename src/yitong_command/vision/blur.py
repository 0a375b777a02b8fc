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
PLATE_FROM = 0.45
"""Plates sit lower than this share of a vehicle's height, from above and from any side."""
PLATE_MARGIN = 0.04
"""The plate band grows by this share of the vehicle's size on the other sides."""


def private_regions(detections: Iterable[Detection]) -> tuple[Box, ...]:
    """Where persons and plates are, generously.

    Args:
        detections: What the vehicle model found; labels that are neither a person nor a vehicle
            are left out.

    Returns:
        Boxes ``xyxy`` in [0, 1], cut off at the picture's edge.
    """
    regions: list[Box] = []
    for detection in detections:
        if detection.label == "person":
            regions.append(_grown(detection.box, PERSON_MARGIN))
        elif detection.label in VEHICLE_LABELS:
            regions.append(_plate_band(detection.box))
    return tuple(regions)


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
    height, width = image.shape[:2]
    for box in boxes:
        x0, y0 = max(0, int(box.x0 * width)), max(0, int(box.y0 * height))
        x1 = min(width, int(np.ceil(box.x1 * width)))
        y1 = min(height, int(np.ceil(box.y1 * height)))
        if x1 > x0 and y1 > y0:
            out[y0:y1, x0:x1] = _coarse(out[y0:y1, x0:x1])
    return out


def blur_private(image: Pixels, detections: Iterable[Detection]) -> Pixels:
    """A copy of the picture with the detected persons and the vehicles' plates blurred."""
    return blur_regions(image, private_regions(detections))


def _coarse(region: Pixels) -> Pixels:
    """The region as a few cells, smoothed; same shape."""
    height, width = region.shape[:2]
    cell = max(height, width) / MOST_CELLS
    cells = (max(1, int(width / cell)), max(1, int(height / cell)))
    few = cv2.resize(region, cells, interpolation=cv2.INTER_AREA)
    blocks = cv2.resize(few, (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.GaussianBlur(blocks, (0, 0), max(1.0, cell / 3)), dtype=np.uint8)


def _grown(box: Box, margin: float) -> Box:
    dx, dy = (box.x1 - box.x0) * margin, (box.y1 - box.y0) * margin
    return Box(
        max(0.0, box.x0 - dx), max(0.0, box.y0 - dy), min(1.0, box.x1 + dx), min(1.0, box.y1 + dy)
    )


def _plate_band(box: Box) -> Box:
    grown = _grown(box, PLATE_MARGIN)
    return Box(grown.x0, box.y0 + (box.y1 - box.y0) * PLATE_FROM, grown.x1, grown.y1)
