"""What changes rarely and is read with every step of a case is read again only when it changed.

Each change writes a new random word, the revision, in its own transaction. Whoever has read what
belongs to a word has it for good: a word never means two things, in any database.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Generic, TypeVar
from uuid import uuid4

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.storage import tables as t

KEPT = 8


async def read(session: AsyncSession, name: str) -> str | None:
    """The newest revision; None if nothing was ever written."""
    query = select(t.revisions.c.revision).where(t.revisions.c.name == name)
    found: str | None = await session.scalar(query)
    return found


async def touch(session: AsyncSession, name: str, at: datetime) -> None:
    """There is a new revision, once the transaction is committed."""
    await session.execute(delete(t.revisions).where(t.revisions.c.name == name))
    values = {"name": name, "revision": str(uuid4()), "at": at}
    await session.execute(insert(t.revisions).values(values))


T = TypeVar("T")


class Memo(Generic[T]):
    """What the last few revisions of one thing say.

    Args:
        name: Which thing.
        load: Reads it.
    """

    def __init__(self, name: str, load: Callable[[AsyncSession], Awaitable[T]]) -> None:
        self._name = name
        self._load = load
        self._kept: OrderedDict[str, T] = OrderedDict()

    async def get(self, session: AsyncSession) -> T | None:
        """What holds in this transaction; None if nothing was ever written."""
        revision = await read(session, self._name)
        if revision is None:
            return None
        if revision not in self._kept:
            self._kept[revision] = await self._load(session)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return self._kept[revision]
