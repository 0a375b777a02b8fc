"""The form of `sensors.yaml`: what may be written, and what belongs together."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from pydantic import Field, field_validator, model_validator
from pyproj import CRS, Transformer

from yitong_command.domain.geometry import Place
from yitong_command.domain.sensor import SensorKind, Watch
from yitong_command.settings.files import Strict

UNITS: dict[SensorKind, frozenset[str]] = {
    SensorKind.MANHOLE_TILT: frozenset({"°"}),
    SensorKind.MANHOLE_OPEN: frozenset({""}),
    SensorKind.WATER_LEVEL: frozenset({"mm", "cm", "m", "%"}),
    SensorKind.GAS: frozenset({"%LEL", "ppm", "mg/m³", "%VOL"}),
    SensorKind.SMOKE: frozenset({"", "%/m"}),
    SensorKind.TEMPERATURE: frozenset({"°C"}),
    SensorKind.DOOR: frozenset({""}),
    SensorKind.PENDANT: frozenset({""}),
    SensorKind.WATER_METER: frozenset({"m³", "L"}),
}
WATCHES: dict[SensorKind, frozenset[Watch]] = {
    SensorKind.DOOR: frozenset({Watch.ACTIVITY, Watch.LIMIT}),
    SensorKind.WATER_METER: frozenset({Watch.ACTIVITY}),
    SensorKind.PENDANT: frozenset({Watch.CALL}),
}
"""How kinds may be looked at; all others by a limit."""
FLAT = re.compile(r"室|\d\s*号?户|\b(room|flat|apt|apartment)\b", re.IGNORECASE)
"""A door that must not stand in a care device's name: building and unit are enough to go there."""
SYSTEMS = {"CGCS2000": "EPSG:4490", "WGS84": "EPSG:4326"}
ID = r"^[a-z0-9][a-z0-9-]{1,62}$"
PATH = r"^[^\s]{0,120}$"


@lru_cache(maxsize=4)
def _transformer(system: str) -> Transformer:
    return Transformer.from_crs(CRS(system), CRS(SYSTEMS["CGCS2000"]), always_xy=True)


class PlaceFile(Strict):
    """Where a sensor is, in which coordinate system."""

    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    crs: str = "CGCS2000"

    @field_validator("crs")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in SYSTEMS:
            raise ValueError(
                f"{value!r}: 只接收 CGCS2000、WGS84; GCJ-02、BD-09 没有可靠的换算库 / only "
                "CGCS2000 and WGS84; no well-kept library converts GCJ-02 and BD-09"
            )
        return value

    def to_place(self) -> Place:
        """The place in CGCS2000."""
        lon, lat = _transformer(SYSTEMS[self.crs]).transform(self.lon, self.lat)
        return Place(round(lon, 7), round(lat, 7))


class PayloadFile(Strict):
    """How a sensor's messages are read."""

    shape: Literal["json", "plain", "senml", "chirpstack"]
    value: str = Field("", pattern=PATH)
    at: str = Field("", pattern=PATH)
    battery: str = Field("", pattern=PATH)
    seq: str = Field("", pattern=PATH)
    words: dict[str, float] = Field(default_factory=dict, max_length=20)
    scale: float = Field(1.0, gt=0, le=1e6)
    device_at: str = Field("", pattern=PATH)
    device: str = Field("", max_length=64)

    @model_validator(mode="after")
    def _device_is_whole(self) -> PayloadFile:
        if bool(self.device_at) != bool(self.device):
            raise ValueError("device_at and device stand together")
        return self


