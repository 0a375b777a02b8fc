"""Alerts: notices on the operators' screens."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.storage import rows
from yitong_command.storage import tables as t
from yitong_command.storage.views import MAX_PAGE, AlertView


async def list_alerts(
    session: AsyncSession, limit: int = 200, open_only: bool = False
) -> tuple[AlertView, ...]:
    """Alerts, newest first; with ``open_only`` those that no operator has judged yet."""
    case = t.cases.c
    query = select(
        t.alerts,
        case.severity, case.category, case.subtype, case.source, case.title_zh, case.title_en,
        case.place_zh, case.place_en, case.lon, case.lat, case.crs, case.grid_code,
        case.state.label("case_state"), case.version.label("case_version"),
    ).join(t.cases, case.case_id == t.alerts.c.case_id)  # fmt: skip
    if open_only:
        query = query.where(t.alerts.c.state == "open")
    query = query.order_by(t.alerts.c.opened_at.desc(), t.alerts.c.alert_id.desc())
    found = (await session.execute(query.limit(max(1, min(limit, MAX_PAGE))))).mappings()
    return tuple(rows.alert_view(row) for row in found)
