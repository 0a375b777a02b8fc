"""The ledger in the database: three counts of the same messages, and the alarms of what differs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, false, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.ledger import Alarm, Difference, Missing
from yitong_command.storage import tables as t

KEEP = timedelta(days=35)
LEASE = "ledger"
"""Who has this lease keeps the ledger."""
ASK_AT_ONCE = 400
"""Incidents whose case is looked up in one question."""

Position = tuple[str, int]
"""Topic and partition."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One message as one of the counts met it.

    Attributes:
        message_id: Its name.
        source: Where it came from.
        hour: Hour in which it changed, aware UTC.
        worker: Who captured it; "" where that is not said.
    """

    message_id: str
    source: str
    hour: datetime
    worker: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """The counts of one source and hour.

    ``copies`` are messages that lay on the topic more than once; ``dead`` became dead letters;
    the last three are the differences of now, whether their grace is over or not.
    """

    source: str
    hour: datetime
    captured: int
    delivered: int
    cased: int
    dead: int
    copies: int
    not_delivered: int
    not_cased: int
    not_captured: int


async def positions(session: AsyncSession, topics: Iterable[str]) -> dict[Position, int]:
    """Where reading of these topics goes on."""
    p = t.ledger_positions.c
    query = select(p.topic, p.partition, p.next_offset).where(p.topic.in_(list(topics)))
    return {(row[0], row[1]): int(row[2]) for row in await session.execute(query)}


async def move_on(session: AsyncSession, offsets: Mapping[Position, int]) -> None:
    """Remember where reading goes on, in the transaction of what was read."""
    rows = [
        {"topic": topic, "partition": number, "next_offset": offset}
        for (topic, number), offset in sorted(offsets.items())
    ]
    await _upsert(session, t.ledger_positions, rows, ("topic", "partition"), ("next_offset",))


async def captured(session: AsyncSession, entries: Sequence[Entry], at: datetime) -> None:
    """Count what workers stated; once, however often they state it."""
    rows = [_row(entry, at) | {"captured_at": at, "worker": entry.worker} for entry in entries]
    await _count(session, rows, ("captured_at", "worker"))


async def delivered(session: AsyncSession, entries: Sequence[Entry], at: datetime) -> None:
    """Count what lies on the topic, and how often."""
    copies: dict[str, int] = {}
    for entry in entries:
        copies[entry.message_id] = copies.get(entry.message_id, 0) + 1
    rows = [
        _row(entry, at) | {"delivered_at": at, "copies": copies[entry.message_id]}
        for entry in entries
    ]
    await _count(session, rows, ("delivered_at",), add="copies")


async def dead(session: AsyncSession, entries: Sequence[Entry], at: datetime) -> None:
    """Count what lies on the dead letters' topic."""
    await _count(session, [_row(entry, at) | {"dead_at": at} for entry in entries], ("dead_at",))


async def find_cased(session: AsyncSession, at: datetime) -> int:
    """Look up which delivered messages are in the database by now; how many were found."""
    e, i = t.ledger_entries.c, t.incidents.c
    open_query = (
        select(e.message_id)
        .where(e.cased_at.is_(None), e.dead_at.is_(None), e.delivered_at.is_not(None))
        .order_by(e.first_at)
        .limit(20_000)
    )
    names = list(await session.scalars(open_query))
    count = 0
    for start in range(0, len(names), ASK_AT_ONCE):
        some = names[start : start + ASK_AT_ONCE]
        ids = {name.partition("/")[0] for name in some}
        query = select(i.incident_id, i.case_id, i.cleared_at).where(i.incident_id.in_(ids))
        known = {row[0]: row for row in await session.execute(query)}
        found = [name for name in some if _is_cased(name, known)]
        if found:
            await session.execute(
                update(t.ledger_entries).where(e.message_id.in_(found)).values(cased_at=at)
            )
        count += len(found)
    return count


def _is_cased(name: str, known: Mapping[str, Any]) -> bool:
    """An opening or update is cased when its incident is in a case, a clearing when it is known."""
    incident_id, change, _ = name.split("/", 2)
    row = known.get(incident_id)
    if row is None:
        return False
    return row.cleared_at is not None if change == "cleared" else row.case_id is not None


async def missing(
    session: AsyncSession, since: datetime, *, before: datetime, arrived: datetime
) -> tuple[Missing, ...]:
    """Differences that have outlived their grace.

    A source that never states what it captures, such as a partner that writes to the topic
    itself, is not missed there: only from its first statement on.

    Args:
        session: Open transaction.
        since: Hours from then on.
        before: Known since before then, the grace taken off the present.
        arrived: Captured before then must have been delivered; earlier than ``before`` while the
            reader of the topic is behind.
    """
    e = t.ledger_entries.c
    begun = await session.execute(
        select(e.source, func.min(e.captured_at))
        .where(e.captured_at.is_not(None))
        .group_by(e.source)
    )
    said = [and_(e.source == source, e.delivered_at >= at) for source, at in begun]
    stated = or_(false(), *said)
    wanted = (
        (Difference.NOT_DELIVERED, and_(_NOT_DELIVERED, e.captured_at < min(before, arrived))),
        (Difference.NOT_CASED, and_(_NOT_CASED, e.delivered_at < before)),
        (Difference.NOT_CAPTURED, and_(_NOT_CAPTURED, e.delivered_at < before, stated)),
    )
    found: list[Missing] = []
    for kind, condition in wanted:
        query = (
            select(e.source, e.hour, func.count())
            .where(e.hour >= since, condition)
            .group_by(e.source, e.hour)
            .order_by(e.hour, e.source)
        )
        found += [Missing(kind, *row) for row in await session.execute(query)]
    return tuple(found)


