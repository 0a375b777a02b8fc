"""What all vehicles share: cross-sections and wheels."""

import math

import numpy as np

from yitong_command.demo.scenegen.mesh import Part, Points, tube


def half_ring(
    y: float, z0: float, w: float, belt: tuple[float, float], top: tuple[float, float]
) -> list[tuple[float, float, float]]:
    """Half a cross-section at ``y``: floor ``z0``, width ``w``, belt, then the top."""
    (wb, zb), (wt, zt) = belt, top
    mid = z0 + 0.55 * (zb - z0)
    return [
        (0, y, z0),
        (0.82 * w, y, z0),
        (0.985 * w, y, z0 + 0.09),
        (w, y, mid),
        (wb, y, zb),
        (wt, y, zt - 0.045),
        (0.86 * wt, y, zt),
        (0, y, zt + 0.018),
    ]


def closed_ring(half: list[tuple[float, float, float]]) -> Points:
    """A whole cross-section from its right half, shape ``(14, 3)``."""
    right = np.asarray(half)
    left = right[-2:0:-1] * np.array([-1, 1, 1])
    return np.vstack([right, left])


ARCH = 1.13
"""Radius of a wheel arch in wheel radii."""


def _disc(
    side: float, y: float, z: float, radius: float, reach: tuple[float, float], material: str
) -> Part:
    """A round slab across the car, ``reach`` metres off its middle plane."""
    ends = [(side * x, y, z) for x in reach]
    return tube(ends[0], ends[1], (radius, radius), material, sides=28, smooth=False)


def _wheel(side: float, y: float, w: float, radius: float) -> list[Part]:
    """One wheel with its arch; ``w`` is half the car's width."""
    parts = [
        _disc(side, y, radius * ARCH, radius * ARCH, (w - 0.18, w + 0.004), "trim"),
        _disc(side, y, radius, radius, (w - 0.2, w + 0.012), "tyre"),
        _disc(side, y, radius, radius * 0.66, (w - 0.2, w + 0.018), "rim_dark"),
    ]
    for k in range(5):
        turn, reach = 2 * math.pi * (k + y) / 5, 0.60 * radius
        tip = (side * (w + 0.012), y + reach * math.sin(turn), radius + reach * math.cos(turn))
        parts.append(tube((side * (w + 0.022), y, radius), tip, (0.05, 0.035), "rim", sides=6))
    return parts


def wheels(y_pair: tuple[float, float], half_width: float, radius: float) -> list[Part]:
    """Four wheels on two axles with their arches."""
    spots = [(side, y) for y in y_pair for side in (-1.0, 1.0)]
    return [one for side, y in spots for one in _wheel(side, y, half_width, radius)]
