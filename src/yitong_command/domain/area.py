"""The hierarchy of areas: county, township, village, grid, compound, building, unit. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """Levels of the hierarchy; the value is the length of a code, in digits."""

    COUNTY = 6
    TOWNSHIP = 9
    VILLAGE = 12
    GRID = 14
    COMPOUND = 16
    BUILDING = 19
    UNIT = 21


@dataclass(frozen=True, slots=True)
class Area:
    """One area.

    Attributes:
        code: Its digits; they begin with those of the area around it.
        name_zh: Chinese name.
        name_en: English name.
    """

    code: str
    name_zh: str
    name_en: str

    @property
    def level(self) -> Level:
        """What it is."""
        return Level(len(self.code))

    @property
    def parent(self) -> str | None:
        """Code of the area around it; None for the county."""
        lengths = [level for level in Level if level < len(self.code)]
        return self.code[: max(lengths)] if lengths else None


def within(code: str, areas: Iterable[str]) -> bool:
    """Whether an area lies in one of these, or is one of them."""
    return any(code.startswith(area) for area in areas)
