"""Alerts: notices on the operators' screens."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import Actor
from yitong_command.storage import rows
from yitong_command.storage import tables as t
from yitong_command.storage.access import visible_cases
from yitong_command.storage.views import MAX_PAGE, AlertView


async def list_alerts(
    session: AsyncSession,
    limit: int = 200,
    open_only: bool = False,
    visible_to: Actor | None = None,
) -> tuple[AlertView, ...]:
    """Alerts, newest first.

    Args:
        session: Open transaction.
        limit: So many at most.
        open_only: Only those that no operator has judged yet.
        visible_to: If given, only those of cases that this person may see.
    """
    case = t.cases.c
    query = select(
        t.alerts,
        case.severity, case.category, case.subtype, case.source, case.title_zh, case.title_en,
        case.place_zh, case.place_en, case.lon, case.lat, case.crs, case.grid_code,
        case.state.label("case_state"), case.version.label("case_version"),
    ).join(t.cases, case.case_id == t.alerts.c.case_id)  # fmt: skip
    if visible_to is not None:
        query = query.where(visible_cases(visible_to))
    if open_only:
        query = query.where(t.alerts.c.state == "open")
    query = query.order_by(t.alerts.c.opened_at.desc(), t.alerts.c.alert_id.desc())
    found = (await session.execute(query.limit(max(1, min(limit, MAX_PAGE))))).mappings()
    return tuple(rows.alert_view(row) for row in found)
