"""Meshes as plain arrays: boxes, tubes, lofts, smoothing. They need no renderer.

Lengths are metres. A thing stands on the ground at its origin, looks along +Y, z is up.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Face = tuple[int, ...]
Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Part:
    """One mesh.

    Attributes:
        vertices: Corners, shape ``(n, 3)``, metres.
        faces: Vertex numbers of each polygon, counter-clockwise seen from outside.
        materials: Name of the material of each face, as long as ``faces``.
        smooth: Whether the faces are shaded as one curved surface.
    """

    vertices: Points
    faces: tuple[Face, ...]
    materials: tuple[str, ...]
    smooth: bool = False


def part(
    vertices: Sequence[Sequence[float]] | Points,
    faces: Iterable[Face],
    material: str,
    *,
    smooth: bool = False,
) -> Part:
    """Make a part of one material."""
    kept = tuple(faces)
    return Part(np.asarray(vertices, dtype=np.float64), kept, (material,) * len(kept), smooth)


def box(centre: Vector, half: Vector, material: str) -> Part:
    """A box around ``centre`` with half sides ``half``."""
    signs = [(x, y, z) for z in (-1, 1) for y in (-1, 1) for x in (-1, 1)]
    faces = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
    return part(np.asarray(centre) + np.asarray(signs) * np.asarray(half), faces, material)


def ground_quad(x0: float, y0: float, x1: float, y1: float, z: float, material: str) -> Part:
    """A rectangle lying at height ``z``."""
    return part([(x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z)], [(0, 1, 2, 3)], material)


def stroke(
    start: tuple[float, float], end: tuple[float, float], width: float, z: float, material: str
) -> Part:
    """A painted line from ``start`` to ``end`` lying at height ``z``."""
    a, b = np.asarray(start), np.asarray(end)
    along = (b - a) / np.linalg.norm(b - a)
    side = np.array([-along[1], along[0]]) * width / 2
    corners = [a - side, b - side, b + side, a + side]
    return part([(*corner, z) for corner in corners], [(0, 1, 2, 3)], material)


def tube(
    bottom: Vector,
    top: Vector,
    radii: tuple[float, float],
    material: str,
    *,
    sides: int = 16,
    smooth: bool = True,
) -> Part:
    """A closed tube or cone between two points.

    Args:
        bottom: Centre of the first end.
        top: Centre of the second end.
        radii: Radius at the two ends.
        material: Material of all faces.
        sides: Corners of each ring.
        smooth: Whether the mantle is shaded as round.
    """
    a, b = np.asarray(bottom, dtype=float), np.asarray(top, dtype=float)
    axis = (b - a) / np.linalg.norm(b - a)
    helper = np.array([1.0, 0, 0]) if abs(axis[0]) < 0.9 else np.array([0, 1.0, 0])
    u = np.cross(axis, helper)
    u /= np.linalg.norm(u)
    v = np.cross(axis, u)
    turn = np.linspace(0, 2 * math.pi, sides, endpoint=False)
    ring = np.outer(np.cos(turn), u) + np.outer(np.sin(turn), v)
    vertices = np.vstack([a + ring * radii[0], b + ring * radii[1]])
    mantle = [(i, (i + 1) % sides, sides + (i + 1) % sides, sides + i) for i in range(sides)]
    ends = [tuple(range(sides - 1, -1, -1)), tuple(range(sides, 2 * sides))]
    return part(vertices, [*mantle, *ends], material, smooth=smooth)


def ellipsoid(centre: Vector, radii: Vector, material: str, *, sides: int = 12) -> Part:
    """A round body with three half axes."""
    rows = max(4, sides // 2)
    down = np.linspace(0, math.pi, rows + 1)[1:-1]
    turn = np.linspace(0, 2 * math.pi, sides, endpoint=False)
    unit = [
        (math.sin(p) * math.cos(t), math.sin(p) * math.sin(t), math.cos(p))
        for p in down
        for t in turn
    ]
    vertices = np.vstack([np.asarray(unit), [[0, 0, 1], [0, 0, -1]]])
    north, south = len(unit), len(unit) + 1
    faces: list[Face] = []
    for row in range(rows - 2):
        a, b = row * sides, (row + 1) * sides
        faces += [(a + i, b + i, b + (i + 1) % sides, a + (i + 1) % sides) for i in range(sides)]
    last = (rows - 2) * sides
    faces += [(north, i, (i + 1) % sides) for i in range(sides)]
    faces += [(south, last + (i + 1) % sides, last + i) for i in range(sides)]
    return part(vertices * radii + np.asarray(centre), faces, material, smooth=True)


def loft(rings: Points, materials: Sequence[Sequence[str]], cap: str) -> Part:
    """A skin over closed rings.

    Args:
        rings: Ring corners, shape ``(stations, corners, 3)``.
        materials: Material by ``[station gap][corner gap]``.
        cap: Material of the two ends.
    """
    stations, corners, _ = rings.shape
    faces: list[Face] = []
    names: list[str] = []
    for s in range(stations - 1):
        for c in range(corners):
            a, b = s * corners + c, s * corners + (c + 1) % corners
            faces.append((a, b, b + corners, a + corners))
            names.append(materials[s][c])
    first = tuple(range(corners - 1, -1, -1))
    faces += [first, tuple((stations - 1) * corners + c for c in range(corners))]
    return Part(rings.reshape(-1, 3), tuple(faces), (*names, cap, cap), smooth=True)


def smoothed(mesh: Part, levels: int = 1) -> Part:
    """Subdivide by Catmull and Clark's rule; materials follow their faces."""
    return reduce(lambda shape, _: _subdivided(shape), range(levels), mesh)


