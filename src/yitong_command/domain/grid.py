"""Grids: areas with one responsible worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from yitong_command.domain.geometry import Place, Point, Polygon, bounds, contains


@dataclass(frozen=True, slots=True)
class Grid:
    """One grid (网格).

    Attributes:
        code: Fourteen digits: 220323, township 3, village 3, grid 2.
        name_zh: Chinese name.
        name_en: English name.
        township_zh: Township in Chinese.
        township_en: Township in English.
        kind: Urban or rural.
        polygon: Outline; corners are (longitude, latitude) in degrees.
    """

    code: str
    name_zh: str
    name_en: str
    township_zh: str
    township_en: str
    kind: Literal["urban", "rural"]
    polygon: Polygon

    def holds(self, place: Place) -> bool:
        """Whether the place lies in this grid."""
        box = bounds(self.polygon)
        if not (box.x0 <= place.lon <= box.x1 and box.y0 <= place.lat <= box.y1):
            return False
        return contains(self.polygon, Point(place.lon, place.lat))