async def rows(session: AsyncSession, since: datetime, until: datetime) -> tuple[LedgerRow, ...]:
    """The counts per source and hour, newest hour first."""
    e = t.ledger_entries.c
    counted: dict[str, ColumnElement[bool]] = {
        "captured": e.captured_at.is_not(None),
        "delivered": e.delivered_at.is_not(None),
        "cased": e.cased_at.is_not(None),
        "dead": e.dead_at.is_not(None),
        "copies": e.copies > 1,
        "not_delivered": _NOT_DELIVERED,
        "not_cased": _NOT_CASED,
        "not_captured": _NOT_CAPTURED,
    }
    query = (
        select(e.source, e.hour, *(func.count().filter(c).label(n) for n, c in counted.items()))
        .where(e.hour >= since, e.hour < until)
        .group_by(e.source, e.hour)
        .order_by(e.hour.desc(), e.source)
    )
    return tuple(LedgerRow(**row) for row in (await session.execute(query)).mappings())


async def examples(session: AsyncSession, item: Missing, limit: int = 20) -> tuple[str, ...]:
    """Names of some messages of a difference."""
    e = t.ledger_entries.c
    condition = {
        Difference.NOT_DELIVERED: _NOT_DELIVERED,
        Difference.NOT_CASED: _NOT_CASED,
        Difference.NOT_CAPTURED: _NOT_CAPTURED,
    }[item.kind]
    query = select(e.message_id).where(condition, e.source == item.source, e.hour == item.hour)
    return tuple(await session.scalars(query.order_by(e.first_at).limit(limit)))


async def alarms(
    session: AsyncSession, *, open_only: bool = True, limit: int = 200
) -> tuple[Alarm, ...]:
    """Alarms, those that last first, then the newest."""
    a = t.ledger_alarms.c
    query = select(t.ledger_alarms).order_by(a.ended_at.is_not(None), a.began_at.desc())
    if open_only:
        query = query.where(a.ended_at.is_(None))
    found = (await session.execute(query.limit(limit))).mappings()
    return tuple(
        Alarm(
            Missing(Difference(row["kind"]), row["source"], row["hour"], row["count"]),
            row["began_at"], row["ended_at"],
        )
        for row in found
    )  # fmt: skip


async def is_kept(session: AsyncSession, now: datetime) -> bool:
    """Whether somebody counts now: one of the route workers has the ledger's lease."""
    lease = t.relay_lease.c
    until = await session.scalar(select(lease.expires_at).where(lease.name == LEASE))
    return until is not None and until > now


async def forget(session: AsyncSession, now: datetime) -> None:
    """Let go of hours long past."""
    e, a = t.ledger_entries.c, t.ledger_alarms.c
    await session.execute(delete(t.ledger_entries).where(e.hour < now - KEEP))
    await session.execute(delete(t.ledger_alarms).where(a.ended_at < now - KEEP))


_E = t.ledger_entries.c
_NOT_DELIVERED = and_(_E.captured_at.is_not(None), _E.delivered_at.is_(None))
_NOT_CASED = and_(_E.delivered_at.is_not(None), _E.cased_at.is_(None), _E.dead_at.is_(None))
_NOT_CAPTURED = and_(_E.delivered_at.is_not(None), _E.captured_at.is_(None), _E.dead_at.is_(None))


def _row(entry: Entry, at: datetime) -> dict[str, Any]:
    return {
        "message_id": entry.message_id,
        "source": entry.source,
        "hour": entry.hour,
        "first_at": at,
    }


async def _count(
    session: AsyncSession, rows: Sequence[dict[str, Any]], set_: Sequence[str], add: str = ""
) -> None:
    unique = {row["message_id"]: row for row in rows}
    in_order = [unique[name] for name in sorted(unique)]
    await _upsert(session, t.ledger_entries, in_order, ("message_id",), set_, add)


async def _upsert(
    session: AsyncSession,
    table: Any,
    rows: Sequence[dict[str, Any]],
    key: Sequence[str],
    set_: Sequence[str],
    add: str = "",
) -> None:
    """Insert rows; where the key is there, set what is empty there, and add to a counter."""
    if not rows:
        return
    kind = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = kind.insert(table)
    first_wins = table is t.ledger_entries
    changes: dict[str, Any] = {
        name: func.coalesce(table.c[name], statement.excluded[name])
        if first_wins and name != "worker"
        else statement.excluded[name]
        for name in set_
    }
    if add:
        changes[add] = table.c[add] + statement.excluded[add]
    statement = statement.on_conflict_do_update(index_elements=list(key), set_=changes)
    for start in range(0, len(rows), 1000):
        await session.execute(statement, rows[start : start + 1000])
