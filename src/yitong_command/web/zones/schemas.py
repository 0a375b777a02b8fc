"""Questions and answers about zones."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, Field, FiniteFloat, StringConstraints

from yitong_command.web.cameras.schemas import ViewOut
from yitong_command.web.schemas import In, Out, Text

Word = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.-]*$", max_length=80)]
ZoneId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+$", max_length=64)]
Name = Annotated[Text, Field(max_length=60)]
Hours = Annotated[str, StringConstraints(pattern=r"^[0-9:-]{1,20}$")]
Corner = tuple[FiniteFloat, FiniteFloat]
CORNERS = 200


class PermitIn(In):
    """A time in which standing is allowed."""

    begins_at: AwareDatetime
    ends_at: AwareDatetime
    note: Name = ""


class ZoneIn(In):
    """A zone as it was drawn."""

    zone_id: ZoneId
    view_id: Word
    kind: Word
    category: Word
    name_zh: Name
    name_en: Name = ""
    polygon: tuple[Corner, ...] = Field(max_length=CORNERS)
    settings: dict[Word, FiniteFloat] = Field(default_factory=dict, max_length=30)
    vehicles: tuple[Word, ...] | None = Field(None, max_length=10)
    hours: tuple[Hours, ...] | None = Field(None, max_length=20)
    days: tuple[Word, ...] | None = Field(None, max_length=7)
    keep_hours: bool = Field(False, description="leave hours that can't be written as they are")
    permits: tuple[PermitIn, ...] = Field((), max_length=100)


class ZonesIn(In):
    """All zones of a camera; ``version`` is the one this person changed."""

    version: int = Field(ge=1)
    zones: tuple[ZoneIn, ...] = Field(max_length=100)


class PermitOut(Out):
    """A time in which standing is allowed."""

    begins_at: datetime
    ends_at: datetime
    note: str


class ZoneEdit(Out):
    """A zone with everything a person may change."""

    zone_id: str
    view_id: str
    kind: str
    category: str
    name_zh: str
    name_en: str
    polygon: tuple[tuple[float, float], ...]
    settings: dict[str, float]
    vehicles: tuple[str, ...] | None = Field(None, description="null: those the rule counts")
    hours: tuple[str, ...] | None = Field(None, description="null: all day")
    days: tuple[str, ...] | None = Field(None, description="null: every day")
    keep_hours: bool = Field(False, description="the hours can't be written as hours and days")
    permits: tuple[PermitOut, ...] = ()


class SettingOut(Out):
    """A number of a rule that a zone may change."""

    name: str = Field(examples=["dwell_s"])
    name_zh: str
    name_en: str
    unit: str = Field(description="s, looks, px or share", examples=["s"])
    default: float
    low: float
    high: float


class CategoryChoice(Out):
    """A category that a camera may report."""

    code: str = Field(examples=["cp_parking.no_parking_zone"])
    name_zh: str
    name_en: str


class KindOut(Out):
    """A kind of incident that a zone may watch for."""

    kind: str = Field(examples=["illegal_parking"])
    name_zh: str
    name_en: str
    category: str = Field(description="the usual one")
    has_terms: bool = Field(description="whether vehicles, hours, days and permits mean anything")
    settings: tuple[SettingOut, ...]


class Zones(Out):
    """All zones of a camera, and what they may be."""

    camera_id: str
    version: int
    author: str
    author_name_zh: str
    author_name_en: str
    at: datetime | None
    views: tuple[ViewOut, ...]
    zones: tuple[ZoneEdit, ...]
    kinds: tuple[KindOut, ...]
    categories: tuple[CategoryChoice, ...]
    vehicles: tuple[str, ...]


class ZonesVersion(Out):
    """One version of a camera."""

    version: int
    author: str
    author_name_zh: str
    author_name_en: str
    at: datetime
    change: str = Field(description="camera, zones, login or removed")
    added: tuple[str, ...] = Field(description="names of zones, against the version before")
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    zones: tuple[ZoneEdit, ...]


class ZonesHistory(Out):
    """Versions of a camera, newest first."""

    items: tuple[ZonesVersion, ...]
