"""Appearances of vehicles, taken from a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from yitong_command.domain.appearance import Appearance
from yitong_command.domain.frame import Pixels
from yitong_command.domain.geometry import Box
from yitong_command.domain.observation import VEHICLE_LABELS, Detection

SIZE_WH = (12, 8)
SMALLEST_PX = 6


def appearance(pixels: Pixels, box: Box) -> Appearance:
    """What a box shows; empty if it is too small to show anything.

    Args:
        pixels: Shape ``(height, width, 3)``, BGR.
        box: ``xyxy`` in [0, 1].
    """
    height, width = pixels.shape[:2]
    x0, x1 = (min(max(round(x * width), 0), width) for x in (box.x0, box.x1))
    y0, y1 = (min(max(round(y * height), 0), height) for y in (box.y0, box.y1))
    if x1 - x0 < SMALLEST_PX or y1 - y0 < SMALLEST_PX:
        return ()
    small = cv2.resize(pixels[y0:y1, x0:x1], SIZE_WH, interpolation=cv2.INTER_AREA)
    lab = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2LAB), np.float64)
    colour = np.rint(lab[..., 1:].mean(axis=(0, 1)))
    return tuple(int(value) for value in (*lab[..., 0].ravel(), *colour))


def with_appearance(pixels: Pixels, found: Sequence[Detection]) -> tuple[Detection, ...]:
    """The same detections; vehicles, and only they, with what they look like.

    Args:
        pixels: The picture they were found in.
        found: Boxes in [0, 1] of it.
    """
    return tuple(
        replace(item, appearance=appearance(pixels, item.box))
        if item.label in VEHICLE_LABELS
        else item
        for item in found
    )
