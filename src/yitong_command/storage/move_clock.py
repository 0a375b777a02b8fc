"""Bounds that a move sets or keeps: handing back, extensions, pauses.

Deadlines themselves follow the case; see :mod:`yitong_command.storage.case_clock`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.clock import Limit, due_at
from yitong_command.domain.county import County
from yitong_command.domain.pause import MAX_PAUSE, Pause, PauseReason
from yitong_command.errors import IllegalTransition, NotFound
from yitong_command.storage import notices
from yitong_command.storage import tables as t

RETURN_SHARE = 0.15
MAX_RETURN_MINUTES = 240


def start_clock(row: dict[str, Any], county: County, at: datetime, *, rework: bool) -> None:
    """Write when a case was dispatched, and until when it may be handed back."""
    limit = limit_of(row, county)
    if rework:
        limit = limit.for_rework()
    minutes = max(1, min(int(limit.minutes * RETURN_SHARE), MAX_RETURN_MINUTES))
    window = replace(limit, minutes=minutes)
    row |= {"dispatched_at": at, "return_until": due_at(at, window, county.calendar)}


def check_minutes(row: dict[str, Any], county: County, minutes: int) -> None:
    """Refuse an extension that is longer than the limit itself.

    Raises:
        IllegalTransition: If it is.
    """
    limit = limit_of(row, county)
    if minutes > limit.minutes:
        raise IllegalTransition(
            f"延期不得超过原时限({limit.minutes} 分钟)",
            f"an extension is at most as long as the limit ({limit.minutes} minutes)",
        )


def check_pause(at: datetime, until: datetime | None, reason: str | None) -> None:
    """Refuse a pause without a lawful reason, without an end, or of more than 92 days.

    Raises:
        IllegalTransition: If it is one.
    """
    if reason not in set(PauseReason) or until is None or not at < until <= at + MAX_PAUSE:
        raise IllegalTransition(
            f"挂账须有法定事由({', '.join(PauseReason)})和 92 天以内的截止时间",
            f"a pause has one of the reasons {', '.join(PauseReason)} and ends within 92 days",
        )


async def begin_pause(
    session: AsyncSession, asked: dict[str, Any], at: datetime, granted_by: str
) -> None:
    """Write that a case is suspended from now on.

    Raises:
        IllegalTransition: If what was asked for is over by now.
    """
    check_pause(at, asked["until"], asked["reason"])
    await session.execute(
        insert(t.pauses).values(
            case_id=asked["case_id"], begin_at=at, until=asked["until"], reason=asked["reason"],
            note=asked["note"], asked_by=asked["asked_by"], granted_by=granted_by,
        )
    )  # fmt: skip


async def end_pause(session: AsyncSession, case_id: str, at: datetime) -> Pause | None:
    """Write that a case goes on or is over; the pause that ended, or None if there was none."""
    p = t.pauses.c
    ended = await session.execute(
        update(t.pauses)
        .where(p.case_id == case_id, p.ended_at.is_(None))
        .values(ended_at=at)
        .returning(*t.pauses.c)
    )
    row = ended.mappings().one_or_none()
    return _pause(row) if row else None


async def pauses_of(session: AsyncSession, case_id: str) -> tuple[Pause, ...]:
    """The lawful pauses of a case, oldest first."""
    query = select(t.pauses).where(t.pauses.c.case_id == case_id).order_by(t.pauses.c.begin_at)
    return tuple(_pause(row) for row in (await session.execute(query)).mappings())


def _pause(row: Any) -> Pause:
    return Pause(
        begin_at=row["begin_at"], until=row["until"],
        ended_at=max(row["ended_at"], row["begin_at"]) if row["ended_at"] else None,
        reason=PauseReason(row["reason"]), note=row["note"], asked_by=row["asked_by"],
        granted_by=row["granted_by"],
    )  # fmt: skip


def limit_of(row: dict[str, Any], county: County) -> Limit:
    """How long this case may take from dispatch until it is handled.

    Raises:
        NotFound: If the taxonomy does not know its category.
    """
    code = notices.category_of(row)
    found = county.taxonomy.find(code)
    if found is None:
        raise NotFound(f"类别表中没有 {code}", f"the taxonomy has no {code}")
    return found[1].resolve
