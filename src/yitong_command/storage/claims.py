"""Who works on which alert now, so that two operators never work on one unseen.

A claim is a sign for the others, not a lock on the case: it ends by itself soon after the screen
that made it went away, and it is taken over only by somebody who says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import Actor
from yitong_command.errors import Refusal
from yitong_command.storage import tables as t
from yitong_command.storage.access import visible_cases
from yitong_command.storage.locks import lock_names

LASTS = timedelta(seconds=45)
"""A screen says every 15 s that it is still there; two of these may get lost."""


class Claimed(Refusal):
    """Somebody else works on it."""

    code = "claimed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who works on a case, and until when unless they say so again."""

    case_id: str
    username: str
    name_zh: str
    name_en: str
    taken_at: datetime
    until: datetime
    grid_code: str | None


async def list_claims(session: AsyncSession, actor: Actor, now: datetime) -> tuple[Claim, ...]:
    """Every claim that holds now on a case that this person may see."""
    query = _claims().where(t.claims.c.until > now, visible_cases(actor))
    found = (await session.execute(query.order_by(t.claims.c.case_id))).mappings()
    return tuple(Claim(**row) for row in found)


async def claim(
    session: AsyncSession, case_id: str, username: str, now: datetime, *, take: bool = False
) -> tuple[Claim, str | None]:
    """Say that this person works on a case, or still does.

    Args:
        session: Open transaction; the caller commits.
        case_id: The case; it exists.
        username: The person.
        now: The time.
        take: Whether somebody else's claim is taken over on purpose.

    Returns:
        The claim, and from whom it was taken over, or None.

    Raises:
        Claimed: If somebody else works on it and ``take`` is not set.
    """
    await lock_names(session, [f"claim/{case_id}"])
    held = await claim_of(session, case_id, now)
    other = held if held and held.username != username else None
    if other and not take:
        raise Claimed(
            f"{other.name_zh} 正在处理这条警情", f"{other.name_en} is working on this alert"
        )
    since = held.taken_at if held and other is None else now
    c = t.claims.c
    ended = (c.case_id == case_id) | (c.until <= now)
    await session.execute(delete(t.claims).where(ended))
    row = {"case_id": case_id, "username": username, "taken_at": since, "until": now + LASTS}
    await session.execute(insert(t.claims).values(row))
    query = _claims().where(c.case_id == case_id)
    made = (await session.execute(query)).mappings().one()
    return Claim(**made), other.username if other else None


async def release(session: AsyncSession, case_id: str, username: str, now: datetime) -> bool:
    """End this person's claim; False if there was none of theirs."""
    c = t.claims.c
    query = update(t.claims).where(c.case_id == case_id, c.username == username, c.until > now)
    done = await session.execute(query.values(until=now).returning(c.case_id))
    return done.first() is not None


async def claim_of(session: AsyncSession, case_id: str, now: datetime) -> Claim | None:
    """Who works on this case now, or None."""
    query = _claims().where(t.claims.c.case_id == case_id, t.claims.c.until > now)
    row = (await session.execute(query)).mappings().one_or_none()
    return Claim(**row) if row else None


def _claims() -> Select[Any]:
    c = t.claims.c
    return (
        select(
            c.case_id, c.username, t.users.c.name_zh, t.users.c.name_en, c.taken_at, c.until,
            t.cases.c.grid_code,
        )
        .join(t.users, t.users.c.username == c.username)
        .join(t.cases, t.cases.c.case_id == c.case_id)
    )  # fmt: skip
