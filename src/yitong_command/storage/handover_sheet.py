"""What a shift leaves behind: the part of the handover sheet that the store knows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import OPEN, Actor
from yitong_command.domain.states import UNFILED
from yitong_command.storage import tables as t
from yitong_command.storage.access import visible_cases
from yitong_command.storage.names import names_of
from yitong_command.storage.notices import told_case

URGENT = 2
"""Severities up to this one are handed over one by one."""

MOST = 200
"""Rows of one list; the number beside it counts all."""

_FIELDS = (
    "case_id", "severity", "state", "title_zh", "title_en", "place_zh", "place_en", "grid_code",
    "holder",
)  # fmt: skip
_OPEN = [state.value for state in OPEN]
_UNFILED = [state.value for state in UNFILED]


async def case_lists(
    session: AsyncSession, actor: Actor, outgoing: str, at: datetime
) -> dict[str, Any]:
    """Open cases that the next shift has to know of, as JSON; protected ones say no details.

    Args:
        session: Open transaction.
        actor: Who looks: only cases in their area are told of.
        outgoing: Whose own cases are listed too.
        at: Now.

    Returns:
        ``urgent``, ``overdue`` and ``held``, each with ``total`` and ``items``, and ``open``.
    """
    c = t.cases.c
    here = (visible_cases(actor), c.state.in_(_OPEN))
    names: set[str] = set()
    result: dict[str, Any] = {
        "open": int(
            await session.scalar(select(func.count()).select_from(t.cases).where(*here)) or 0
        )
    }
    for name, where in (
        ("urgent", c.severity <= URGENT),
        ("overdue", c.due_at < at),
        ("held", c.holder == outgoing),
    ):
        rows = await _rows(session, (*here, where))
        names |= {row["holder"] for row in rows["items"] if row["holder"]}
        result[name] = rows
    known = await names_of(session, names)
    for name in ("urgent", "overdue", "held"):
        for row in result[name]["items"]:
            zh, en = known.get(row["holder"] or "", (row["holder"] or "", row["holder"] or ""))
            row |= {"holder_name_zh": zh, "holder_name_en": en}
    return result


async def unacknowledged(session: AsyncSession, actor: Actor) -> tuple[str, ...]:
    """Critical cases that nobody has taken a decision on; a shift can't end with one."""
    c = t.cases.c
    query = (
        select(c.case_id)
        .where(visible_cases(actor), c.severity == 1, c.state.in_(_UNFILED))
        .order_by(c.reported_at, c.case_id)
    )
    return tuple(await session.scalars(query))


async def held_by(session: AsyncSession, username: str) -> tuple[str, ...]:
    """Open cases that this person holds."""
    c = t.cases.c
    query = select(c.case_id).where(c.holder == username, c.state.in_(_OPEN)).order_by(c.case_id)
    return tuple(await session.scalars(query))


async def _rows(session: AsyncSession, where: Iterable[ColumnElement[bool]]) -> dict[str, Any]:
    c = t.cases.c
    conditions = tuple(where)
    total = await session.scalar(select(func.count()).select_from(t.cases).where(*conditions))
    query = (
        select(t.cases)
        .where(*conditions)
        .order_by(c.severity, c.due_at.is_(None), c.due_at, c.case_id)
        .limit(MOST)
    )
    found = (await session.execute(query)).mappings()
    return {"total": int(total or 0), "items": [_row(dict(row)) for row in found]}


def _row(case: dict[str, Any]) -> dict[str, Any]:
    shown = told_case(case)
    return {
        **{name: shown[name] for name in _FIELDS},
        "due_at": case["due_at"].isoformat() if case["due_at"] else None,
        "reported_at": case["reported_at"].isoformat(),
    }
