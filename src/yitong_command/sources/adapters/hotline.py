"""12345 hotline: orders with a class in words, the caller's number for the call back."""

from __future__ import annotations

from typing import Any

from yitong_command.domain.report import ReporterKind
from yitong_command.settings.platforms import Platform
from yitong_command.sources.adapters.base import Adapter, Draft
from yitong_command.sources.adapters.fields import Fields, json_items

KEYS = {
    "external_id": ("工单编号", "orderNo"),
    "sequence": ("流转序号", "turn"),
    "kind": ("工单动作", "action"),
    "code": ("诉求类别", "category"),
    "title": ("工单标题", "title"),
    "text": ("诉求内容", "content"),
    "address": ("事发地址", "address"),
    "grid_code": ("网格编码", "gridCode"),
    "x": ("经度", "longitude"),
    "y": ("纬度", "latitude"),
    "crs": ("坐标系", "crs"),
    "severity": ("紧急程度", "urgency"),
    "contact_name": ("来电人", "callerName"),
    "contact_phone": ("来电号码", "callerPhone"),
    "reported_at": ("来电时间", "callTime"),
}


def read(raw: Any, _platform: Platform) -> Draft:
    """One order."""
    fields = Fields(raw, KEYS)
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
        address=fields.text("address", 400),
        grid_code=fields.text("grid_code", 20) or None,
        reporter=ReporterKind.CITIZEN,
        contact=tuple(part for part in contact if part),
        reported_at=fields.time("reported_at"),
        names=fields.names,
    )


ADAPTER = Adapter("hotline", json_items, read)
