"""Answers about sensors."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from yitong_command.domain.sensor import FaultWord, SensorKind, SensorState
from yitong_command.web.schemas import Out, PlaceOut


class SensorFaultOut(Out):
    """Something that is wrong with a device."""

    kind: FaultWord
    since: datetime
    reason_zh: str
    reason_en: str


class SensorOut(Out):
    """A sensor as it is now."""

    sensor_id: str = Field(examples=["water-001"])
    kind: SensorKind
    care: bool = Field(description="belongs to a person who agreed to it")
    withheld: bool = Field(description="name, place and value are not for this person now")
    name_zh: str
    name_en: str
    place: PlaceOut | None
    categories: tuple[str, ...] = Field(examples=[["ar_flood_point.pond_yellow"]])
    state: SensorState = Field(description="only normal says that nothing is wrong")
    since: datetime | None = Field(description="null if it was never heard of")
    reason_zh: str
    reason_en: str
    value: float | None
    unit: str
    reading_at: datetime | None
    battery: float | None = Field(description="percent")
    faults: tuple[SensorFaultOut, ...]


class Sensors(Out):
    """All sensors that a person may see."""

    items: tuple[SensorOut, ...]
    counts: dict[SensorState, int] = Field(description="of these, by state")
