"""The hierarchy of areas from `areas.yaml`, completed by the county and its grids."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from yitong_command.domain.area import Area, Level
from yitong_command.domain.grid import Grid
from yitong_command.errors import ConfigError
from yitong_command.settings.files import Strict, check, read_yaml

_LENGTHS = {int(level) for level in Level}


class _AreaFile(Strict):
    code: str = Field(pattern=r"^[0-9]+$")
    name_zh: str = Field(min_length=1)
    name_en: str = Field(min_length=1)


class _AreasFile(Strict):
    areas: tuple[_AreaFile, ...]


def load_areas(path: Path, county_code: str, grids: tuple[Grid, ...]) -> dict[str, Area]:
    """All areas by their code, the county first.

    Raises:
        ConfigError: Naming file and key: a code of no level's length, listed twice or belonging
            to a grid, and an area or a grid without the area around it.
    """
    county = Area(county_code, "全县", "whole county")
    found = {county.code: county}
    own = {grid.code: Area(grid.code, grid.name_zh, grid.name_en) for grid in grids}
    for index, item in enumerate(check(_AreasFile, path, read_yaml(path)).areas):
        key = f"areas.{index}.code"
        if len(item.code) not in _LENGTHS:
            lengths = ", ".join(str(length) for length in sorted(_LENGTHS))
            raise ConfigError(str(path), key, f"{item.code} must have one of {lengths} digits")
        if item.code in found:
            raise ConfigError(str(path), key, f"{item.code} is listed twice")
        if len(item.code) == Level.GRID:
            raise ConfigError(str(path), key, f"{item.code}: grids are in grids.geojson")
        found[item.code] = Area(item.code, item.name_zh, item.name_en)
    found |= own
    for area in found.values():
        if area.parent is not None and area.parent not in found:
            raise ConfigError(
                str(path), "areas", f"{area.code} lies in {area.parent}, which is not there"
            )
    return dict(sorted(found.items()))
