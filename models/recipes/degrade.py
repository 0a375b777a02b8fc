"""Make a clean photo look like a street camera's: night, rain, haze, blur, noise, small, coded.

Every function takes and returns a picture, u8 ``(height, width, 3)`` BGR, moves nothing in it
(boxes stay right) and draws all chance from the generator it is given.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Random = np.random.Generator


def clipped(values: NDArray[np.floating]) -> Image:
    """Floats to u8, cut off at 0 and 255."""
    return np.clip(values, 0, 255).astype(np.uint8)


def night(image: Image, rng: Random) -> Image:
    """Dark, with the yellow light of a lamp falling off from one spot, and sensor noise."""
    height, width = image.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    cx, cy = rng.uniform(0, width), rng.uniform(-0.3, 0.7) * height
    reach = rng.uniform(0.5, 1.2) * max(height, width)
    lamp = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * reach**2))
    light = rng.uniform(0.12, 0.3) + lamp * rng.uniform(0.25, 0.6)
    tint = np.array([rng.uniform(0.6, 1.0), rng.uniform(0.85, 1.0), 1.0], np.float32)
    if rng.random() < 0.3:
        image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        tint[:] = 1.0
    dark = image.astype(np.float32) * light[..., None] * tint
    return clipped(dark + rng.normal(0, rng.uniform(2, 7), image.shape))


def rain(image: Image, rng: Random) -> Image:
    """Slanted streaks, less contrast, and a slight blur."""
    height, width = image.shape[:2]
    streaks = (rng.random((height, width)) < rng.uniform(0.002, 0.008)).astype(np.float32) * 255
    length = int(rng.integers(5, max(6, height // 16)))
    kernel = np.zeros((length, length), np.float32)
    slant = int(rng.integers(0, length))
    cv2.line(kernel, (slant // 2, 0), (length // 2, length - 1), 1.0, 1)
    streaks = cv2.filter2D(streaks, -1, kernel / 3)
    wet = cv2.GaussianBlur(image, (3, 3), 0).astype(np.float32)
    wet = wet * rng.uniform(0.65, 0.9) + rng.uniform(5, 30)
    return clipped(wet + streaks[..., None] * rng.uniform(0.3, 0.7))


def haze(image: Image, rng: Random) -> Image:
    """Fog or glare: everything nearer to a light grey."""
    share = rng.uniform(0.15, 0.5)
    return clipped(image.astype(np.float32) * (1 - share) + rng.uniform(150, 230) * share)


def soft(image: Image, rng: Random) -> Image:
    """Out of focus, or shaken along a line."""
    if rng.random() < 0.5:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.6, 2.0)), np.uint8)
    length = int(rng.integers(3, 9))
    kernel = np.zeros((length, length), np.float32)
    angle = rng.uniform(0, np.pi)
    centre, reach = (length - 1) / 2, length / 2
    start = (round(centre - np.cos(angle) * reach), round(centre - np.sin(angle) * reach))
    end = (round(centre + np.cos(angle) * reach), round(centre + np.sin(angle) * reach))
    cv2.line(kernel, start, end, 1.0, 1)
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.uint8)


def noisy(image: Image, rng: Random) -> Image:
    """Sensor noise."""
    return clipped(image.astype(np.float32) + rng.normal(0, rng.uniform(3, 14), image.shape))


def small(image: Image, rng: Random) -> Image:
    """As if cut from a picture with fewer pixels."""
    height, width = image.shape[:2]
    factor = rng.uniform(0.25, 0.7)
    size = (max(16, int(width * factor)), max(16, int(height * factor)))
    less = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(less, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def coded(image: Image, rng: Random) -> Image:
    """Coding blocks of a low bit rate."""
    quality = int(rng.integers(12, 50))
    packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


def shadow(image: Image, rng: Random) -> Image:
    """The hard shadow of something outside the picture; a cover in it is still a cover."""
    height, width = image.shape[:2]
    corners = rng.uniform(-0.3, 1.3, (3, 2)) * [width, height]
    mask = np.zeros((height, width), np.float32)
    cv2.fillPoly(mask, [corners.astype(np.int32)], 1.0)
    mask = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.7, 4.0))
    return clipped(image * (1 - mask[..., None] * rng.uniform(0.35, 0.65)))


STEPS: tuple[tuple[float, Callable[[Image, Random], Image]], ...] = (
    (0.12, shadow),
    (0.08, haze),
    (0.12, night),
    (0.10, rain),
    (0.12, soft),
    (0.15, small),
    (0.12, noisy),
    (0.15, coded),
)
"""Probability of each change, in the order light, weather, lens, sensor, coder."""


def degrade(image: Image, rng: Random) -> Image:
    """A picture with a few of the changes above; about a third of all pictures stay as they are."""
    for probability, step in STEPS:
        if rng.random() < probability:
            image = step(image, rng)
    return image
