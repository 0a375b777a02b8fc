"""How a box lies to a zone and to other boxes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from yitong_command.domain.geometry import Box, Point, Polygon, contains, polygon_area


def stands_in(box: Box, polygon: Polygon, min_overlap: float) -> bool:
    """Whether what is in the box stands in the zone.

    Its foot lies in the polygon, or the polygon holds at least ``min_overlap`` of the lower third
    of the box, where a vehicle touches the road.

    Args:
        box: ``xyxy`` in [0, 1].
        polygon: Corners in [0, 1], simple.
        min_overlap: Share in (0, 1].
    """
    if contains(polygon, box.foot):
        return True
    lower = Box(box.x0, box.y1 - (box.y1 - box.y0) / 3, box.x1, box.y1)
    return lower.area > 0 and overlap_area(lower, polygon) / lower.area >= min_overlap


def overlap_area(box: Box, polygon: Polygon) -> float:
    """Area that a box shares with a polygon, as a share of the view (Sutherland-Hodgman).

    Args:
        box: ``xyxy`` in [0, 1].
        polygon: Corners in [0, 1], simple.
    """
    corners: Sequence[Point] = polygon
    for axis, limit, keep_above in (
        (0, box.x0, True),
        (0, box.x1, False),
        (1, box.y0, True),
        (1, box.y1, False),
    ):
        corners = _clip(corners, axis, limit, keep_above=keep_above)
        if len(corners) < 3:
            return 0.0
    return polygon_area(tuple(corners))


def _clip(corners: Sequence[Point], axis: int, limit: float, *, keep_above: bool) -> list[Point]:
    kept: list[Point] = []
    for start, end in zip(corners, (*corners[1:], corners[0]), strict=True):
        start_in = start[axis] >= limit if keep_above else start[axis] <= limit
        end_in = end[axis] >= limit if keep_above else end[axis] <= limit
        if start_in:
            kept.append(start)
        if start_in != end_in:
            share = (limit - start[axis]) / (end[axis] - start[axis])
            kept.append(
                Point(start.x + share * (end.x - start.x), start.y + share * (end.y - start.y))
            )
    return kept


def covered_share(box: Box, other: Box) -> float:
    """Share of ``box`` that ``other`` covers, in [0, 1]; 0 for an empty box."""
    return box.intersection(other) / box.area if box.area > 0 else 0.0


def nested(a: Box, b: Box, share: float) -> bool:
    """Whether at least ``share`` of the smaller box lies in the larger one."""
    smaller = min(a.area, b.area)
    return smaller > 0 and a.intersection(b) / smaller >= share


def match(
    known: Mapping[int, Box],
    seen: Sequence[Box],
    alike: Callable[[Box, Box], bool],
    taken: Iterable[int] = (),
) -> dict[int, int]:
    """Pairs of known and seen boxes, best overlap first, each box used once.

    Args:
        known: Boxes by number.
        seen: Boxes of one look.
        alike: Whether a known and a seen box may be one thing.
        taken: Indices of ``seen`` that are not to be used.

    Returns:
        Number of the known box to index in ``seen``.
    """
    free = set(range(len(seen))) - set(taken)
    pairs = sorted(
        (-box.iou(seen[j]), i, j) for i, box in known.items() for j in free if alike(box, seen[j])
    )
    found: dict[int, int] = {}
    for _, i, j in pairs:
        if i not in found and j in free:
            found[i] = j
            free.discard(j)
    return found
