"""Answers about grids and the taxonomy."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from yitong_command.web.schemas import Out


class GridProperties(Out):
    """A grid's names and load."""

    code: str = Field(examples=["22032300100101"])
    name_zh: str
    name_en: str
    township_zh: str
    township_en: str
    kind: Literal["urban", "rural"]
    open_cases: int


class PolygonOut(Out):
    """GeoJSON polygon, one closed ring of longitude and latitude."""

    type: Literal["Polygon"] = "Polygon"
    coordinates: tuple[tuple[tuple[float, float], ...], ...]


class GridFeature(Out):
    """A grid as a GeoJSON feature."""

    type: Literal["Feature"] = "Feature"
    id: str
    properties: GridProperties
    geometry: PolygonOut


class Grids(Out):
    """All grids as a GeoJSON feature collection."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: tuple[GridFeature, ...]


class SubtypeOut(Out):
    """One kind of matter in a category."""

    code: str = Field(examples=["no_parking_zone"])
    name_zh: str
    name_en: str
    severity: int = Field(ge=1, le=4)
    resolve: str = Field(examples=["4wh"])


class CategoryOut(Out):
    """A category with its subtypes."""

    code: str = Field(examples=["cp_parking"])
    num: str = Field(examples=["CP01"])
    group: str = Field(examples=["community_problem"])
    name_zh: str
    name_en: str
    severity: int = Field(ge=1, le=4)
    subtypes: tuple[SubtypeOut, ...]


class SeverityOut(Out):
    """Words and colour of one severity."""

    name_zh: str
    name_en: str
    colour: str


class RejectReason(Out):
    """Why a report is not filed; the operator presses its number."""

    code: int = Field(ge=1, le=9)
    zh: str
    en: str


class RoleWords(Out):
    """A role of the taxonomy."""

    code: str = Field(examples=["justice_office"])
    name_zh: str
    name_en: str


class TaxonomyOut(Out):
    """What the county works on, and the words around it."""

    categories: tuple[CategoryOut, ...]
    severity: dict[str, SeverityOut]
    reject_reasons: tuple[RejectReason, ...]
    detail_roles: tuple[RoleWords, ...] = Field(
        description="roles that may ask for the details of protected people"
    )
