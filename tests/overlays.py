"""What lies over a street: snow, water, glare, a shadow's edge, night, cones; painted."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from yitong_command.domain.frame import Pixels

F64 = NDArray[np.float64]


def _soft(rng: np.random.Generator, height: int, width: int, size: float) -> F64:
    """Noise of such a grain, standard deviation 1."""
    few = max(3, round(3 * height / size)), max(3, round(3 * width / size))
    coarse = cv2.GaussianBlur(rng.normal(0, 1, few), (0, 0), 3)
    noise = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(noise / noise.std(), np.float64)


def _clipped(values: F64) -> Pixels:
    return np.clip(values, 0, 255).astype(np.uint8)


def snow(picture: Pixels, seed: int) -> Pixels:
    """Trodden by nobody: white, a little uneven, with the camera's noise."""
    rng = np.random.default_rng(seed)
    height, width = picture.shape[:2]
    light = 215 + 8 * _soft(rng, height, width, max(height, width) / 12)
    light += rng.normal(0, 2.5, (height, width))
    return _clipped(np.stack([light + 6, light + 2, light], axis=-1))


def shadow(picture: Pixels, seed: int, strength: float = 0.4) -> Pixels:
    """The edge of a large shadow across the middle."""
    rng = np.random.default_rng(seed)
    height, width = picture.shape[:2]
    angle, size = rng.uniform(0, np.pi), max(height, width)
    y, x = np.mgrid[0:height, 0:width]
    along = (x - width / 2) * np.cos(angle) + (y - height / 2) * np.sin(angle)
    lit = 1 / (1 + np.exp(-(along - rng.uniform(-0.08, 0.08) * size) / (0.01 * size)))
    return _clipped(picture * (strength + (1 - strength) * lit)[..., None])


def puddle(picture: Pixels, seed: int) -> Pixels:
    """Water over the middle that mirrors a dull sky."""
    rng = np.random.default_rng(seed)
    height, width = picture.shape[:2]
    size = max(height, width)
    light = rng.uniform(50, 95) + 10 * _soft(rng, height, width, size / 5)
    light += np.linspace(-10, 10, height)[:, None] + rng.normal(0, 1.5, (height, width))
    y, x = np.mgrid[0:height, 0:width]
    radius = np.hypot((x - width / 2) / (width * 0.42), (y - height / 2) / (height * 0.42))
    radius += 0.12 * _soft(rng, height, width, size / 8)
    wet = (0.92 / (1 + np.exp((radius - 1) * 30)))[..., None]
    water = np.stack([light + 8, light + 2, light - 3], axis=-1)
    return _clipped(picture * (1 - wet) + water * wet)


def glare(picture: Pixels, seed: int) -> Pixels:
    """The sun in something wet or metal in the middle."""
    rng = np.random.default_rng(seed)
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    middle = (0.5 + rng.uniform(-0.08, 0.08)) * width, (0.5 + rng.uniform(-0.08, 0.08)) * height
    radius = np.hypot(
        (x - middle[0]) / (width * rng.uniform(0.1, 0.2)),
        (y - middle[1]) / (height * rng.uniform(0.06, 0.16)),
    )
    return _clipped(picture + 500 * np.exp(-(radius**2))[..., None])


def night(picture: Pixels, seed: int) -> Pixels:
    """No lamp near, and a camera that amplifies."""
    noise = np.random.default_rng(seed).normal(0, 5, picture.shape)
    return _clipped(picture * 0.12 + noise)


def cone(picture: Pixels, foot: tuple[int, int], height: int) -> None:
    """Paint a traffic cone that stands at a point, pixels."""
    x, y = foot
    half = round(height * 0.3)
    orange, white, rubber = (25, 80, 235), (225, 225, 225), (40, 45, 60)
    body = np.array([[x - half, y], [x + half, y], [x + half // 6, y - height],
                     [x - half // 6, y - height]], np.int32)  # fmt: skip
    cv2.fillPoly(picture, [body], orange)
    top, low = y - round(height * 0.62), y - round(height * 0.42)
    band = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(band, [body], 1)
    band[:top], band[low:] = 0, 0
    picture[band > 0] = white
    cv2.rectangle(picture, (x - half - half // 3, y), (x + half + half // 3, y + height // 14),
                  rubber, -1)  # fmt: skip