def _subdivided(mesh: Part) -> Part:
    v, n = mesh.vertices, len(mesh.vertices)
    centres = np.array([v[list(face)].mean(axis=0) for face in mesh.faces])
    edges: dict[tuple[int, int], list[int]] = {}
    for number, face in enumerate(mesh.faces):
        for a, b in zip(face, (*face[1:], face[0]), strict=True):
            edges.setdefault((min(a, b), max(a, b)), []).append(number)
    keys = np.array(list(edges))
    middles = (v[keys[:, 0]] + v[keys[:, 1]]) / 2
    inner = np.array([len(sides) == 2 for sides in edges.values()])
    sides_mean = np.array([centres[sides].mean(axis=0) for sides in edges.values()])
    edge_points = np.where(inner[:, None], (middles + sides_mean) / 2, middles)
    index = {key: n + i for i, key in enumerate(edges)}
    first_centre = n + len(edges)
    faces: list[Face] = []
    names: list[str] = []
    for number, face in enumerate(mesh.faces):
        for k, a in enumerate(face):
            before, after = face[k - 1], face[(k + 1) % len(face)]
            out = index[(min(a, after), max(a, after))]
            back = index[(min(a, before), max(a, before))]
            faces.append((a, out, first_centre + number, back))
            names.append(mesh.materials[number])
    moved = _moved_corners(mesh, centres, keys, middles, inner)
    return Part(
        np.vstack([moved, edge_points, centres]), tuple(faces), tuple(names), smooth=mesh.smooth
    )


def _moved_corners(
    mesh: Part, centres: Points, keys: NDArray[np.int64], middles: Points, inner: NDArray[np.bool_]
) -> Points:
    v, n = mesh.vertices, len(mesh.vertices)
    face_sum, face_count = np.zeros((n, 3)), np.zeros(n)
    for number, face in enumerate(mesh.faces):
        face_sum[list(face)] += centres[number]
        face_count[list(face)] += 1
    edge_sum, edge_count = np.zeros((n, 3)), np.zeros(n)
    rim_sum, rim_count = np.zeros((n, 3)), np.zeros(n)
    for column in (0, 1):
        np.add.at(edge_sum, keys[:, column], middles)
        np.add.at(edge_count, keys[:, column], 1)
        np.add.at(rim_sum, keys[~inner, column], middles[~inner])
        np.add.at(rim_count, keys[~inner, column], 1)
    valence = np.maximum(edge_count, 1)[:, None]
    face_mean = face_sum / np.maximum(face_count, 1)[:, None]
    body = (face_mean + 2 * edge_sum / valence + (valence - 3) * v) / valence
    rim = (2 * v + rim_sum) / np.maximum(2 + rim_count, 1)[:, None]
    return np.asarray(np.where((rim_count > 0)[:, None], rim, body))


def merged(parts: Iterable[Part]) -> Part:
    """Join parts into one mesh; it is smooth when the first part is."""
    listed = list(parts)
    vertices: list[Points] = []
    faces: list[Face] = []
    names: list[str] = []
    start = 0
    for one in listed:
        vertices.append(one.vertices)
        faces += [tuple(start + i for i in face) for face in one.faces]
        names += one.materials
        start += len(one.vertices)
    return Part(np.vstack(vertices), tuple(faces), tuple(names), smooth=listed[0].smooth)


def placed(mesh: Part, at: Vector, heading_deg: float = 0.0) -> Part:
    """Turn a part clockwise (seen from above) by ``heading_deg`` and move it to ``at``."""
    return replace(mesh, vertices=place_points(mesh.vertices, at, heading_deg))


def place_points(points: Points, at: Vector, heading_deg: float) -> Points:
    """Points of a thing in the world; heading 0 looks along +Y, 90 along +X."""
    h = math.radians(heading_deg)
    turn = np.array([[math.cos(h), math.sin(h), 0], [-math.sin(h), math.cos(h), 0], [0, 0, 1.0]])
    return np.asarray(points @ turn.T + np.asarray(at))
