"""Cases as the public may see them: number, kind, rough place, state and times, nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.public import DECIMALS, SHOWN
from yitong_command.storage import tables as t

MAX_PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicCase:
    """One case; no words of whoever reported it, no picture, no person."""

    case_id: str
    state: str
    category: str
    subtype: str
    grid_code: str | None
    lon: float
    lat: float
    reported_at: datetime
    updated_at: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicFilter:
    """Which ones; empty fields do not filter.

    Attributes:
        case_ids: Numbers.
        services: Codes of category and subtype with a dot.
        states: Case states, of those that are shown.
        since: Reported from then on.
        until: Reported until then.
        page: From 1.
        page_size: 1 to 200.
    """

    case_ids: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    states: frozenset[str] = frozenset()
    since: datetime | None = None
    until: datetime | None = None
    page: int = 1
    page_size: int = 100


async def list_public(
    session: AsyncSession, categories: tuple[str, ...], wanted: PublicFilter
) -> tuple[PublicCase, ...]:
    """Cases of these categories, newest first.

    Args:
        session: Open transaction.
        categories: The public ones; nothing outside them is ever told.
        wanted: Which of them.
    """
    c = t.cases.c
    shown = {state.value for state in SHOWN} & set(wanted.states or SHOWN)
    query = _query().where(c.category.in_(categories), c.state.in_(sorted(shown)))
    if wanted.case_ids:
        query = query.where(c.case_id.in_(wanted.case_ids))
    if wanted.services:
        query = query.where((c.category + "." + c.subtype).in_(wanted.services))
    if wanted.since is not None:
        query = query.where(c.reported_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(c.reported_at <= wanted.until)
    size = max(1, min(wanted.page_size, MAX_PAGE))
    query = query.order_by(c.reported_at.desc(), c.case_id.desc())
    query = query.limit(size).offset((max(1, wanted.page) - 1) * size)
    return tuple(_public(row) for row in (await session.execute(query)).mappings())


def _query() -> Select[Any]:
    c = t.cases.c
    return select(
        c.case_id, c.state, c.category, c.subtype, c.grid_code, c.lon, c.lat, c.reported_at,
        c.updated_at, c.due_at,
    )  # fmt: skip


def _public(row: Any) -> PublicCase:
    values = dict(row)
    for name in ("lon", "lat"):
        values[name] = round(values[name], DECIMALS)
    return PublicCase(**values)
