"""Words that several partners use for the same things."""

from __future__ import annotations

from yitong_command.domain.report import ReporterKind, ReportKind

KINDS = {
    "new": ReportKind.NEW, "add": ReportKind.NEW, "新增": ReportKind.NEW, "上报": ReportKind.NEW,
    "update": ReportKind.UPDATE, "edit": ReportKind.UPDATE, "更新": ReportKind.UPDATE,
    "补充": ReportKind.UPDATE, "催办": ReportKind.UPDATE,
    "withdrawn": ReportKind.WITHDRAWN, "cancel": ReportKind.WITHDRAWN,
    "delete": ReportKind.WITHDRAWN, "撤回": ReportKind.WITHDRAWN, "撤销": ReportKind.WITHDRAWN,
    "作废": ReportKind.WITHDRAWN,
}  # fmt: skip

REPORTERS = {
    "citizen": ReporterKind.CITIZEN, "居民": ReporterKind.CITIZEN, "群众": ReporterKind.CITIZEN,
    "公众举报": ReporterKind.CITIZEN, "owner": ReporterKind.CITIZEN, "业主": ReporterKind.CITIZEN,
    "worker": ReporterKind.WORKER, "网格员": ReporterKind.WORKER, "监督员": ReporterKind.WORKER,
    "监督员上报": ReporterKind.WORKER, "采集员": ReporterKind.WORKER,
    "屯长": ReporterKind.WORKER,
    "office": ReporterKind.OFFICE, "单位": ReporterKind.OFFICE, "物业": ReporterKind.OFFICE,
    "device": ReporterKind.DEVICE, "设备": ReporterKind.DEVICE, "传感器": ReporterKind.DEVICE,
}  # fmt: skip

SEVERITIES = {
    "1": 1, "特急": 1, "critical": 1, "2": 2, "紧急": 2, "urgent": 2, "3": 3, "一般": 3,
    "normal": 3, "4": 4, "轻微": 4, "minor": 4,
}  # fmt: skip
"""1 is the highest, as with us."""
