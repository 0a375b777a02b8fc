"""What may hang on a wall: counts by grid, and cases by kind and township, without a name.

A case about a protected person is in the counts and in nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import OPEN, Actor, State
from yitong_command.domain.privacy import PREFIX
from yitong_command.storage import tables as t
from yitong_command.storage.access import in_area_of

_OPEN = [state.value for state in OPEN]


@dataclass(frozen=True, slots=True)
class GridLoad:
    """Open cases of one grid and severity; ``grid_code`` is None outside all grids."""

    grid_code: str | None
    severity: int
    open: int
    fresh: int
    overdue: int


@dataclass(frozen=True, slots=True)
class WallCase:
    """A case as a wall tells of it: what kind, how severe, in which grid, since when."""

    category: str
    subtype: str
    severity: int
    state: str
    source: str
    grid_code: str | None
    reported_at: datetime
    due_at: datetime | None


async def loads(session: AsyncSession, within: Actor, at: datetime) -> tuple[GridLoad, ...]:
    """Open cases by grid and severity; those that wait for a decision and are overdue, too."""
    c = t.cases.c
    query = (
        select(
            c.grid_code, c.severity, func.count(),
            func.sum(case((c.state == State.REPORTED.value, 1), else_=0)),
            func.sum(case((c.due_at < at, 1), else_=0)),
        )
        .where(c.state.in_(_OPEN), in_area_of(within, c.grid_code))
        .group_by(c.grid_code, c.severity)
        .order_by(c.grid_code, c.severity)
    )  # fmt: skip
    return tuple(
        GridLoad(code, severity, count, int(fresh), int(overdue))
        for code, severity, count, fresh, overdue in await session.execute(query)
    )


async def fresh(session: AsyncSession, within: Actor, limit: int) -> tuple[WallCase, ...]:
    """Reports that wait for a decision, the newest first."""
    c = t.cases.c
    return await _cases(
        session, within, c.state == State.REPORTED.value, c.reported_at.desc(), limit
    )


async def overdue(
    session: AsyncSession, within: Actor, at: datetime, limit: int
) -> tuple[WallCase, ...]:
    """Open cases whose deadline has passed, the most severe and latest first."""
    c = t.cases.c
    return await _cases(session, within, c.due_at < at, c.due_at, limit, c.severity)


async def _cases(
    session: AsyncSession,
    within: Actor,
    where: ColumnElement[bool],
    order: ColumnElement[datetime],
    limit: int,
    *first: ColumnElement[int],
) -> tuple[WallCase, ...]:
    c = t.cases.c
    query = (
        select(
            c.category, c.subtype, c.severity, c.state, c.source, c.grid_code, c.reported_at,
            c.due_at,
        )
        .where(
            c.state.in_(_OPEN), where, in_area_of(within, c.grid_code),
            c.category.not_like(f"{PREFIX.rstrip('_')}\\_%", escape="\\"),
        )
        .order_by(*first, order, c.case_id)
        .limit(limit)
    )  # fmt: skip
    return tuple(WallCase(*row) for row in await session.execute(query))
