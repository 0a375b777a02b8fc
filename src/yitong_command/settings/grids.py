"""The grids from `grids.geojson`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import Field
from shapely import STRtree
from shapely.geometry import Polygon as Outline

from yitong_command.domain.geometry import Point
from yitong_command.domain.grid import Grid
from yitong_command.errors import ConfigError
from yitong_command.settings.files import Strict, check, read_text

OVERLAP_DEG2 = 1e-9
"""Shared ground up to this many square degrees (about 10 m²) is drawing error."""


class _Properties(Strict):
    code: str = Field(pattern=r"^[0-9]{14}$")
    name_zh: str = Field(min_length=1)
    name_en: str = Field(min_length=1)
    township_zh: str = Field(min_length=1)
    township_en: str = Field(min_length=1)
    kind: Literal["urban", "rural"]


class _Geometry(Strict):
    type: Literal["Polygon"]
    coordinates: tuple[tuple[tuple[float, float], ...], ...] = Field(min_length=1, max_length=1)


class _Feature(Strict):
    type: Literal["Feature"]
    properties: _Properties
    geometry: _Geometry


class _Collection(Strict):
    type: Literal["FeatureCollection"]
    features: tuple[_Feature, ...] = Field(min_length=1)


def load_grids(path: Path, county_code: str) -> tuple[Grid, ...]:
    """All grids in a GeoJSON file.

    Args:
        path: The file; polygons without holes, degrees, CGCS2000.
        county_code: Six digits every grid code begins with.

    Raises:
        ConfigError: Naming file and key: a polygon that crosses itself, two grids on the same
            ground, a code listed twice or of another county.
    """
    content = check(_Collection, path, _read(path))
    seen: set[str] = set()
    for index, feature in enumerate(content.features):
        code, key = feature.properties.code, f"features.{index}.properties.code"
        if not code.startswith(county_code):
            raise ConfigError(str(path), key, f"{code} does not begin with {county_code}")
        if code in seen:
            raise ConfigError(str(path), key, f"grid {code} is listed twice")
        seen.add(code)
    _check_ground(path, content)
    return tuple(_grid(feature) for feature in content.features)


def _grid(feature: _Feature) -> Grid:
    own = feature.properties
    ring = feature.geometry.coordinates[0]
    return Grid(
        own.code,
        own.name_zh,
        own.name_en,
        own.township_zh,
        own.township_en,
        own.kind,
        tuple(Point(lon, lat) for lon, lat in ring[:-1]),
    )


def _check_ground(path: Path, content: _Collection) -> None:
    outlines = []
    for index, feature in enumerate(content.features):
        key = f"features.{index}.geometry.coordinates"
        ring = feature.geometry.coordinates[0]
        if len(ring) < 4 or ring[0] != ring[-1]:
            raise ConfigError(str(path), key, "a ring needs 4 corners and must end where it began")
        if any(not (-180 <= lon <= 180 and -90 <= lat <= 90) for lon, lat in ring):
            raise ConfigError(str(path), key, "corners are (longitude, latitude) in degrees")
        outline = Outline(ring)
        if not outline.is_valid or outline.area == 0:
            raise ConfigError(str(path), key, "the polygon crosses itself or has no area")
        outlines.append(outline)
    tree = STRtree(outlines)
    for index, outline in enumerate(outlines):
        for other in tree.query(outline):
            if other > index and outline.intersection(outlines[other]).area > OVERLAP_DEG2:
                one, two = (content.features[i].properties.code for i in (index, other))
                raise ConfigError(
                    str(path),
                    f"features.{other}.geometry.coordinates",
                    f"grids {one} and {two} lie on the same ground",
                )


def _read(path: Path) -> Any:
    try:
        return json.loads(read_text(path))
    except ValueError as exc:
        raise ConfigError(str(path), "", f"not valid JSON: {exc}") from exc
