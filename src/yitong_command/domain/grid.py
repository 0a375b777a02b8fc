"""Grids: areas with one responsible worker."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from yitong_command.domain.geometry import Box, Place, Point, Polygon, bounds, contains


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
        box: The smallest box around the outline, in degrees.
    """

    code: str
    name_zh: str
    name_en: str
    township_zh: str
    township_en: str
    kind: Literal["urban", "rural"]
    polygon: Polygon
    box: Box = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "box", bounds(self.polygon))

    def holds(self, place: Place) -> bool:
        """Whether the place lies in this grid."""
        box = self.box
        if not (box.x0 <= place.lon <= box.x1 and box.y0 <= place.lat <= box.y1):
            return False
        return contains(self.polygon, Point(place.lon, place.lat))
