"""Whether traffic cones or barriers stand around a manhole cover.

Colour and shape alone decide, so it asks for much: at least two patches of the saturated orange or
red of traffic cones, each as large and as upright as a marker beside a cover is, on different
sides of it, outside vehicles and persons. It rather misses a fence than invents one; a rule
believes it only after several looks.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from yitong_command.domain.frame import Pixels
from yitong_command.domain.geometry import Box

REACH = 5.0
"""The square that is searched, in sides of the cover."""
SIDE_PX = 240
"""That square is scaled to this."""
HUES = (14, 172)
"""Orange to red, around the zero of OpenCV's half degrees."""
LEAST_COLOUR, LEAST_LIGHT = 150, 90
LEAST_AREA, MOST_AREA = 0.012, 0.6
"""Of a patch, in squares of the cover's side."""
LEAST_HEIGHT = 0.16
LEAST_FILL = 0.35
WIDEST, SLIMMEST = 3.2, 0.12
"""Width by height of a patch: a barrier's board, a delineator post."""
NEAREST, FARTHEST = 0.42, 2.3
"""Distance of a patch's foot from the cover's middle, in sides of the cover."""
WARM_COLOUR, WARM_SHARE = 90, 0.3
"""Where so much of the ground itself is brick or rust, colour says nothing."""
APART = np.deg2rad(75.0)
"""Two markers stand at least so far around the cover from each other."""


def is_fenced(pixels: Pixels, cover: Box, others: Sequence[Box] = ()) -> bool:
    """Whether markers stand around a cover.

    Args:
        pixels: The picture, shape ``(height, width, 3)``, BGR.
        cover: Bounds of the cover in [0, 1] of the picture.
        others: Vehicles and persons, in [0, 1]; what is red in them is none.
    """
    angles = [np.arctan2(y, x) for x, y in markers(pixels, cover, others)]
    return any(
        abs((a - b + np.pi) % (2 * np.pi) - np.pi) >= APART
        for n, a in enumerate(angles)
        for b in angles[:n]
    )


def markers(pixels: Pixels, cover: Box, others: Sequence[Box] = ()) -> list[tuple[float, float]]:
    """Feet of what may be cones or barriers, from the cover's middle, in sides of the cover.

    Args:
        pixels: See :func:`is_fenced`.
        cover: See :func:`is_fenced`.
        others: See :func:`is_fenced`.
    """
    height, width = pixels.shape[:2]
    side = max((cover.x1 - cover.x0) * width, (cover.y1 - cover.y0) * height)
    middle = ((cover.x0 + cover.x1) / 2 * width, (cover.y0 + cover.y1) / 2 * height)
    reach = side * REACH / 2
    x0, y0 = (max(0, round(m - reach)) for m in middle)
    x1, y1 = round(min(width, middle[0] + reach)), round(min(height, middle[1] + reach))
    if min(x1 - x0, y1 - y0) < 8:
        return []
    mask, warm_share = _coloured(pixels[y0:y1, x0:x1])
    if warm_share > WARM_SHARE:
        return []
    for box in others:
        left, top = max(0, round(box.x0 * width) - x0), max(0, round(box.y0 * height) - y0)
        right, bottom = round(box.x1 * width) - x0, round(box.y1 * height) - y0
        if right > 0 and bottom > 0:
            mask[top:bottom, left:right] = 0
    scale = SIDE_PX / (side * REACH)
    size = max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale))
    small = (cv2.resize(mask, size, interpolation=cv2.INTER_AREA) > 127).astype(np.uint8)
    joined = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((9, 3), np.uint8))
    unit = side * scale
    origin = (middle[0] - x0) * scale, (middle[1] - y0) * scale
    _, _, boxes, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    feet = []
    for x, y, w, h, area in boxes[1:]:
        foot = (x + w / 2 - origin[0]) / unit, (y + h - origin[1]) / unit
        if _may_be_marker(w / unit, h / unit, area / unit**2, foot):
            feet.append(foot)
    return feet


def _coloured(pixels: Pixels) -> tuple[NDArray[np.uint8], float]:
    """Where a marker's colour is, 0 or 255, and the share of all else that is nearly as warm."""
    hue, colour, light = cv2.split(cv2.cvtColor(pixels, cv2.COLOR_BGR2HSV))
    warm = (hue <= HUES[0]) | (hue >= HUES[1])
    found = warm & (colour >= LEAST_COLOUR) & (light >= LEAST_LIGHT)
    nearly = warm & (colour >= WARM_COLOUR) & ~found
    return np.asarray(np.where(found, 255, 0), np.uint8), float(nearly.mean())


def _may_be_marker(w: float, h: float, area: float, foot: tuple[float, float]) -> bool:
    """Whether a patch is as large, upright and near as a marker; all in sides of the cover."""
    return (
        LEAST_AREA <= area <= MOST_AREA
        and h >= LEAST_HEIGHT
        and area >= LEAST_FILL * w * h
        and SLIMMEST <= w / h <= WIDEST
        and NEAREST <= float(np.hypot(*foot)) <= FARTHEST
    )
