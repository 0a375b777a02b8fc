"""What PostgreSQL and SQLite do differently: named locks, and inserting what is new."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession


async def lock_names(session: AsyncSession, names: Iterable[str]) -> None:
    """Hold these names until the transaction ends; whoever wants one of them waits.

    SQLite has one writer at a time anyway, so there is nothing to do there.
    """
    if _is_sqlite(session):
        return
    for name in sorted(names):
        await session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name}
        )


async def insert_ignore(session: AsyncSession, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows; those whose key is there already are left as they are."""
    if not rows:
        return
    if _is_sqlite(session):
        await session.execute(sqlite.insert(table).on_conflict_do_nothing(), rows)
    else:
        await session.execute(postgresql.insert(table).on_conflict_do_nothing(), rows)


def _is_sqlite(session: AsyncSession) -> bool:
    return session.get_bind().dialect.name == "sqlite"
