"""Vehicles of several kinds, modelled from a handful of sizes; no make or badge is copied."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from yitong_command.demo.scenegen.bodywork import closed_ring, half_ring, wheels
from yitong_command.demo.scenegen.coaches import bus, truck
from yitong_command.demo.scenegen.mesh import (
    Part,
    Points,
    box,
    ellipsoid,
    loft,
    merged,
    smoothed,
)

PAINTS: Mapping[str, str] = {
    "white": "paint:e6e6e2",
    "silver": "paint:9ea3a8",
    "black": "paint:15171a",
    "red": "paint:8e1616",
    "blue": "paint:1f4e8c",
    "grey": "paint:54585c",
    "green": "paint:27533c",
    "yellow": "paint:c99a1e",
    "brown": "paint:4d3b2d",
}


@dataclass(frozen=True)
class Body:
    """Sizes of a car, metres; heights from the road.

    Attributes:
        length: Bumper to bumper.
        width: Without mirrors.
        height: Roof.
        hood: From the nose to the foot of the windscreen.
        boot: From the tail to the foot of the rear window.
        front_slope: Length that the windscreen covers seen from the side.
        rear_slope: The same of the rear window.
        belt: Height of the lower edge of the side windows.
        hood_z: Height of the hood at its foot.
        boot_z: Height of the boot lid.
        wheel: Radius of a wheel.
    """

    length: float
    width: float
    height: float
    hood: float
    boot: float
    front_slope: float
    rear_slope: float
    belt: float
    hood_z: float
    boot_z: float
    wheel: float


BODIES: Mapping[str, Body] = {
    "sedan": Body(4.75, 1.82, 1.47, 1.25, 0.72, 0.85, 0.80, 0.93, 0.99, 1.06, 0.325),
    "hatch": Body(4.15, 1.78, 1.52, 1.02, 0.20, 0.82, 0.50, 0.95, 1.01, 1.05, 0.315),
    "suv": Body(4.65, 1.88, 1.72, 1.20, 0.16, 0.74, 0.48, 1.08, 1.14, 1.16, 0.365),
    "van": Body(4.45, 1.70, 1.93, 0.52, 0.08, 0.62, 0.14, 1.06, 1.10, 1.12, 0.31),
}
KINDS = (*BODIES, "bus", "truck")


def _stations(b: Body) -> Points:
    w, nose, tail = b.width / 2, b.length / 2, -b.length / 2
    cowl, wind_top = nose - b.hood, nose - b.hood - b.front_slope
    shelf, rear_top = tail + b.boot, tail + b.boot + b.rear_slope
    middle = (wind_top + rear_top) / 2
    low = b.wheel * 0.62
    shoulder, roof, roof_z = 0.95 * w, 0.70 * w, b.height - 0.018
    lid, hood = (0.80 * w, b.boot_z), (0.80 * w, b.hood_z)
    front_z = b.hood_z - 0.13
    halves = [
        half_ring(tail, low + 0.16, 0.80 * w, (0.80 * w, b.belt - 0.22), (0.66 * w, b.belt - 0.10)),
        half_ring(
            tail + 0.08, low + 0.06, 0.96 * w, (0.92 * w, b.belt - 0.04), (lid[0], b.boot_z - 0.03)
        ),
        half_ring(shelf - 0.06, low, w, (shoulder, b.belt), lid),
        half_ring(shelf + 0.06, low, w, (shoulder, b.belt), (0.79 * w, b.boot_z + 0.05)),
        half_ring(rear_top, low, w, (shoulder, b.belt), (roof * 0.98, roof_z - 0.03)),
        half_ring(middle - 0.07, low, w, (shoulder, b.belt - 0.01), (roof, roof_z)),
        half_ring(middle + 0.03, low, w, (shoulder, b.belt - 0.01), (roof, roof_z)),
        half_ring(wind_top, low, w, (shoulder, b.belt - 0.02), (roof * 0.98, roof_z - 0.04)),
        half_ring(cowl - 0.05, low, w, (shoulder, b.belt - 0.03), (0.79 * w, b.hood_z + 0.04)),
        half_ring(cowl + 0.08, low, w, (shoulder, b.belt - 0.04), hood),
        half_ring(
            nose - 0.30, low + 0.02, 0.99 * w, (0.92 * w, front_z - 0.08), (0.76 * w, front_z)
        ),
        half_ring(
            nose - 0.09,
            low + 0.03,
            0.93 * w,
            (0.84 * w, front_z - 0.22),
            (0.70 * w, front_z - 0.13),
        ),
        half_ring(
            nose, low + 0.12, 0.74 * w, (0.70 * w, front_z - 0.34), (0.58 * w, front_z - 0.26)
        ),
    ]
    return np.stack([closed_ring(half) for half in halves])


def _skin(paint: str, gap: int) -> list[str]:
    """Materials around one gap between stations: trim, doors, glass, roof."""
    side = "glass" if gap in (4, 6, 7) else paint
    screen = "glass" if gap in (3, 7) else paint
    half = ["trim", "trim", paint, paint, side, paint, screen]
    return [*half, *half[::-1]]


def _fittings(b: Body) -> list[Part]:
    nose, w = b.length / 2, b.width / 2
    front_z, parts = b.hood_z - 0.13, []
    for side in (-1.0, 1.0):
        parts.append(
            ellipsoid(
                (side * 0.70 * w, nose - 0.14, front_z - 0.14), (0.19, 0.12, 0.055), "lamp_front"
            )
        )
        parts.append(
            ellipsoid(
                (side * 0.76 * w, -nose + 0.07, b.belt - 0.10), (0.17, 0.09, 0.085), "lamp_rear"
            )
        )
        parts.append(
            ellipsoid(
                (side * (w + 0.07), nose - b.hood - 0.32, b.belt + 0.05),
                (0.11, 0.07, 0.075),
                "trim",
            )
        )
        for y in (-0.18, 0.62):
            parts.append(
                box(
                    (side * 0.985 * w, y * b.length / 4.7 - 0.3, b.belt - 0.10),
                    (0.02, 0.08, 0.014),
                    "trim",
                )
            )
    parts.append(box((0, nose - 0.035, front_z - 0.36), (0.50 * w, 0.03, 0.055), "trim"))
    parts.append(box((0, nose - 0.055, front_z - 0.20), (0.36 * w, 0.03, 0.035), "trim"))
    parts.append(box((0, nose + 0.005, front_z - 0.30), (0.22, 0.012, 0.07), "plate"))
    parts.append(box((0, -nose + 0.01, b.belt - 0.22), (0.22, 0.012, 0.07), "plate"))
    parts.append(box((0, -nose + 0.03, b.wheel * 0.62 + 0.20), (0.62 * w, 0.04, 0.05), "trim"))
    return parts  # fmt: skip


def _car(kind: str, paint: str) -> tuple[Part, ...]:
    b = BODIES[kind]
    rings = _stations(b)
    skin = smoothed(loft(rings, [_skin(paint, gap) for gap in range(len(rings) - 1)], paint), 2)
    nose = b.length / 2
    axles = (nose - 0.78 - 0.1 * (b.hood > 1), -nose + 0.80)
    return (skin, merged(wheels(axles, b.width / 2 - 0.005, b.wheel)), merged(_fittings(b)))


@lru_cache(maxsize=64)
def vehicle(kind: str, colour: str) -> tuple[Part, ...]:
    """Meshes of a vehicle.

    Args:
        kind: One of ``KINDS``.
        colour: A key of ``PAINTS``.

    Returns:
        Its parts, standing at the origin and looking along +Y.

    Raises:
        ValueError: If there is no such kind or colour.
    """
    if kind not in KINDS or colour not in PAINTS:
        raise ValueError(f"no vehicle {kind!r} in {colour!r}: {KINDS}, {tuple(PAINTS)}")
    paint = PAINTS[colour]
    if kind == "bus":
        return bus(paint)
    return truck(paint) if kind == "truck" else _car(kind, paint)


def length_m(kind: str) -> float:
    """Length of a vehicle of ``kind``, metres."""
    points = np.vstack([one.vertices for one in vehicle(kind, "white")])
    return float(np.ptp(points[:, 1]))
