"""What the camera and the air add to finished frames: shake, infrared, clouds, noise, coding.

All of it is done to pictures, so it costs next to nothing; nothing that the ground truth tells is
moved by more than the shake.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
ADAPTS_S = 1.5
"""How long a camera takes to find its exposure after it has changed to infrared."""
LAMP_REACH = 0.75
"""How far the infrared lamps light the picture, in half diagonals."""


@dataclass(frozen=True)
class Effects:
    """What a camera adds.

    Attributes:
        shake_px: Standard deviation of the sway of a pole in wind, pixels.
        infrared_at_s: When the camera changes to infrared, or None.
        clouds: Whether shadows of clouds drift over the street.
        noise: Sensor noise, levels.
        crf: Quality of the encoder, 0 to 51.
    """

    shake_px: float = 0.0
    infrared_at_s: float | None = None
    clouds: bool = False
    noise: float = 0.8
    crf: int = 25


def affected(
    pictures: Iterable[Picture], effects: Effects, fps: int, seed: int
) -> Iterator[Picture]:
    """The pictures as the camera would give them.

    Args:
        pictures: Frames in order, BGR.
        effects: What is added.
        fps: Frames per second.
        seed: The same seed adds the same.
    """
    rng = np.random.default_rng([seed, 77])
    sky = _cloud_field(rng) if effects.clouds else None
    sway = np.zeros(2)
    for i, picture in enumerate(pictures):
        t = i / fps
        if sky is not None:
            picture = _clouded(picture, sky, t)
        if effects.shake_px:
            sway = 0.6 * sway + rng.normal(0, effects.shake_px * 0.8, 2)
            picture = _shifted(picture, sway)
        if effects.infrared_at_s is not None and t >= effects.infrared_at_s:
            picture = _infrared(picture, t - effects.infrared_at_s)
        yield picture


def _cloud_field(rng: np.random.Generator) -> NDArray[np.float32]:
    """Share of sunlight that clouds take, 0 to 1; it repeats at its edges."""
    coarse = rng.random((6, 6)).astype(np.float32)
    tiled = np.tile(coarse, (3, 3))
    field = cv2.resize(tiled, (1536, 1536), interpolation=cv2.INTER_CUBIC)[512:1024, 512:1024]
    return np.asarray(np.clip((field - 0.45) * 3, 0, 1), dtype=np.float32)


def _clouded(picture: Picture, sky: NDArray[np.float32], t: float) -> Picture:
    height, width = picture.shape[:2]
    moved = np.roll(sky, (int(t * 9), int(t * 14)), (0, 1))
    shade = cv2.resize(moved, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(picture * (1 - 0.5 * shade[..., None]), dtype=np.uint8)


def _shifted(picture: Picture, sway: NDArray[np.float64]) -> Picture:
    height, width = picture.shape[:2]
    matrix = np.array([[1, 0, sway[0]], [0, 1, sway[1]]])
    moved = cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, dtype=np.uint8)


def _infrared(picture: Picture, since_s: float) -> Picture:
    """Grey, lit from the camera, and washed out until the exposure is found."""
    height, width = picture.shape[:2]
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    far = np.hypot(x - width / 2, y - height * 0.65) / np.hypot(width / 2, height / 2)
    lamp = np.exp(-((far / LAMP_REACH) ** 2))
    lit = grey * (0.75 + 0.9 * lamp) + 14 * lamp
    if since_s < ADAPTS_S:
        lit = lit * 1.9 + 40
    return np.asarray(np.repeat(np.clip(lit, 0, 255)[..., None], 3, axis=2), dtype=np.uint8)
