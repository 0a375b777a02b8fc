"""Whether a crop shows enough of a manhole cover to say anything about it.

A cover under snow, water, glare, half a shadow or in the dark is "not judged", whatever the
detector would guess. The measures are taken on the crop scaled so that the cover has always the
same size; their limits lie outside what sound and unsafe covers seen plainly have.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from yitong_command.domain.frame import Pixels
from yitong_command.domain.geometry import Box

F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

SIDE_PX = 64
"""Longer side of the cover after scaling; noise smaller than a pixel of that is smoothed away."""
WINDOW = (9, 9)
INNER, RING_FROM, RING_TO, AROUND = 0.9, 1.1, 1.7, 1.3
"""Radii, in those of the cover: surely cover, surely road, the cover with its rim."""
DARK = 38.0
"""The brightest twentieth of a picture in which something can be seen is brighter."""
PLAIN = 4.5
"""A cover with its rim has more relief than this, grey levels."""
LIGHT = 150.0
WHITE, COLOURLESS, SMOOTH_WHITE = 185.0, 45.0, 4.0
WHITE_SHARE = 0.6
BLOWN, BLOWN_SHARE = 245, 0.06
SMOOTH, SMOOTH_SHARE = 5.0, 0.85
RIM_STEP = 30.0
"""A hole is smooth too, but darker than the road by more than this."""
HOLE_STEP = 70.0
"""And no shadow makes a cover so much darker or lighter than the road all around it."""
SPLIT_SHARE, SPLIT_STEP = 0.62, 0.35
"""A straight edge explains so much of the cover's light, and is so high, in logarithms."""
ANGLES, OFFSETS = np.arange(0, np.pi, np.pi / 12), np.linspace(-0.45, 0.45, 7)


class Unclear(StrEnum):
    """Why nothing can be said of a cover."""

    DARK = "dark"
    SNOW = "snow"
    GLARE = "glare"
    PLAIN = "plain"
    WATER = "water"
    SHADOW = "shadow"


WORDS: dict[Unclear, tuple[str, str]] = {
    Unclear.DARK: ("光线过暗", "too dark"),
    Unclear.SNOW: ("被积雪或白色物覆盖", "under snow or something white"),
    Unclear.GLARE: ("反光过强", "glare"),
    Unclear.PLAIN: (
        "表面无可辨细节(积水、积雪或模糊)",
        "nothing to be made out: water, snow or blur",
    ),
    Unclear.WATER: ("被积水覆盖", "under water"),
    Unclear.SHADOW: ("半处阴影", "half in shadow"),
}
"""In words, Chinese and English."""


@dataclass(frozen=True, slots=True, eq=False)
class _Sight:
    """A crop at its common scale.

    Attributes:
        bgr: Shape ``(height, width, 3)``.
        grey: Smoothed grey levels, shape ``(height, width)``.
        x: Pixels right of the cover's middle, same shape.
        y: Pixels below it.
        radius: Distance from the middle in radii of the cover, same shape.
    """

    bgr: Pixels
    grey: F32
    x: F32
    y: F32
    radius: F32

    @property
    def inner(self) -> Mask:
        return np.asarray(self.radius < INNER)

    @property
    def ring(self) -> Mask:
        return np.asarray((self.radius > RING_FROM) & (self.radius < RING_TO))

    @property
    def around(self) -> Mask:
        return np.asarray(self.radius < AROUND)


