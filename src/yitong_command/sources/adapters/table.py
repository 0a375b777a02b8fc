"""A table: CSV (UTF-8, UTF-16, GB18030) or Excel, with headers in Chinese or English."""

from __future__ import annotations

from typing import Any

from yitong_command.domain.report import ReporterKind
from yitong_command.errors import ConfigError
from yitong_command.settings.platforms import Platform
from yitong_command.settings.tables import TooLong, read_lines
from yitong_command.sources.adapters.base import MOST_ITEMS, Adapter, Draft, Wrong
from yitong_command.sources.adapters.fields import Fields

KEYS = {
    "external_id": ("编号", "external_id", "id"),
    "sequence": ("序号", "sequence"),
    "kind": ("操作", "kind"),
    "category": ("类别", "category"),
    "code": ("代码", "code"),
    "title": ("标题", "title"),
    "text": ("内容", "text"),
    "address": ("地址", "address"),
    "grid_code": ("网格编码", "grid_code"),
    "component": ("部件编码", "component"),
    "x": ("经度", "lon"),
    "y": ("纬度", "lat"),
    "crs": ("坐标系", "crs"),
    "severity": ("等级", "severity"),
    "reporter": ("上报人类型", "reporter"),
    "phone": ("联系电话", "phone"),
    "reported_at": ("上报时间", "reported_at"),
}


def split(body: bytes) -> list[Any]:
    """The rows of a table as objects under its headers.

    Raises:
        Wrong: If it is no table, or has no number column.
    """
    try:
        lines = read_lines(body, MOST_ROWS)
    except TooLong as exc:
        raise Wrong("", f"最多 {MOST_ROWS} 行", f"{MOST_ROWS} rows at most", "too_many") from exc
    except ConfigError as exc:
        raise Wrong("", "不是 CSV 或 Excel 表", f"no table: {exc.message}", "not_table") from exc
    head = [cell.strip() for cell in lines[0]] if lines else []
    if not set(head) & set(KEYS["external_id"]):
        raise Wrong(KEYS["external_id"][0], "表头没有“编号”列", "there is no such column")
    rows = [dict(zip(head, line, strict=False)) for line in lines[1:]]
    return [row for row in rows if any(row.values())]


def read(raw: Any, _platform: Platform) -> Draft:
    """One row."""
    fields = Fields(raw, KEYS)
    component = fields.text("component", 40)
    phone = fields.text("phone", 40)
    return Draft(
        external_id=fields.needed("external_id", 80),
        sequence=fields.sequence(),
        kind=fields.kind(),
        code=fields.text("code", 40),
        category=fields.text("category", 80) or None,
        severity=fields.severity(),
        title=fields.text("title"),
        text=fields.text("text", 3000),
        x=fields.number("x"),
        y=fields.number("y"),
        crs=fields.text("crs", 40),
        address=fields.text("address", 400),
        grid_code=fields.text("grid_code", 20) or None,
        subject=f"component:{component}" if component else None,
        reporter=fields.reporter(ReporterKind.UNKNOWN),
        contact=(phone,) if phone else (),
        reported_at=fields.time("reported_at"),
        names=fields.names,
    )


MOST_ROWS = MOST_ITEMS
ADAPTER = Adapter("table", split, read)
