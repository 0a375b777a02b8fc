"""What waits to be sent to webhooks, was sent, and how far the topics were read for them.

Deliveries of one case are sent in the order of their ids, one after the other; those of other
cases do not wait for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, exists, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.webhook import Changed, body_of, wants
from yitong_command.storage import tables as t
from yitong_command.storage.tables_kit import webhook_deliveries, webhook_positions, webhooks
from yitong_command.storage.webhooks import ACTIVE, Webhook, find, list_all

Position = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Due:
    """One delivery that may be sent now."""

    id: int
    webhook_id: str
    message_id: str
    body: dict[str, Any]
    queued_at: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class Came:
    """A change and when the topic got it."""

    changed: Changed
    at: datetime


async def queue_test(session: AsyncSession, webhook_id: str, now: datetime) -> int:
    """Put one trial message behind what waits; gives the delivery's number.

    Raises:
        NotFound: If there is no such webhook.
    """
    await find(session, webhook_id)
    number = f"test-{uuid4()}"
    body = {"type": "test.ping", "timestamp": now.isoformat(), "data": {"webhook_id": webhook_id}}
    row = _row(webhook_id, number, "", body, now, now)
    made = await session.execute(
        insert(webhook_deliveries).values(row).returning(webhook_deliveries.c.id)
    )
    return int(made.scalar_one())


async def result_of(session: AsyncSession, delivery_id: int) -> tuple[bool, str]:
    """Whether a delivery arrived, and what went wrong at the last try."""
    d = webhook_deliveries.c
    query = select(d.delivered_at, d.problem).where(d.id == delivery_id)
    row = (await session.execute(query)).one_or_none()
    return (row is not None and row.delivered_at is not None), row.problem if row else ""


async def positions(session: AsyncSession) -> dict[Position, int]:
    """Next offset of every partition that was read."""
    p = webhook_positions.c
    found = (await session.execute(select(p.topic, p.partition, p.next_offset))).all()
    return {(topic, number): offset for topic, number, offset in found}


async def move_on(session: AsyncSession, offsets: Mapping[Position, int]) -> None:
    """Remember how far the topics were read, in the transaction of what was read."""
    for (topic, number), offset in offsets.items():
        await session.execute(
            text(
                'INSERT INTO webhook_positions (topic, "partition", next_offset) '
                "VALUES (:topic, :number, :offset) "
                'ON CONFLICT (topic, "partition") DO UPDATE SET next_offset = excluded.next_offset'
            ),
            {"topic": topic, "number": number, "offset": offset},
        )


async def cases_of(
    session: AsyncSession, case_ids: Iterable[str]
) -> dict[str, tuple[str, str | None]]:
    """Category with subtype, and grid, of cases; as the database has them, never as told."""
    c = t.cases.c
    query = select(c.case_id, c.category, c.subtype, c.grid_code)
    query = query.where(c.case_id.in_(sorted(set(case_ids))))
    found = (await session.execute(query)).all()
    return {number: (f"{category}.{sub}", grid) for number, category, sub, grid in found}


async def queue(session: AsyncSession, came: Sequence[Came], now: datetime) -> int:
    """Let every active subscriber have what it wants of these changes; how many were added.

    A change that is there already, because its record came twice, is not added again.
    """
    rows = [
        _row(hook.webhook_id, item.changed.change_id, item.changed.case_id,
             body_of(item.changed), item.at, now)
        for hook in await list_all(session)
        if hook.state == ACTIVE
        for item in came
        if item.at >= hook.made_at and wants(hook.wanted, item.changed)
    ]  # fmt: skip
    return await _insert_new(session, rows)


async def clear(session: AsyncSession, webhook_id: str, since: datetime) -> None:
    """Take away what a subscriber got or waits for since a time; it is about to come anew."""
    d = webhook_deliveries.c
    gone = delete(webhook_deliveries).where(d.webhook_id == webhook_id, d.at >= since)
    await session.execute(gone)


async def refill(
    session: AsyncSession, hook: Webhook, came: Sequence[Came], since: datetime, now: datetime
) -> int:
    """Queue changes since a time for one subscriber; how many were added."""
    rows = [
        _row(hook.webhook_id, item.changed.change_id, item.changed.case_id,
             body_of(item.changed), item.at, now)
        for item in came
        if item.at >= since and wants(hook.wanted, item.changed)
    ]  # fmt: skip
    return await _insert_new(session, rows)


async def refilled(session: AsyncSession, webhook_id: str, since: datetime) -> None:
    """A replay is queued whole; another one asked for meanwhile stays asked for."""
    w = webhooks.c
    asked = update(webhooks).where(w.webhook_id == webhook_id, w.replay_from == since)
    await session.execute(asked.values(replay_from=None))


async def due(session: AsyncSession, webhook_id: str, now: datetime, limit: int) -> tuple[Due, ...]:
    """What may be sent now: of every case the oldest that waits, if its time has come."""
    d = webhook_deliveries.c
    before = webhook_deliveries.alias("before")
    older = exists().where(
        before.c.webhook_id == d.webhook_id, before.c.case_id == d.case_id,
        before.c.delivered_at.is_(None), before.c.id < d.id,
    )  # fmt: skip
    query = (
        select(d.id, d.webhook_id, d.message_id, d.body, d.queued_at, d.attempts)
        .where(d.webhook_id == webhook_id, d.delivered_at.is_(None), d.next_at <= now, ~older)
        .order_by(d.next_at, d.id)
        .limit(limit)
    )
    return tuple(Due(**row) for row in (await session.execute(query)).mappings())


async def delivered(session: AsyncSession, delivery_id: int, now: datetime) -> None:
    """It arrived."""
    d = webhook_deliveries.c
    arrived = update(webhook_deliveries).where(d.id == delivery_id)
    await session.execute(arrived.values(delivered_at=now, problem="", attempts=d.attempts + 1))


async def failed(session: AsyncSession, delivery_id: int, next_at: datetime, problem: str) -> None:
    """It did not arrive; try again then."""
    d = webhook_deliveries.c
    late = update(webhook_deliveries).where(d.id == delivery_id, d.delivered_at.is_(None))
    values = {"attempts": d.attempts + 1, "next_at": next_at, "problem": problem[:400]}
    await session.execute(late.values(values))


async def forget(session: AsyncSession, before: datetime) -> None:
    """Delete what was delivered before this time."""
    d = webhook_deliveries.c
    await session.execute(delete(webhook_deliveries).where(d.delivered_at < before))


async def _insert_new(session: AsyncSession, rows: list[dict[str, Any]]) -> int:
    d = webhook_deliveries.c
    numbers = {row["message_id"] for row in rows}
    query = select(d.webhook_id, d.message_id).where(d.message_id.in_(numbers))
    known = {(hook, number) for hook, number in (await session.execute(query)).all()}
    fresh = []
    for row in rows:
        key = (row["webhook_id"], row["message_id"])
        if key not in known:
            known.add(key)
            fresh.append(row)
    for start in range(0, len(fresh), 500):
        await session.execute(insert(webhook_deliveries), fresh[start : start + 500])
    return len(fresh)


def _row(  # noqa: PLR0913 - the columns of a delivery
    webhook_id: str, number: str, case_id: str, body: dict[str, Any], at: datetime, now: datetime
) -> dict[str, Any]:
    return {
        "webhook_id": webhook_id, "message_id": number, "case_id": case_id, "body": body,
        "at": at, "queued_at": now, "next_at": now, "attempts": 0, "delivered_at": None,
        "problem": "",
    }  # fmt: skip
