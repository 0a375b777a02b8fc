"""Smart community (智慧社区): repairs, lifts, e-bikes, smoke, parking."""

from __future__ import annotations

from typing import Any

from yitong_command.domain.report import ReporterKind
from yitong_command.settings.platforms import Platform
from yitong_command.sources.adapters.base import Adapter, Draft
from yitong_command.sources.adapters.fields import Fields, json_items

KEYS = {
    "external_id": ("orderId", "eventId", "工单号"),
    "sequence": ("version", "版本"),
    "kind": ("status", "状态"),
    "code": ("eventType", "类型"),
    "title": ("title", "标题"),
    "text": ("description", "描述"),
    "community": ("communityName", "小区"),
    "building": ("building", "楼栋"),
    "device": ("deviceId", "设备编号"),
    "x": ("lng", "longitude", "经度"),
    "y": ("lat", "latitude", "纬度"),
    "crs": ("crs", "坐标系"),
    "severity": ("level", "级别"),
    "reporter": ("reporterType", "上报人类型"),
    "contact_name": ("contactName", "联系人"),
    "contact_phone": ("contactPhone", "联系电话"),
    "reported_at": ("createTime", "timestamp", "上报时间"),
}


def read(raw: Any, _platform: Platform) -> Draft:
    """One order or device event."""
    fields = Fields(raw, KEYS)
    device = fields.text("device", 64)
    place = (fields.text("community", 120), fields.text("building", 60))
    contact = (fields.text("contact_name", 40), fields.text("contact_phone", 40))
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
        subject=f"device:{device}" if device else None,
        reporter=fields.reporter(ReporterKind.DEVICE if device else ReporterKind.OFFICE),
        contact=tuple(part for part in contact if part),
        reported_at=fields.time("reported_at"),
        names=fields.names | {"address": fields.names["community"]},
    )


ADAPTER = Adapter("smart_community", json_items, read)
