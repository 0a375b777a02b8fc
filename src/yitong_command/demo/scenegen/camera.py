"""A pinhole camera over the street: world metres to picture pixels."""

import math
from dataclasses import dataclass

import numpy as np

from yitong_command.demo.scenegen.mesh import Points, Vector

NEAREST_M = 0.3
"""Points nearer than this to the camera's plane are clamped to it."""


@dataclass(frozen=True)
class Camera:
    """Where a camera stands and what it sees.

    Attributes:
        position: Metres, z up.
        target: The point in the middle of the picture.
        fov_deg: Horizontal angle of view.
        size_wh: Picture size in pixels.
    """

    position: Vector
    target: Vector
    fov_deg: float
    size_wh: tuple[int, int] = (960, 540)

    @property
    def focal_px(self) -> float:
        """Focal length in pixels."""
        return self.size_wh[0] / 2 / math.tan(math.radians(self.fov_deg) / 2)

    def axes(self) -> Points:
        """Right, down and forward, unit vectors as rows, shape ``(3, 3)``."""
        forward = np.asarray(self.target, dtype=float) - np.asarray(self.position)
        forward /= np.linalg.norm(forward)
        right = np.cross(forward, [0.0, 0.0, 1.0])
        right /= np.linalg.norm(right)
        return np.stack([right, np.cross(forward, right), forward])

    def see(self, points: Points) -> tuple[Points, Points]:
        """Project points of the world.

        Args:
            points: Shape ``(n, 3)``, metres.

        Returns:
            Pixels ``(n, 2)``, and distances along the line of sight ``(n,)``: negative behind it.

        Example:
            >>> camera = Camera((0.0, 0.0, 5.0), (0.0, 10.0, 0.0), 60.0)
            >>> pixels, depth = camera.see(np.array([[0.0, 10.0, 0.0]]))
            >>> pixels.round(1).tolist()
            [[480.0, 270.0]]
        """
        local = (np.asarray(points) - np.asarray(self.position)) @ self.axes().T
        depth = local[:, 2]
        scale = self.focal_px / np.maximum(depth, NEAREST_M)
        centre = np.asarray(self.size_wh) / 2
        return local[:, :2] * scale[:, None] + centre, depth


def box_around(pixels: Points) -> tuple[float, float, float, float]:
    """The upright box around pixels, ``xyxy``."""
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def clipped(
    xyxy: tuple[float, float, float, float], size_wh: tuple[int, int]
) -> tuple[float, float, float, float]:
    """A box cut to the picture."""
    width, height = size_wh
    x0, x1 = (min(max(x, 0.0), width) for x in (xyxy[0], xyxy[2]))
    y0, y1 = (min(max(y, 0.0), height) for y in (xyxy[1], xyxy[3]))
    return x0, y0, x1, y1


def area(xyxy: tuple[float, float, float, float]) -> float:
    """Area of a box; 0 where it is empty."""
    return max(0.0, xyxy[2] - xyxy[0]) * max(0.0, xyxy[3] - xyxy[1])
