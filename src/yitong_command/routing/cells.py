"""Cells of 0.01 degree, to look for neighbours without looking at everything."""

from __future__ import annotations

import math

from yitong_command.domain.geometry import Place, grid_cell

METRES_PER_DEGREE = 110_000.0
"""A little less than a degree of latitude really has, so that no neighbour is missed."""


def cells_within(place: Place, distance_m: float) -> frozenset[str]:
    """Every cell that may hold a place within this distance; its own cell is always one.

    Args:
        place: The middle, not within a degree of a pole.
        distance_m: Metres, at least 0.
    """
    d_lat = distance_m / METRES_PER_DEGREE
    d_lon = d_lat / max(0.01, math.cos(math.radians(abs(place.lat) + d_lat)))
    lons = range(math.floor((place.lon - d_lon) * 100), math.floor((place.lon + d_lon) * 100) + 1)
    lats = range(math.floor((place.lat - d_lat) * 100), math.floor((place.lat + d_lat) * 100) + 1)
    cells = {f"{lon}:{lat}" for lon in lons for lat in lats}
    return frozenset(cells | {grid_cell(place)})
