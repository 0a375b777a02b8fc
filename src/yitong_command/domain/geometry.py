"""Points, polygons and boxes in [0, 1] of a view, and places on the ground."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple


class Point(NamedTuple):
    """A point in [0, 1] of a view; ``x`` to the right, ``y`` down."""

    x: float
    y: float


class Box(NamedTuple):
    """An ``xyxy`` box in [0, 1] of a view, ``x0 <= x1`` and ``y0 <= y1``."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def area(self) -> float:
        """Share of the view the box covers, in [0, 1]."""
        return max(0.0, self.x1 - self.x0) * max(0.0, self.y1 - self.y0)

    @property
    def foot(self) -> Point:
        """Where the object stands: the middle, an eighth of the height above the lower edge."""
        return Point((self.x0 + self.x1) / 2, self.y1 - (self.y1 - self.y0) / 8)

    def intersection(self, other: Box) -> float:
        """Shared area, as a share of the view."""
        width = min(self.x1, other.x1) - max(self.x0, other.x0)
        height = min(self.y1, other.y1) - max(self.y0, other.y0)
        return max(0.0, width) * max(0.0, height)

    def iou(self, other: Box) -> float:
        """Intersection over union in [0, 1]; 0 where the union is empty."""
        shared = self.intersection(other)
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0


Polygon = tuple[Point, ...]


def polygon_problem(polygon: Polygon) -> str | None:
    """What is wrong with a zone polygon, or None if nothing is.

    Args:
        polygon: At least three corners, each in [0, 1].
    """
    if len(polygon) < 3:
        return f"a polygon needs at least 3 corners, this one has {len(polygon)}"
    for corner in polygon:
        if not (0.0 <= corner.x <= 1.0 and 0.0 <= corner.y <= 1.0):
            return f"corner ({corner.x:g}, {corner.y:g}) is outside [0, 1]"
    if polygon_area(polygon) < 1e-6:
        return "the polygon has no area"
    return None


def polygon_area(polygon: Polygon) -> float:
    """Area by the shoelace formula, as a share of the view."""
    closed = (*polygon[1:], polygon[0])
    return abs(sum(a.x * b.y - b.x * a.y for a, b in zip(polygon, closed, strict=True))) / 2


def contains(polygon: Polygon, point: Point) -> bool:
    """Whether the point lies inside the polygon (even-odd rule)."""
    inside = False
    previous = polygon[-1]
    for corner in polygon:
        if (corner.y > point.y) != (previous.y > point.y):
            crossing = (previous.x - corner.x) * (point.y - corner.y) / (
                previous.y - corner.y
            ) + corner.x
            if point.x < crossing:
                inside = not inside
        previous = corner
    return inside


def bounds(polygon: Polygon) -> Box:
    """The smallest box around the polygon."""
    xs = [corner.x for corner in polygon]
    ys = [corner.y for corner in polygon]
    return Box(min(xs), min(ys), max(xs), max(ys))


@dataclass(frozen=True, slots=True)
class Place:
    """A place on the ground.

    Attributes:
        lon: Longitude in degrees.
        lat: Latitude in degrees.
        crs: Coordinate system the numbers are in.
    """

    lon: float
    lat: float
    crs: str = "CGCS2000"


def distance_m(a: Place, b: Place) -> float:
    """Metres between two places of one coordinate system (haversine, mean earth radius)."""
    phi_a, phi_b = math.radians(a.lat), math.radians(b.lat)
    half = (
        math.sin((phi_b - phi_a) / 2) ** 2
        + math.cos(phi_a) * math.cos(phi_b) * math.sin(math.radians(b.lon - a.lon) / 2) ** 2
    )
    return 2 * 6_371_008.8 * math.asin(math.sqrt(min(1.0, half)))


def grid_cell(place: Place) -> str:
    """Key of the 0.01 degree cell a place lies in (about 1 km); orders incidents in Kafka."""
    return f"{math.floor(place.lon * 100)}:{math.floor(place.lat * 100)}"