class LevelFile(Strict):
    """One condition of a sensor."""

    id: str = Field(pattern=ID, max_length=24)
    category: str = Field(pattern=r"^[a-z0-9_]+\.[a-z0-9_]+$")
    watch: Watch = Watch.LIMIT
    open_at: float
    clear_at: float | None = None
    hold_s: float = Field(ge=0, le=30 * 86400)
    clear_hold_s: float = Field(0.0, ge=0, le=30 * 86400)
    name_zh: str = Field(min_length=1, max_length=40)
    name_en: str = Field(min_length=1, max_length=80)

    @model_validator(mode="after")
    def _is_whole(self) -> LevelFile:
        if self.watch is Watch.LIMIT and (self.clear_at is None or self.clear_at == self.open_at):
            raise ValueError("clear_at: 与 open_at 之间须有回差 / must differ from open_at")
        if self.watch is not Watch.LIMIT and self.clear_at is not None:
            raise ValueError("clear_at: 只用于 limit / only for a limit")
        if self.watch is not Watch.LIMIT and (self.hold_s <= 0 or self.open_at <= 0):
            raise ValueError("hold_s, open_at: 须大于 0 / must be above 0")
        return self


class CareFile(Strict):
    """Whose a care device is, by pseudonym, and that the person knows of it."""

    subject: str = Field(pattern=r"^P-\d{4,10}$")
    known_to_subject: Literal[True]


class SensorFile(Strict):
    """One sensor."""

    id: str = Field(pattern=ID)
    kind: SensorKind
    name_zh: str = Field(min_length=1, max_length=60)
    name_en: str = Field(min_length=1, max_length=80)
    place: PlaceFile
    unit: str
    valid: tuple[float, float]
    report_interval_s: float = Field(ge=1, le=7 * 86400)
    silent_after_s: float | None = Field(None, gt=0, le=30 * 86400)
    on_change: bool = False
    battery_low: float = Field(20.0, ge=0, le=100)
    topic: str = Field(min_length=1, max_length=200, pattern=r"^[^+#\s]+$")
    payload: PayloadFile
    levels: tuple[LevelFile, ...] = Field(min_length=1, max_length=4)
    care: CareFile | None = None

    @field_validator("valid")
    @classmethod
    def _range(cls, value: tuple[float, float]) -> tuple[float, float]:
        if not value[0] < value[1]:
            raise ValueError("最小值须小于最大值 / the lowest must be below the highest")
        return value

    @model_validator(mode="after")
    def _is_whole(self) -> SensorFile:
        if self.unit not in UNITS[self.kind]:
            known = ", ".join(repr(unit) for unit in sorted(UNITS[self.kind]))
            raise ValueError(f"unit: {self.unit!r}; {self.kind.value}: {known}")
        least = self.report_interval_s * 1.5
        if self.silent_after_s is not None and self.silent_after_s < least:
            raise ValueError(f"silent_after_s: 至少 / at least {least:g} (1.5 x report_interval_s)")
        if len({level.id for level in self.levels}) < len(self.levels):
            raise ValueError("levels: 编号重复 / an id is used twice")
        for level in self.levels:
            self._check_level(level)
        return self._check_care()

    def _check_level(self, level: LevelFile) -> None:
        allowed = WATCHES.get(self.kind, frozenset({Watch.LIMIT}))
        if level.watch not in allowed:
            words = ", ".join(sorted(allowed))
            raise ValueError(f"levels.{level.id}.watch: {self.kind.value}: {words}")
        inside = self.valid[0] <= level.open_at <= self.valid[1]
        if level.watch is not Watch.ACTIVITY and not inside:
            raise ValueError(f"levels.{level.id}.open_at: 不在 valid 之内 / is outside valid")

    def _check_care(self) -> SensorFile:
        if self.kind is SensorKind.PENDANT and self.care is None:
            raise ValueError("care: 吊坠属于个人 / a pendant is a person's: subject and consent")
        if self.care is not None and (FLAT.search(self.name_zh) or FLAT.search(self.name_en)):
            wrong = "照护设备只写到楼栋单元 / of a care device building and unit only, no flat"
            raise ValueError(f"name_zh, name_en: {wrong}")
        return self


class SensorsFile(Strict):
    """The whole file."""

    subscribe: tuple[str, ...] = Field(min_length=1, max_length=100)
    sensors: tuple[SensorFile, ...]
