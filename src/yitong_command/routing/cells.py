"""Cells and squares of a map, to look for neighbours without looking at everything."""

from __future__ import annotations

import math

from yitong_command.domain.geometry import Place, grid_cell

METRES_PER_DEGREE = 110_000.0
"""A little less than a degree of latitude really has, so that no neighbour is missed."""
Square = tuple[int, int]


def cells_within(place: Place, distance_m: float) -> frozenset[str]:
    """Every cell that may hold a place within this distance; its own cell is always one.

    Args:
        place: The middle, not within a degree of a pole.
        distance_m: Metres, at least 0.
    """
    cells = {f"{lon}:{lat}" for lon, lat in squares_within(place, distance_m, 100)}
    return frozenset(cells | {grid_cell(place)})


def square_of(place: Place, per_degree: int) -> Square:
    """The square a place lies in, where so many make a degree."""
    return math.floor(place.lon * per_degree), math.floor(place.lat * per_degree)


def squares_within(place: Place, distance_m: float, per_degree: int) -> list[Square]:
    """Every square that may hold a place within this distance, where so many make a degree.

    Args:
        place: The middle, not within a degree of a pole.
        distance_m: Metres, at least 0.
        per_degree: How many squares make a degree.
    """
    d_lat = distance_m / METRES_PER_DEGREE
    d_lon = d_lat / max(0.01, math.cos(math.radians(abs(place.lat) + d_lat)))
    west, east = (place.lon - d_lon) * per_degree, (place.lon + d_lon) * per_degree
    south, north = (place.lat - d_lat) * per_degree, (place.lat + d_lat) * per_degree
    lats = range(math.floor(south), math.floor(north) + 1)
    return [(lon, lat) for lon in range(math.floor(west), math.floor(east) + 1) for lat in lats]
