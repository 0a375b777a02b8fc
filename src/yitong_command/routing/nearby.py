"""Finding what was told near a place, by cells that fit how far the sources err."""

from __future__ import annotations

import math
from collections.abc import Iterator

from yitong_command.domain.geometry import Place
from yitong_command.domain.merging import Merging
from yitong_command.routing.cells import METRES_PER_DEGREE, Square, square_of, squares_within
from yitong_command.routing.likeness import reach_between_m

COARSE_FROM_M = 500.0
"""From this reach on the coarse squares are looked through: there are fewer of them."""
_FINE, _COARSE = 500, 100
"""Squares to the degree."""

_Kind = tuple[str, str]
"""Category with its subtype, and source."""
_Told = tuple[str, float, float]
"""Name, longitude and latitude."""
_Found = dict[Square, set[_Told]]


class Nearby:
    """Names of what was told, by place; a telling far off is not even looked at.

    Args:
        merging: Rules, errors of the sources, neighbouring subtypes.
    """

    def __init__(self, merging: Merging) -> None:
        self._merging = merging
        self._fine: dict[_Kind, _Found] = {}
        self._coarse: dict[_Kind, _Found] = {}
        self._extents: dict[str, tuple[tuple[str, ...], float]] = {}

    def keep(self, name: str, category: str, source: str, place: Place) -> None:
        """Remember a telling under a name."""
        kind = (category, source)
        fine, coarse = square_of(place, _FINE), square_of(place, _COARSE)
        told = (name, place.lon, place.lat)
        self._fine.setdefault(kind, {}).setdefault(fine, set()).add(told)
        self._coarse.setdefault(kind, {}).setdefault(coarse, set()).add(told)

    def drop(self, name: str, category: str, source: str, place: Place) -> None:
        """Forget a telling."""
        kind = (category, source)
        told = (name, place.lon, place.lat)
        self._fine.get(kind, {}).get(square_of(place, _FINE), set()).discard(told)
        self._coarse.get(kind, {}).get(square_of(place, _COARSE), set()).discard(told)

    def around(self, category: str, source: str, place: Place) -> set[str]:
        """Every name under which something was told that may be of the same fact.

        Args:
            category: Category and subtype of what is told now.
            source: Who tells it.
            place: Where.
        """
        categories, extent_m = self._extent(category)
        names: set[str] = set()
        for kind, fine in self._fine.items():
            if kind[0] not in categories:
                continue
            reach = reach_between_m(extent_m, source, kind[1], self._merging)
            far = reach > COARSE_FROM_M
            squares = squares_within(place, reach, _COARSE if far else _FINE)
            names.update(_within(place, reach, self._coarse[kind] if far else fine, squares))
        return names

    def _extent(self, category: str) -> tuple[tuple[str, ...], float]:
        """Subtypes that this one may be, and the widest extent of a fact of any of them."""
        known = self._extents.get(category)
        if known is None:
            categories = self._merging.neighbours_of(category)
            widest = max(self._merging.rule_of(name).distance_m for name in categories)
            known = self._extents[category] = (categories, widest)
        return known


def _within(place: Place, reach_m: float, found: _Found, squares: list[Square]) -> Iterator[str]:
    """Names told of within reach; on the flat, and a little too far rather than not far enough."""
    lon, lat = place.lon, place.lat
    narrowing = math.cos(math.radians(lat))
    limit = (reach_m / METRES_PER_DEGREE) ** 2
    for square in squares:
        for name, its_lon, its_lat in found.get(square, ()):
            if ((its_lon - lon) * narrowing) ** 2 + (its_lat - lat) ** 2 <= limit:
                yield name