def unclear(crop: Pixels, cover: Box) -> Unclear | None:
    """Why a crop says nothing about its cover; None if the cover can be judged.

    Args:
        crop: The picture around the cover, shape ``(height, width, 3)``, BGR.
        cover: Bounds of the cover in [0, 1] of the crop.
    """
    sight = _scaled(crop, cover)
    grey, around, inner = sight.grey, sight.around, sight.inner
    if not inner.any():
        return Unclear.PLAIN
    if np.percentile(grey[around], 95) < DARK:
        return Unclear.DARK
    relief = float((grey - cv2.GaussianBlur(grey, (0, 0), 6))[around].std())
    roughness = _roughness(grey)
    if (relief < PLAIN and grey[around].mean() > LIGHT) or _white(sight, roughness) > WHITE_SHARE:
        return Unclear.SNOW
    if (sight.bgr.min(axis=2) >= BLOWN)[inner].mean() > BLOWN_SHARE:
        return Unclear.GLARE
    if relief < PLAIN:
        return Unclear.PLAIN
    step = _step_to_road(sight)
    if (roughness < SMOOTH)[inner].mean() > SMOOTH_SHARE and step < RIM_STEP:
        return Unclear.WATER
    if step < HOLE_STEP and _is_split(sight):
        return Unclear.SHADOW
    return None


def _scaled(crop: Pixels, cover: Box) -> _Sight:
    height, width = crop.shape[:2]
    side = max((cover.x1 - cover.x0) * width, (cover.y1 - cover.y0) * height, 1.0)
    scale = SIDE_PX / side
    size = max(8, round(width * scale)), max(8, round(height * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    bgr = np.asarray(cv2.resize(crop, size, interpolation=how), np.uint8)
    grey = cv2.GaussianBlur(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY).astype(np.float32), (0, 0), 1)
    rows, columns = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    x = columns - (cover.x0 + cover.x1) / 2 * size[0]
    y = rows - (cover.y0 + cover.y1) / 2 * size[1]
    half_w = max((cover.x1 - cover.x0) * size[0] / 2, 2.0)
    half_h = max((cover.y1 - cover.y0) * size[1] / 2, 2.0)
    radius = np.hypot(x / half_w, y / half_h)
    return _Sight(bgr, np.asarray(grey, np.float32), x, y, np.asarray(radius, np.float32))


def _roughness(grey: F32) -> F32:
    """Standard deviation around every pixel."""
    mean = cv2.blur(grey, WINDOW)
    return np.asarray(np.sqrt(np.maximum(cv2.blur(grey * grey, WINDOW) - mean * mean, 0)))


def _white(sight: _Sight, roughness: F32) -> float:
    """Share of the cover and its rim that is smooth and white."""
    colour = cv2.cvtColor(sight.bgr, cv2.COLOR_BGR2HSV)[..., 1]
    white = (roughness < SMOOTH_WHITE) & (sight.grey > WHITE) & (colour < COLOURLESS)
    return float(white[sight.around].mean())


def _step_to_road(sight: _Sight) -> float:
    """Grey levels between the cover and the road around it; large where no road is in the crop."""
    if not sight.ring.any():
        return float("inf")
    return abs(float(np.median(sight.grey[sight.inner]) - np.median(sight.grey[sight.ring])))


def _is_split(sight: _Sight) -> bool:
    """Whether one straight edge of light runs over the cover and on over the road."""
    light = np.log(cv2.GaussianBlur(sight.grey, (0, 0), 3) + 8)
    inner, ring = sight.inner, sight.ring
    values = light[inner]
    spread = float(values.var())
    if spread < (SPLIT_STEP / 2) ** 2 * SPLIT_SHARE:  # no edge could be as high as it must
        return False
    best = 0.0
    found = (0.0, 0.0)
    for angle in ANGLES:
        along = sight.x * np.cos(angle) + sight.y * np.sin(angle)
        inside, outside = along[inner], along[ring]
        for offset in OFFSETS * float(np.abs(inside).max()):
            side = inside < offset
            share, step = float(side.mean()), _step(values, side)
            explained = share * (1 - share) * step * step / (spread + 1e-6)
            if explained > best:
                best = explained
                found = (abs(step), _step(light[ring], outside < offset) * float(np.sign(step)))
    return best > SPLIT_SHARE and min(found) > SPLIT_STEP


def _step(values: F32, side: Mask) -> float:
    """Mean on one side minus mean on the other; 0 if a side is not in the crop."""
    if side.sum() <= SIDE_PX // 3 or (~side).sum() <= SIDE_PX // 3:
        return 0.0
    return float(values[side].mean() - values[~side].mean())
