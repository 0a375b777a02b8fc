"""A ball camera's head before a panorama: where it looks, how it turns, and what it then sees."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from yitong_command.errors import CorruptMedia

PAN_DEG, TILT_DEG, ZOOM_DEG = (-58.0, 52.0), (-32.0, -6.0), (14.0, 46.0)
"""How far it turns, and its angle of view, wide and near."""
PAN_SPEED, TILT_SPEED, ZOOM_SPEED = 28.0, 12.0, 12.0
"""Degrees a second at full speed."""
HFOV_DEG, CENTRE_TILT_DEG = 150.0, -17.0
GRID = 16
"""The mapping is computed on every so many pixels and interpolated between."""


@dataclass(frozen=True, slots=True)
class Aim:
    """Where a head looks.

    Attributes:
        pan: Degrees, to the right.
        tilt: Degrees, upwards.
        width: Horizontal angle of view, degrees.
    """

    pan: float
    tilt: float
    width: float

    def towards(self, other: Aim, dt_s: float) -> Aim:
        """A step on the way to another aim, as fast as the head turns."""
        return Aim(
            _near(self.pan, other.pan, PAN_SPEED * 1.5 * dt_s),
            _near(self.tilt, other.tilt, TILT_SPEED * 1.5 * dt_s),
            _near(self.width, other.width, ZOOM_SPEED * 1.5 * dt_s),
        )

    def moved(self, pan: float, tilt: float, zoom: float, dt_s: float) -> Aim:
        """A step at these speeds, each in [-1, 1]; stops at the ends. Zooming in narrows it."""
        return Aim(
            _within(self.pan + pan * PAN_SPEED * dt_s, PAN_DEG),
            _within(self.tilt + tilt * TILT_SPEED * dt_s, TILT_DEG),
            _within(self.width - zoom * ZOOM_SPEED * dt_s, ZOOM_DEG),
        )

    def normalised(self) -> tuple[float, float, float]:
        """Pan and tilt in [-1, 1] and zoom in [0, 1], as ONVIF's generic spaces have them."""
        pan = 2 * (self.pan - PAN_DEG[0]) / (PAN_DEG[1] - PAN_DEG[0]) - 1
        tilt = 2 * (self.tilt - TILT_DEG[0]) / (TILT_DEG[1] - TILT_DEG[0]) - 1
        return pan, tilt, (ZOOM_DEG[1] - self.width) / (ZOOM_DEG[1] - ZOOM_DEG[0])


class Head:
    """What turns: at speeds until a time, or to an aim.

    Args:
        aim: Where it looks first.
    """

    def __init__(self, aim: Aim) -> None:
        self.aim = aim
        self._speeds = (0.0, 0.0, 0.0)
        self._left_s = 0.0
        self._goal: Aim | None = None

    @property
    def moving(self) -> bool:
        """Whether it turns or zooms."""
        return self._goal is not None or (self._left_s > 0 and any(self._speeds))

    def move(self, speeds: tuple[float, float, float], for_s: float) -> None:
        """Turn at these speeds (pan, tilt, zoom in [-1, 1]) for a time."""
        self._goal = None
        pan, tilt, zoom = (max(-1.0, min(1.0, speed)) for speed in speeds)
        self._speeds, self._left_s = (pan, tilt, zoom), for_s

    def go(self, aim: Aim) -> None:
        """Turn to an aim."""
        self._goal, self._left_s = aim, 0.0

    def stop(self) -> None:
        """Stand still."""
        self._goal, self._left_s = None, 0.0

    def step(self, dt_s: float) -> bool:
        """Let time pass; True if it has just arrived at its aim."""
        if self._goal is not None:
            self.aim = self.aim.towards(self._goal, dt_s)
            if self.aim == self._goal:
                self._goal = None
                return True
        elif self._left_s > 0:
            self.aim = self.aim.moved(*self._speeds, min(dt_s, self._left_s))
            self._left_s -= dt_s
        return False


class Panorama:
    """An equirectangular picture of all that a head can see.

    Args:
        path: The picture.

    Raises:
        CorruptMedia: If it can't be read; names the file.
    """

    def __init__(self, path: Path) -> None:
        picture = cv2.imread(str(path))
        if picture is None:
            raise CorruptMedia(f"{path}: 无法读取全景图 / can't read the panorama")
        self._picture = picture
        self._px_per_deg = picture.shape[1] / HFOV_DEG

    def view(self, aim: Aim, width: int, height: int) -> NDArray[np.uint8]:
        """What a camera sees there, BGR.

        Args:
            aim: Where it looks.
            width: Of the picture, pixels.
            height: Of the picture, pixels.
        """
        across = np.linspace(0, width, width // GRID + 1) - width / 2
        down = np.linspace(0, height, height // GRID + 1) - height / 2
        x, y = np.meshgrid(across, -down)
        z = np.full_like(x, width / 2 / math.tan(math.radians(aim.width) / 2))
        tilt = math.radians(aim.tilt)
        up = y * math.cos(tilt) + z * math.sin(tilt)
        ahead = z * math.cos(tilt) - y * math.sin(tilt)
        pan = np.degrees(np.arctan2(x, ahead)) + aim.pan
        rise = np.degrees(np.arctan2(up, np.hypot(x, ahead)))
        middle_x, middle_y = self._picture.shape[1] / 2, self._picture.shape[0] / 2
        to_x = pan * self._px_per_deg + middle_x
        to_y = (CENTRE_TILT_DEG - rise) * self._px_per_deg + middle_y
        maps = [
            cv2.resize(part.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
            for part in (to_x, to_y)
        ]
        seen = cv2.remap(
            self._picture, maps[0], maps[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
        )
        return np.asarray(seen, np.uint8)


def _near(value: float, goal: float, step: float) -> float:
    return goal if abs(goal - value) <= step else value + math.copysign(step, goal - value)


def _within(value: float, ends: tuple[float, float]) -> float:
    return min(max(value, ends[0]), ends[1])
