"""The street: road, kerbs, paint, pavements, houses, trees, lamps.

Metres; the road runs along +Y.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from yitong_command.demo.scenegen.covers import RING_M, hole_in_square
from yitong_command.demo.scenegen.mesh import (
    Part,
    box,
    ellipsoid,
    ground_quad,
    merged,
    placed,
    stroke,
    tube,
)

Pair = tuple[float, float]
ROAD_M = 6.0
"""Half the width of the road."""
NEAR_M, FAR_M = -30.0, 150.0
PATCH_M = 0.8
PAINT_Z = 0.004
WALLS = ("wall:b3a58c", "wall:8f8a80", "wall:a39c90")


def road(covers: Sequence[Pair]) -> tuple[Part, ...]:
    """Asphalt with a round opening at each cover."""
    spots = sorted(covers, key=lambda spot: spot[1])
    parts, at = [], NEAR_M
    for x, y in spots:
        lo, hi = y - PATCH_M, y + PATCH_M
        parts.append(ground_quad(-ROAD_M, at, ROAD_M, lo, 0, "asphalt"))
        parts.append(ground_quad(-ROAD_M, lo, x - PATCH_M, hi, 0, "asphalt"))
        parts.append(ground_quad(x + PATCH_M, lo, ROAD_M, hi, 0, "asphalt"))
        parts.append(placed(hole_in_square(PATCH_M, RING_M - 0.005, "asphalt"), (x, y, 0)))
        at = hi
    parts.append(ground_quad(-ROAD_M, at, ROAD_M, FAR_M, 0, "asphalt"))
    return (merged(parts),)


def pavements() -> tuple[Part, ...]:
    """Kerb stones and paved walks on both sides, grass behind the right one."""
    parts: list[Part] = []
    for side in (-1.0, 1.0):
        stones = int((FAR_M - NEAR_M) / 1.0)
        x = side * (ROAD_M + 0.09)
        parts += [
            box((x, NEAR_M + i + 0.5, 0.05), (0.09, 0.492, 0.10), "kerb") for i in range(stones)
        ]
        inner, outer = sorted((side * (ROAD_M + 0.18), side * (ROAD_M + 6.2)))
        parts.append(ground_quad(inner, NEAR_M, outer, FAR_M, 0.145, "pavers"))
        gutter = sorted((side * ROAD_M, side * (ROAD_M - 0.28)))
        parts.append(ground_quad(gutter[0], NEAR_M, gutter[1], FAR_M, 0.002, "gutter"))
    parts.append(ground_quad(-120, NEAR_M - 40, 140, FAR_M + 60, -2.5, "grass"))
    return (merged(parts),)


def markings(zone: Sequence[Pair], bays: Pair, crossing_y: float) -> tuple[Part, ...]:
    """Double centre line, edge lines, parking bays on the left, crossing, and the hatched zone."""
    z, parts = PAINT_Z, []
    gap = (crossing_y - 1.0, crossing_y + 4.6)
    for x in (-0.14, 0.14):
        parts.append(stroke((x, NEAR_M), (x, gap[0]), 0.13, z, "paint_yellow"))
        parts.append(stroke((x, gap[1]), (x, FAR_M), 0.13, z, "paint_yellow"))
    for start, end in ((NEAR_M, zone[0][1] - 0.2), (zone[2][1] + 0.2, gap[0]), (gap[1], FAR_M)):
        parts.append(stroke((zone[0][0], start), (zone[0][0], end), 0.12, z, "paint_white"))
    bay_y = np.arange(bays[0], bays[1], 5.9)
    parts += [stroke((-ROAD_M + 0.3, y), (-3.6, y), 0.1, z, "paint_white") for y in bay_y]
    parts += [stroke((-3.6, y), (-3.6, y + 4.2), 0.1, z, "paint_white") for y in bay_y[:-1]]
    for x in np.arange(-ROAD_M + 0.7, ROAD_M - 0.4, 0.95):
        parts.append(stroke((x, crossing_y), (x, crossing_y + 3.6), 0.5, z, "paint_white"))
    corners = [*zone, zone[0]]
    parts += [
        stroke(a, b, 0.14, z + 0.001, "paint_yellow")
        for a, b in zip(corners[:-1], corners[1:], strict=True)
    ]
    (x0, y0), (x1, _), (_, y1), _ = zone
    cells = round((y1 - y0) / 2.4)
    for i in range(cells):
        lo, hi = y0 + (y1 - y0) * i / cells, y0 + (y1 - y0) * (i + 1) / cells
        parts.append(stroke((x0, lo), (x1, hi), 0.11, z + 0.001, "paint_yellow"))
        parts.append(stroke((x1, lo), (x0, hi), 0.11, z + 0.001, "paint_yellow"))
    parts.append(
        box((ROAD_M + 0.09, (y0 + y1) / 2, 0.052), (0.093, (y1 - y0) / 2, 0.102), "paint_yellow")
    )
    return (merged(parts),)


def _window(y: float, z: float, half: Pair, shade: float) -> list[Part]:
    """A window in the wall x = 0 that looks towards -X."""
    h, v = half
    parts = [
        box((0.04, y, z), (0.06, h + 0.07, v + 0.07), "frame"),
        box((-0.005, y - h / 2, z), (0.03, h / 2 - 0.03, v), "window"),
        box((-0.005, y + h / 2, z), (0.03, h / 2 - 0.03, v), "window"),
        box((-0.10, y, z - v - 0.10), (0.14, h + 0.14, 0.045), "sill"),
    ]
    if shade > 0:
        parts.append(box((-0.012, y, z + v - shade * v), (0.03, h - 0.03, shade * v), "curtain"))
    return parts


def _shop(y: float, half: float, colour: str) -> list[Part]:
    return [
        box((0.0, y, 1.55), (0.05, half, 1.35), "shop_glass"),
        box((-0.02, y, 0.32), (0.07, half + 0.05, 0.22), "sill"),
        box((-0.18, y, 3.32), (0.2, half + 0.15, 0.36), colour),
        box((-0.03, y - half, 1.6), (0.08, 0.05, 1.45), "frame"),
        box((-0.03, y, 1.6), (0.08, 0.04, 1.45), "frame"),
        box((-0.03, y + half, 1.6), (0.08, 0.05, 1.45), "frame"),
    ]


def building(
    rng: np.random.Generator, side: float, y0: float, y1: float, setback: float
) -> tuple[Part, ...]:
    """A house of shops below and flats above, its front along the road.

    Args:
        rng: Source of colours, heights and details.
        side: -1 for the left side of the road, 1 for the right.
        y0: Near end.
        y1: Far end.
        setback: Distance of the front from the middle of the road.
    """
    floors = int(rng.integers(4, 7) if side > 0 else rng.integers(2, 4))
    height, depth = 3.9 + 3.0 * floors, 11.0
    wall = f"wall:{rng.choice(['b9a58a', 'a8a59c', '8d5a45', 'c3b59b', '9a8f80', 'b08c5c'])}"
    middle = (y0 + y1) / 2
    parts = [
        box((depth / 2 + 0.06, middle, height / 2), (depth / 2, (y1 - y0) / 2, height / 2), wall)
    ]
    parts.append(box((0.0, middle, 3.86), (0.14, (y1 - y0) / 2, 0.09), "sill"))
    parts.append(box((0.02, middle, height + 0.2), (0.25, (y1 - y0) / 2, 0.28), "sill"))
    count = max(2, round((y1 - y0) / 3.3))
    pitch = (y1 - y0) / count
    for i in range(count):
        y = y0 + (i + 0.5) * pitch
        colour = f"sign:{rng.choice(['8e2b22', '1f5a7a', '2f6b3f', 'b0852a', '5b3a6b', '705040'])}"
        parts += _shop(y, pitch * 0.42, colour)
        for floor in range(floors):
            z = 3.9 + 3.0 * floor + 1.55
            shade = float(rng.choice([0, 0, 0.35, 0.8]))
            parts += _window(y, z, (0.78, 0.78), shade)
            if rng.random() < 0.45:
                parts.append(box((-0.32, y + 1.25, z - 0.75), (0.28, 0.42, 0.3), "cooler"))
    return tuple(
        placed(one, (side * setback, 0, 0), 0) if side > 0 else _mirrored(one, setback)
        for one in (merged(parts),)
    )


def _mirrored(mesh: Part, setback: float) -> Part:
    flipped = mesh.vertices * np.array([-1.0, 1, 1]) - np.array([setback, 0, 0])
    return Part(flipped, tuple(face[::-1] for face in mesh.faces), mesh.materials, mesh.smooth)


def tree(rng: np.random.Generator, x: float, y: float, *, bare: bool = False) -> tuple[Part, ...]:
    """A street tree in a square of earth; its leaves are small quads in clumps."""
    h = float(rng.uniform(2.5, 3.0))
    parts = [tube((x, y, 0.1), (x + 0.06, y, h), (0.13, 0.09), "bark", sides=10)]
    clumps = []
    for k in range(9):
        turn, reach = k * 2.4 + rng.uniform(0, 0.5), float(rng.uniform(0.5, 1.35))
        tip = (
            x + reach * math.cos(turn),
            y + reach * math.sin(turn),
            h + float(rng.uniform(0.5, 1.9)),
        )
        parts.append(tube((x + 0.06, y, h - 0.25), tip, (0.06, 0.02), "bark", sides=6))
        clumps.append((np.asarray(tip), float(rng.uniform(0.55, 0.85))))
    parts.append(ground_quad(x - 0.6, y - 0.6, x + 0.6, y + 0.6, 0.152, "soil"))
    if bare:
        return (merged(parts),)
    return (merged(parts), _leaves(rng, clumps))


def _leaves(rng: np.random.Generator, clumps: Sequence[tuple[NDArray[np.float64], float]]) -> Part:
    vertices: list[NDArray[np.float64]] = []
    faces: list[tuple[int, ...]] = []
    names: list[str] = []
    for centre, radius in clumps:
        for _ in range(230):
            ray = rng.normal(size=3)
            at = centre + ray / np.linalg.norm(ray) * radius * rng.uniform(0.45, 1.0)
            u, v = rng.normal(size=3), rng.normal(size=3)
            u /= np.linalg.norm(u)
            v -= u * (u @ v)
            v /= np.linalg.norm(v)
            a, b = u * 0.10, v * 0.065
            start = len(vertices)
            vertices += [at - a, at - b, at + a, at + b]
            faces.append((start, start + 1, start + 2, start + 3))
            names.append(f"leaf{int(rng.integers(3))}")
    return Part(np.asarray(vertices), tuple(faces), tuple(names))


def lamp_post(x: float, y: float, towards: float) -> tuple[Part, ...]:
    """A street lamp whose arm reaches over the road (``towards`` is -1 or 1 along X)."""
    head = (x + towards * 1.9, y, 7.6)
    return (
        merged(
            [
                tube((x, y, 0.1), (x, y, 7.4), (0.09, 0.06), "metal"),
                tube((x, y, 7.35), head, (0.05, 0.04), "metal", sides=8),
                box(head, (0.42, 0.13, 0.06), "metal"),
                box((head[0], y, 7.53), (0.34, 0.1, 0.015), "lamp_street"),
                tube((x, y, 0.1), (x, y, 0.7), (0.14, 0.12), "metal"),
            ]
        ),
    )


def furniture(rng: np.random.Generator, ys: Sequence[float]) -> tuple[Part, ...]:
    """Bins, a post box, hedges and bollards along the right pavement."""
    parts = []
    for y in ys:
        parts += [
            box((7.0, y, 0.55), (0.2, 0.3, 0.42), "bin"),
            box((7.0, y, 1.0), (0.22, 0.32, 0.04), "metal"),
        ]
    for y in np.arange(20.0, 60.0, 1.5):
        parts.append(tube((6.45, y, 0.14), (6.45, y, 0.95), (0.06, 0.06), "metal", sides=10))
        parts.append(ellipsoid((6.45, y, 0.97), (0.075, 0.075, 0.06), "metal", sides=8))
    for y in (3.5, 19.0, 33.0):
        parts.append(box((9.6, y, 0.42), (0.42, 1.6, 0.3), "planter"))
        for _ in range(26):
            at = (
                9.6 + rng.uniform(-0.3, 0.3),
                y + rng.uniform(-1.4, 1.4),
                0.85 + rng.uniform(0, 0.2),
            )
            parts.append(ellipsoid(at, (0.22, 0.25, 0.2), "leaf1", sides=8))
    return (merged(parts),)


def far_end(rng: np.random.Generator) -> tuple[Part, ...]:
    """Houses that close the view at the end of the street."""
    wall = WALLS[int(rng.random() * len(WALLS))]
    parts = [box((0, FAR_M + 12, 11), (60, 6, 11), wall)]
    for x in np.arange(-40, 40, 3.2):
        for z in np.arange(3, 20, 3.1):
            parts.append(box((x, FAR_M + 5.98, z), (0.8, 0.05, 0.8), "window"))
    return (merged(parts),)
