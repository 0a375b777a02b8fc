"""What may be wrong with a polygon that a person draws, in the words the screen uses too."""

from __future__ import annotations

from yitong_command.domain.geometry import Point, Polygon, polygon_area

MIN_CORNERS = 3
MAX_CORNERS = 60
MIN_AREA = 1e-4
"""Share of the picture: about 20 by 10 pixels of a 1920 by 1080 one."""
SAME = 1e-4

FAULTS: dict[str, tuple[str, str]] = {
    "few": ("区域至少需要 3 个角点", "a zone needs at least 3 corners"),
    "many": ("区域最多 60 个角点", "a zone has at most 60 corners"),
    "outside": ("有角点在画面之外", "a corner lies outside the picture"),
    "double": ("有两个相邻角点重合", "two neighbouring corners lie in one place"),
    "crossing": ("区域的边相互交叉", "the edges of the zone cross each other"),
    "small": ("区域太小", "the zone is too small"),
}


def polygon_fault(polygon: Polygon) -> str | None:
    """The first fault of a polygon, a key of ``FAULTS``, or None if it can be used."""
    if len(polygon) < MIN_CORNERS:
        return "few"
    if len(polygon) > MAX_CORNERS:
        return "many"
    if any(not (0.0 <= x <= 1.0 and 0.0 <= y <= 1.0) for x, y in polygon):
        return "outside"
    if any(_same(a, b) for a, b in _edges(polygon)):
        return "double"
    if crosses_itself(polygon):
        return "crossing"
    return "small" if polygon_area(polygon) < MIN_AREA else None


def crosses_itself(polygon: Polygon) -> bool:
    """Whether two edges meet anywhere but at the corner that neighbours share."""
    edges = _edges(polygon)
    count = len(edges)
    for first in range(count):
        for second in range(first + 1, count):
            a, b = edges[first]
            c, d = edges[second]
            if second == first + 1:
                crossing = _folds_back(a, b, d)
            elif first == 0 and second == count - 1:
                crossing = _folds_back(c, d, b)
            else:
                crossing = _meet(a, b, c, d)
            if crossing:
                return True
    return False


def _edges(polygon: Polygon) -> list[tuple[Point, Point]]:
    return list(zip(polygon, (*polygon[1:], polygon[0]), strict=True))


def _same(a: Point, b: Point) -> bool:
    return abs(a.x - b.x) < SAME and abs(a.y - b.y) < SAME


def _turn(a: Point, b: Point, c: Point) -> int:
    """1 if ``c`` lies to one side of the line through ``a`` and ``b``, -1 to the other, 0 on it."""
    cross = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
    return 0 if abs(cross) < 1e-12 else (1 if cross > 0 else -1)


def _between(a: Point, b: Point, c: Point) -> bool:
    """Whether ``c``, known to lie on their line, lies between ``a`` and ``b``."""
    inside_x = min(a.x, b.x) <= c.x <= max(a.x, b.x)
    return inside_x and min(a.y, b.y) <= c.y <= max(a.y, b.y)


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    turns = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if turns[0] * turns[1] < 0 and turns[2] * turns[3] < 0:
        return True
    touching = ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
    return any(turn == 0 and _between(*ends) for turn, ends in zip(turns, touching, strict=True))


def _folds_back(a: Point, b: Point, c: Point) -> bool:
    """Whether the edge from ``b`` to ``c`` runs back over the one from ``a`` to ``b``."""
    ahead = (b.x - a.x) * (c.x - b.x) + (b.y - a.y) * (c.y - b.y)
    return _turn(a, b, c) == 0 and ahead < 0
