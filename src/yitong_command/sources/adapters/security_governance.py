"""Public-security governance (社会治安综合治理, GB/T 31000): disputes and hazards.

Of its modules only disputes and school surroundings are taken. The registers of people (实有人口,
特殊人群, 重点青少年) are not: a record of a person is refused, whatever it says.
"""

from __future__ import annotations

from typing import Any

from yitong_command.domain.report import ReporterKind
from yitong_command.settings.platforms import Platform
from yitong_command.sources.adapters.base import Adapter, Draft
from yitong_command.sources.adapters.fields import Fields, json_items

KEYS = {
    "external_id": ("issueId", "事件编号", "serialNumber"),
    "sequence": ("seq", "流转序号"),
    "kind": ("operate", "操作类型"),
    "module": ("moduleCode", "模块"),
    "code": ("issueType", "事件类型"),
    "title": ("subject", "事件名称"),
    "text": ("issueContent", "事件简述"),
    "address": ("occurLocation", "发生地点"),
    "grid_code": ("occurOrgCode", "网格编码"),
    "x": ("longitude", "经度"),
    "y": ("latitude", "纬度"),
    "crs": ("crs", "坐标系"),
    "severity": ("emergencyLevel", "紧急程度"),
    "reported_at": ("occurDate", "发生时间"),
}
_MODULES = {"dispute": "dispute", "矛盾纠纷": "dispute", "school": "school", "校园周边": "school"}
_PEOPLE = {"actualpopulation", "实有人口", "specialgroups", "特殊人群", "youth", "重点青少年"}


def read(raw: Any, _platform: Platform) -> Draft:
    """One issue of a module."""
    fields = Fields(raw, KEYS)
    if fields.text("module", 40).casefold() in _PEOPLE:
        raise fields.wrong(
            "module", "不接收人员名册类数据", "registers of people are not taken", "people_refused"
        )
    module = fields.choice("module", _MODULES, "dispute")
    kind = fields.text("code", 40)
    return Draft(
        external_id=fields.needed("external_id", 80),
        sequence=fields.sequence(),
        kind=fields.kind(),
        code=f"{module}/{kind}" if kind else "",
        severity=fields.severity(),
        title=fields.text("title"),
        text=fields.text("text", 3000),
        x=fields.number("x"),
        y=fields.number("y"),
        crs=fields.text("crs", 40),
        address=fields.text("address", 400),
        grid_code=fields.text("grid_code", 20) or None,
        reporter=ReporterKind.OFFICE,
        reported_at=fields.time("reported_at"),
        names=fields.names,
    )


ADAPTER = Adapter("security_governance", json_items, read)
