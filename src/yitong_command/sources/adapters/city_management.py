"""City management (数字城管): cases with class codes of GB/T 30428.2, components with their ids.

A class code is six digits or four: the last four are the class and its subclass (``0110``). Whether
it is of a component or an occurrence is told by ``caseType``, or by whether there is a component.
"""

from __future__ import annotations

import re
from typing import Any

from yitong_command.domain.report import ReporterKind
from yitong_command.settings.platforms import Platform
from yitong_command.sources.adapters.base import Adapter, Draft
from yitong_command.sources.adapters.fields import Fields, json_items

KEYS = {
    "external_id": ("taskNum", "任务号", "caseNo", "案卷编号"),
    "sequence": ("seq", "序号"),
    "kind": ("action", "操作"),
    "case_type": ("caseType", "案件类型"),
    "code": ("subTypeCode", "小类代码", "typeCode"),
    "condition": ("condition", "立案条件"),
    "component": ("partCode", "部件编码", "部件标识码"),
    "title": ("title", "问题标题"),
    "text": ("eventDesc", "问题描述"),
    "address": ("address", "地址描述"),
    "grid_code": ("gridCode", "单元网格"),
    "x": ("coordinateX", "X坐标"),
    "y": ("coordinateY", "Y坐标"),
    "crs": ("coordinateSystem", "坐标系"),
    "reporter": ("source", "问题来源"),
    "reported_at": ("reportTime", "上报时间"),
}
_TYPES = {"event": "E", "事件": "E", "part": "P", "部件": "P", "1": "P", "2": "E"}
_CONDITIONS = {
    "missing": "missing",
    "缺失": "missing",
    "移位": "missing",
    "damaged": "",
    "破损": "",
}


def read(raw: Any, platform: Platform) -> Draft:
    """One filed case."""
    fields = Fields(raw, KEYS)
    component = fields.text("component", 40)
    number = fields.text("code", 12)
    if number and not re.fullmatch(r"[0-9]{4}|[0-9]{6}", number):
        raise fields.wrong("code", "应为 4 或 6 位数字", "must be 4 or 6 digits")
    letter = fields.choice("case_type", _TYPES, "P" if component else "E")
    condition = fields.choice("condition", _CONDITIONS, "")
    code = f"{letter}:{number[-4:]}" if number else ""
    if condition and f"{code}/{condition}" in platform.codes:
        code = f"{code}/{condition}"
    return Draft(
        external_id=fields.needed("external_id", 80),
        sequence=fields.sequence(),
        kind=fields.kind(),
        code=code,
        title=fields.text("title"),
        text=fields.text("text", 3000),
        x=fields.number("x"),
        y=fields.number("y"),
        crs=fields.text("crs", 40),
        address=fields.text("address", 400),
        grid_code=fields.text("grid_code", 20) or None,
        subject=f"component:{component}" if component else None,
        reporter=fields.reporter(ReporterKind.OFFICE),
        reported_at=fields.time("reported_at"),
        names=fields.names,
    )


ADAPTER = Adapter("city_management", json_items, read)
