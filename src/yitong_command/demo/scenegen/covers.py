"""Manhole covers: ring, ribbed cover, a pit that is really there, and five states."""

import math

import numpy as np

from yitong_command.demo.scenegen.mesh import Part, Points, box, merged, part, tube

STATES = ("ok", "missing", "displaced", "aside", "broken")
RING_M, COVER_M, PIT_DEPTH_M = 0.42, 0.35, 1.6


def _circle(radius: float, sides: int) -> Points:
    turn = np.linspace(0, 2 * math.pi, sides, endpoint=False)
    return np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1)


def annulus(inner: float, outer: float, z: float, material: str, sides: int = 64) -> Part:
    """A flat ring lying at height ``z``."""
    a, b = _circle(inner, sides), _circle(outer, sides)
    vertices = [(*p, z) for p in (*a, *b)]
    faces = [(i, sides + i, sides + (i + 1) % sides, (i + 1) % sides) for i in range(sides)]
    return part(vertices, faces, material)


def hole_in_square(half: float, radius: float, material: str, sides: int = 64) -> Part:
    """The piece of road around a pit: a square at height 0 with a round hole."""
    ring = _circle(radius, sides)
    rim = ring / np.abs(ring).max(axis=1, keepdims=True) * half
    vertices = [(*p, 0.0) for p in (*ring, *rim)]
    faces = [(i, sides + i, sides + (i + 1) % sides, (i + 1) % sides) for i in range(sides)]
    return part(vertices, faces, material)


def pit() -> tuple[Part, ...]:
    """Frame, wall and floor of the pit, open at the top."""
    sides = 48
    top, low = _circle(COVER_M + 0.012, sides), _circle(COVER_M + 0.012, sides)
    vertices = [(*p, 0.006) for p in top] + [(*p, -PIT_DEPTH_M) for p in low]
    wall = [(i, (i + 1) % sides, sides + (i + 1) % sides, sides + i) for i in range(sides)]
    lip = [(*p, z) for z in (0.006, -0.10) for p in _circle(COVER_M + 0.004, sides)]
    rim = [(i, (i + 1) % sides, sides + (i + 1) % sides, sides + i) for i in range(sides)]
    return (
        annulus(COVER_M + 0.004, RING_M, 0.006, "iron_rim"),
        part(lip, rim, "iron_rim"),
        part(vertices, wall, "pit_wall"),
        part([(*p, -PIT_DEPTH_M) for p in low], [tuple(range(sides))], "pit_floor"),
    )


def _ribs(keep: tuple[float, float]) -> list[Part]:
    parts, step = [], 0.058
    for i in range(-6, 7):
        for j in range(-6, 7):
            x, y = i * step, j * step
            turn = (math.degrees(math.atan2(y, x)) - keep[0]) % 360
            if math.hypot(x, y) > COVER_M - 0.06 or turn > keep[1] - keep[0]:
                continue
            long = (0.021, 0.008) if (i + j) % 2 else (0.008, 0.021)
            parts.append(box((x, y, 0.006), (*long, 0.006), "iron_worn"))
    return parts


def disc(keep: tuple[float, float] = (0.0, 360.0)) -> Part:
    """The cover itself, or the piece of it between two angles in degrees."""
    whole = keep == (0.0, 360.0)
    turn = np.radians(np.linspace(*keep, 64, endpoint=not whole))
    radius = np.full(64, COVER_M)
    if not whole:
        radius[1:-1] -= 0.012 * np.abs(np.sin(np.arange(62) * 2.3)) * (np.arange(62) % 7 == 0)
    rim = np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1)
    if not whole:
        rim = np.vstack([rim, [[0.05, -0.04]]])
    n = len(rim)
    vertices = [(*p, 0.0) for p in rim] + [(*p, -0.05) for p in rim]
    faces = [tuple(range(n)), tuple(range(2 * n - 1, n - 1, -1))]
    faces += [(i, n + i, n + (i + 1) % n, (i + 1) % n) for i in range(n)]
    edge = annulus(COVER_M - 0.035, COVER_M - 0.004, 0.008, "iron_worn")
    plate = part(vertices, faces, "iron")
    holes = [tube((x, 0, -0.01), (x, 0, 0.008), (0.016, 0.016), "pit_floor") for x in (-0.2, 0.2)]
    return merged([plate, *_ribs(keep), *([edge, *holes] if whole else [])])


def _tilted(mesh: Part, shift: tuple[float, float, float], tilt_deg: float) -> Part:
    a = math.radians(tilt_deg)
    turn = np.array([[math.cos(a), 0, -math.sin(a)], [0, 1, 0], [math.sin(a), 0, math.cos(a)]])
    moved = mesh.vertices @ turn.T + np.asarray(shift)
    return Part(moved, mesh.faces, mesh.materials, mesh.smooth)


SHIFTS = ((0.26, 0.07, -2.5), (0.17, -0.2, -4.0), (-0.3, 0.1, 3.0), (-0.05, 0.34, 0.0))
"""How a displaced cover lies, by its look: metres aside, metres along, degrees of tilt."""
PIECES = ((25.0, 250.0), (80.0, 260.0), (-30.0, 235.0), (10.0, 170.0))
"""What is left of a broken cover, by its look: from and to, degrees."""


def _broken(look: int) -> tuple[Part, ...]:
    start, end = PIECES[look % len(PIECES)]
    fallen = (end + 15.0, end + 15.0 + (330.0 - end + start) * 0.6)
    return disc((start, end)), _tilted(disc(fallen), (0.03, -0.05, -0.3), 18)


def cover(state: str, look: int = 0) -> tuple[Part, ...]:
    """Meshes of a cover with its pit, centred on the origin.

    Args:
        state: One of ``STATES``.
        look: Which of several ways to be displaced or broken.

    Raises:
        ValueError: If there is no such state.
    """
    if state == "ok":
        return (*pit(), disc())
    if state == "missing":
        return pit()
    if state == "displaced":
        x, y, tilt_deg = SHIFTS[look % len(SHIFTS)]
        return (*pit(), _tilted(disc(), (x, y, 0.035), tilt_deg))
    if state == "aside":
        return (*pit(), _tilted(disc(), (0.86, 0.24, 0.058), 0.4))
    if state == "broken":
        return (*pit(), *_broken(look))
    raise ValueError(f"no cover state {state!r}: {STATES}")
