"""Digital village (数字乡村): straw fires, ponds, roads and what hamlet heads report."""

from __future__ import annotations

from typing import Any

from yitong_command.domain.report import ReporterKind
from yitong_command.settings.platforms import Platform
from yitong_command.sources.adapters.base import Adapter, Draft
from yitong_command.sources.adapters.fields import Fields, json_items

KEYS = {
    "external_id": ("id", "编号"),
    "sequence": ("seq", "序号"),
    "kind": ("action", "操作"),
    "code": ("type", "事件类型"),
    "title": ("name", "名称"),
    "text": ("content", "内容"),
    "village": ("villageName", "村"),
    "hamlet": ("tunName", "屯"),
    "village_code": ("villageCode", "村编码"),
    "tower": ("towerId", "铁塔编号"),
    "x": ("lon", "经度"),
    "y": ("lat", "纬度"),
    "crs": ("crs", "坐标系"),
    "severity": ("level", "级别"),
    "reporter": ("by", "上报人类型"),
    "reported_at": ("time", "时间"),
}


def read(raw: Any, _platform: Platform) -> Draft:
    """One event of a village or a watch tower."""
    fields = Fields(raw, KEYS)
    tower = fields.text("tower", 64)
    place = (fields.text("village", 80), fields.text("hamlet", 80))
    return Draft(
        external_id=fields.needed("external_id", 80),
        sequence=fields.sequence(),
        kind=fields.kind(),
        code=fields.text("code", 40),
        severity=fields.severity(),
        title=fields.text("title"),
        text=fields.text("text", 3000),
        x=fields.number("x"),
        y=fields.number("y"),
        crs=fields.text("crs", 40),
        address=" ".join(part for part in place if part),
        grid_code=fields.text("village_code", 20) or None,
        subject=f"device:{tower}" if tower else None,
        reporter=fields.reporter(ReporterKind.DEVICE if tower else ReporterKind.WORKER),
        reported_at=fields.time("reported_at"),
        names=fields.names | {"address": fields.names["village"]},
    )


ADAPTER = Adapter("digital_village", json_items, read)
