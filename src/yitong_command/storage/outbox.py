"""The outbox: messages of committed changes, sent in order by whoever has the lease."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.storage import tables as t
from yitong_command.storage.views import OutboxRow

RELAY = "outbox"


async def take_lease(
    session: AsyncSession, owner: str, now: datetime, hold_s: float, name: str = RELAY
) -> bool:
    """Take or renew a lease; False if somebody else has it.

    Args:
        session: Open transaction; the lease counts once it is committed.
        owner: Who wants it, unique for each process and each of its starts.
        now: The current time; clocks of the machines may differ by less than ``hold_s``.
        hold_s: Seconds until it runs out unless renewed.
        name: Which lease.
    """
    statement = text(
        "INSERT INTO relay_lease (name, owner, expires_at) VALUES (:name, :owner, :until) "
        "ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at "
        "WHERE relay_lease.owner = excluded.owner OR relay_lease.expires_at <= :now "
        "RETURNING owner"
    ).bindparams(
        bindparam("name", name, t.NAME),
        bindparam("owner", owner, t.relay_lease.c.owner.type),
        bindparam("until", now + timedelta(seconds=hold_s), t.UtcTime),
        bindparam("now", now, t.UtcTime),
    )
    return bool(await session.scalar(statement) == owner)


async def drop_lease(session: AsyncSession, owner: str, name: str = RELAY) -> None:
    """Give the lease back, so that another need not wait until it runs out."""
    lease = t.relay_lease.c
    await session.execute(delete(t.relay_lease).where(lease.name == name, lease.owner == owner))


async def waiting(session: AsyncSession, limit: int) -> tuple[OutboxRow, ...]:
    """The next messages to send, in the order they were written."""
    o = t.outbox.c
    query = (
        select(o.id, o.topic, o.key, o.payload, o.at)
        .where(o.relayed_at.is_(None))
        .order_by(o.id)
        .limit(limit)
    )
    return tuple(OutboxRow(**row) for row in (await session.execute(query)).mappings())


async def mark_relayed(session: AsyncSession, ids: Sequence[int], at: datetime) -> None:
    """Remember that the broker acknowledged these messages."""
    await session.execute(update(t.outbox).where(t.outbox.c.id.in_(ids)).values(relayed_at=at))


async def backlog(session: AsyncSession) -> tuple[int, datetime | None]:
    """How many messages wait, and the time of the oldest; None if none waits."""
    o = t.outbox.c
    query = select(func.count(), func.min(o.at)).where(o.relayed_at.is_(None))
    count, oldest = (await session.execute(query)).one()
    return int(count), oldest


async def forget(session: AsyncSession, before: datetime) -> None:
    """Delete messages that were relayed before this time."""
    await session.execute(delete(t.outbox).where(t.outbox.c.relayed_at < before))
