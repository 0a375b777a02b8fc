"""Who holds a case, without gap or overlap, from its filing to its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.storage import tables as t

TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingView:
    """One person's holding of a case, ``[from_at, to_at)``; open while ``to_at`` is None."""

    case_id: str
    holder: str
    holder_name_zh: str
    holder_name_en: str
    from_at: datetime
    to_at: datetime | None


async def hand(
    session: AsyncSession, case_id: str, before: str | None, after: str | None, at: datetime
) -> None:
    """Write a change of the holder, in the transaction of the move that makes it.

    The end of one holding is the beginning of the next. Should the clock of this machine be
    behind the one that wrote the last holding, or at the same microsecond, that beginning is
    moved behind it.

    Args:
        session: Open transaction that has the case locked.
        case_id: The case.
        before: Who held it; None before filing and after an end.
        after: Who holds it now; None before filing and after an end.
        at: When.
    """
    if before == after:
        return
    h = t.holdings.c
    newest = func.max(h.from_at, type_=t.UtcTime)
    end = func.max(h.to_at, type_=t.UtcTime)
    query = select(newest, end, func.max(h.span)).where(h.case_id == case_id)
    last_from, last_to, span = (await session.execute(query)).one()
    at = max([at, *(moment + TICK for moment in (last_from,) if moment)])
    if last_to is not None:
        at = max(at, last_to)
    joined = before is not None
    if joined:
        open_row = (h.case_id == case_id) & h.to_at.is_(None)
        await session.execute(update(t.holdings).where(open_row).values(to_at=at))
    if after is None:
        return
    values: dict[str, Any] = {
        "case_id": case_id,
        "from_at": at,
        "span": span if joined else (span or 0) + 1,
        "prev_to_at": at if joined else None,
        "holder": after,
    }
    await session.execute(insert(t.holdings).values(values))


async def holder_at(session: AsyncSession, case_id: str, at: datetime) -> HoldingView | None:
    """Who held a case at a moment; None if it was not filed yet, or ended."""
    h = t.holdings.c
    found = await _views(session, case_id, h.from_at <= at, or_(h.to_at.is_(None), h.to_at > at))
    return found[0] if found else None


async def holdings_of(session: AsyncSession, case_id: str) -> tuple[HoldingView, ...]:
    """All holdings of a case, oldest first."""
    return await _views(session, case_id)


async def _views(session: AsyncSession, case_id: str, *where: Any) -> tuple[HoldingView, ...]:
    h, u = t.holdings.c, t.users.c
    query = (
        select(
            h.case_id, h.holder, h.from_at, h.to_at,
            func.coalesce(u.name_zh, h.holder).label("holder_name_zh"),
            func.coalesce(u.name_en, h.holder).label("holder_name_en"),
        )
        .outerjoin(t.users, u.username == h.holder)
        .where(h.case_id == case_id, *where)
        .order_by(h.from_at)
    )  # fmt: skip
    return tuple(HoldingView(**row) for row in (await session.execute(query)).mappings())
