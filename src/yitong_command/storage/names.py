"""What people are called."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.storage import tables as t


async def names_of(session: AsyncSession, usernames: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Chinese and English names of those that have an account."""
    u = t.users.c
    query = select(u.username, u.name_zh, u.name_en).where(u.username.in_(sorted(usernames)))
    return {name: (zh, en) for name, zh, en in await session.execute(query)}
