"""Counts for the first screen."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import OPEN, Actor
from yitong_command.domain.privacy import GROUP, is_protected
from yitong_command.storage import tables as t
from yitong_command.storage.access import in_area_of


async def counts(
    session: AsyncSession, since: datetime, within: Actor | None = None
) -> dict[str, Any]:
    """How many cases were reported since then, by state, category and severity.

    Args:
        session: Open transaction.
        since: Reported from then on.
        within: If given, only what lies in this person's area.

    Returns:
        ``{"cases": n, "alerts": n, "by_state": {...}, "by_category": {...}, "by_severity": {...}}``
        where ``alerts`` counts every notice, repeats too, and severities are text keys.
    """
    c = t.cases.c
    here = true() if within is None else in_area_of(within, c.grid_code)
    result: dict[str, Any] = {}
    for name, column in (
        ("by_state", c.state),
        ("by_category", c.category),
        ("by_severity", c.severity),
    ):
        query = select(column, func.count()).where(c.reported_at >= since, here)
        found = await session.execute(query.group_by(column))
        sums: dict[str, int] = {}
        for key, count in found:
            word = GROUP if name == "by_category" and is_protected(key) else str(key)
            sums[word] = sums.get(word, 0) + count
        result[name] = sums
    result["cases"] = sum(result["by_state"].values())
    alerts = select(func.coalesce(func.sum(t.alerts.c.repeats + 1), 0))
    alerts = alerts.join(t.cases, c.case_id == t.alerts.c.case_id)
    alerts = alerts.where(t.alerts.c.opened_at >= since, here)
    result["alerts"] = int(await session.scalar(alerts) or 0)
    return result


async def open_cases_by_grid(session: AsyncSession) -> dict[str, int]:
    """Open cases of every grid that has one."""
    c = t.cases.c
    query = (
        select(c.grid_code, func.count())
        .where(c.state.in_([state.value for state in OPEN]), c.grid_code.is_not(None))
        .group_by(c.grid_code)
    )
    return {code: count for code, count in await session.execute(query)}
