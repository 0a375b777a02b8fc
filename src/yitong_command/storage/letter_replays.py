"""Which dead letters were sent again, when and by whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.storage import audit
from yitong_command.storage import tables as t
from yitong_command.storage.locks import insert_ignore, lock_names


@dataclass(frozen=True, slots=True)
class Replay:
    """One dead letter that was sent again.

    Attributes:
        letter_id: ``partition-offset`` on the dead letters' topic.
        at: When, the last time.
        by: Who.
    """

    letter_id: str
    at: datetime
    by: str


async def replays(session: AsyncSession, letter_ids: Iterable[str]) -> dict[str, Replay]:
    """Those of the letters that were sent again."""
    r = t.letter_replays.c
    wanted = sorted(set(letter_ids))
    found: dict[str, Replay] = {}
    for start in range(0, len(wanted), 500):
        query = select(r.letter_id, r.replayed_at, r.replayed_by).where(
            r.letter_id.in_(wanted[start : start + 500])
        )
        found |= {row[0]: Replay(*row) for row in await session.execute(query)}
    return found


async def hold(session: AsyncSession) -> None:
    """Whoever else wants to send letters again waits until this transaction has ended."""
    await lock_names(session, ["dead-letters"])


async def mark(
    session: AsyncSession, letters: Sequence[tuple[str, str]], at: datetime, by: str, reason: str
) -> None:
    """Mark letters as sent again, and say so in the audit log.

    Called before they are sent, in a transaction that is committed after: if sending fails there
    is no mark.

    Args:
        session: Open transaction.
        letters: Letter id and full topic name of each.
        at: Now.
        by: Who sends them.
        reason: Why, in the person's words.
    """
    rows = [
        {"letter_id": letter_id, "replayed_at": at, "replayed_by": by, "topic": topic}
        for letter_id, topic in letters
    ]
    await insert_ignore(session, t.letter_replays, rows)
    names = [letter_id for letter_id, _ in letters]
    again = update(t.letter_replays).where(t.letter_replays.c.letter_id.in_(names))
    await session.execute(again.values(replayed_at=at, replayed_by=by))
    for letter_id, topic in letters:
        detail = {"topic": topic, "reason": reason}
        await audit.record(session, at, by, "shell", "dead_letter_replayed", letter_id, detail)
