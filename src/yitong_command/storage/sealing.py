"""The chain over the audit log: each sealed row holds the hash of the one before.

A row is added unsealed, in the transaction of what it tells of, so that nobody waits for anybody.
Sealing follows after the commit: one sealer at a time takes the rows that have no place yet, in
the order of their ids, and gives each its place and hash. What is not sealed is found by a partial
index, never by counting on, so a row that was committed late is sealed late, not left out.
The database refuses every other change of a row. Cutting off the end of the chain is found by
anchors: heads of the chain that were written elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import RowMapping, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.storage import tables as t
from yitong_command.storage.locks import lock_names

FIRST = "0" * 64
"""What the first row holds as the hash before it."""

AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Head:
    """The newest sealed row, or place 0 of an empty chain.

    Attributes:
        seq: Its place, from 1.
        hash: Its hash, SHA-256 in hex.
    """

    seq: int = 0
    hash: str = FIRST


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rows that are not sealed yet.

    Attributes:
        count: How many.
        oldest_at: Time of the oldest, or None if there is none.
    """

    count: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Broken:
    """The first thing that is wrong with the chain.

    Attributes:
        seq: Place in the chain.
        row_id: Id of the row there, or None if it is gone.
        reason_zh: What is wrong, in Chinese.
        reason_en: In English.
    """

    seq: int
    row_id: int | None
    reason_zh: str
    reason_en: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What a walk over the whole chain found.

    Attributes:
        rows: Sealed rows walked over, up to the first broken one.
        head: The newest sealed row.
        waiting: Rows not sealed yet.
        anchors: Anchors that were compared.
        broken: The first thing that is wrong, or None.
    """

    rows: int
    head: Head
    waiting: Waiting
    anchors: int
    broken: Broken | None


def row_hash(row: RowMapping | Mapping[str, Any], seq: int, previous: str) -> str:
    """Hash of a row at its place: SHA-256 over everything it says and the hash before it."""
    at: datetime = row["at"]
    told = [
        seq, previous, row["id"], at.astimezone(UTC).isoformat(timespec="microseconds"),
        row["actor"], row["role"], row["action"], row["object"], row["detail"],
    ]  # fmt: skip
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


async def head(session: AsyncSession) -> Head:
    """The newest sealed row."""
    query = select(t.audit.c.seq, t.audit.c.hash).where(t.audit.c.seq.is_not(None))
    row = (await session.execute(query.order_by(t.audit.c.seq.desc()).limit(1))).one_or_none()
    return Head(row.seq, row.hash) if row else Head()


async def waiting(session: AsyncSession) -> Waiting:
    """How many rows are not sealed yet, and since when."""
    c = t.audit.c
    query = select(func.count(), func.min(c.at)).where(c.seq.is_(None))
    count, oldest = (await session.execute(query)).one()
    return Waiting(int(count), oldest)


async def seal(session: AsyncSession, limit: int = AT_ONCE) -> int:
    """Give rows that have none their place in the chain; returns how many.

    Two that seal at once wait for each other; the unique place is the last guard.

    Args:
        session: Open transaction; the caller commits.
        limit: Rows at most.
    """
    await lock_names(session, ["audit-chain"])
    last = await head(session)
    query = select(t.audit).where(t.audit.c.seq.is_(None)).order_by(t.audit.c.id).limit(limit)
    sealed = []
    for row in (await session.execute(query)).mappings():
        seq, previous = last.seq + 1, last.hash
        last = Head(seq, row_hash(row, seq, previous))
        sealed.append(
            {"row_id": row["id"], "new_seq": seq, "new_previous": previous, "new_hash": last.hash}
        )
    if sealed:
        statement = (
            update(t.audit)
            .where(t.audit.c.id == bindparam("row_id"))
            .values(
                seq=bindparam("new_seq"),
                previous=bindparam("new_previous"),
                hash=bindparam("new_hash"),
            )
        )
        await (await session.connection()).execute(statement, sealed)
    return len(sealed)


async def verify(session: AsyncSession, anchors: Iterable[Head] = ()) -> Verified:
    """Walk the whole chain, row by row, and compare it with heads that were written elsewhere.

    Args:
        session: Open transaction; a reader's is enough.
        anchors: Heads of the chain at earlier times.
    """
    wanted = {anchor.seq: anchor.hash for anchor in anchors if anchor.seq}
    last, broken = Head(), None
    while broken is None:
        c = t.audit.c
        query = select(t.audit).where(c.seq > last.seq).order_by(c.seq).limit(AT_ONCE)
        rows = (await session.execute(query)).mappings().all()
        if not rows:
            break
        last, broken = _walk(rows, last, wanted)
    if broken is None:
        broken = _cut_off(last, wanted)
    return Verified(last.seq, await head(session), await waiting(session), len(wanted), broken)


def _walk(
    rows: Iterable[RowMapping], last: Head, wanted: Mapping[int, str]
) -> tuple[Head, Broken | None]:
    for row in rows:
        seq = last.seq + 1
        if row["seq"] != seq:
            return last, Broken(
                seq, None, f"第 {seq} 行被删除", f"row {seq} of the chain was taken out"
            )
        if row["previous"] != last.hash:
            return last, Broken(
                seq, row["id"], f"第 {seq} 行与前一行不相连",
                f"row {seq} does not follow from the one before",
            )  # fmt: skip
        if row["hash"] != row_hash(row, seq, last.hash):
            return last, Broken(
                seq, row["id"], f"第 {seq} 行的内容被改动", f"what row {seq} says was altered"
            )
        if wanted.get(seq, row["hash"]) != row["hash"]:
            return last, Broken(
                seq, row["id"], f"第 {seq} 行与锚点记录的不同: 从这里或之前被重写",
                f"row {seq} is not the one that was anchored: rewritten here or before",
            )  # fmt: skip
        last = Head(seq, row["hash"])
    return last, None


def _cut_off(last: Head, wanted: Mapping[int, str]) -> Broken | None:
    missing = max(wanted, default=0)
    if missing <= last.seq:
        return None
    return Broken(
        last.seq + 1, None,
        f"末尾被截断: 锚点到第 {missing} 行, 数据库只有 {last.seq} 行",
        f"the end was cut off: anchored up to row {missing}, the database has {last.seq}",
    )  # fmt: skip
