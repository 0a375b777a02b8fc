"""What belongs to a case besides its incidents, and goes along when it is merged or split."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.storage import tables as t


async def take_along(session: AsyncSession, source_id: str, target_id: str) -> int:
    """Move tellings and reports of a case that is merged into another.

    Returns:
        How many numbers of reports moved; incidents are counted by who moves them.
    """
    moved = await _tellings(session, source_id)
    for row in moved:
        await _put(session, row["sighting_id"], target_id, [*row["path"], source_id])
    return await _move_reports(session, (row["sighting_id"] for row in moved), target_id)


async def give_back(session: AsyncSession, source_id: str, target_id: str) -> int:
    """Move back what :func:`take_along` moved, and what had been moved into it before.

    Returns:
        How many numbers of reports moved back.
    """
    moved = [row for row in await _tellings(session, target_id) if source_id in row["path"]]
    for row in moved:
        path = row["path"][: row["path"].index(source_id)]
        await _put(session, row["sighting_id"], source_id, path)
    return await _move_reports(session, (row["sighting_id"] for row in moved), source_id)


async def _tellings(session: AsyncSession, case_id: str) -> list[dict[str, Any]]:
    s = t.sightings.c
    query = select(s.sighting_id, s.path).where(s.case_id == case_id).order_by(s.sighting_id)
    return [dict(row) for row in (await session.execute(query.with_for_update())).mappings()]


async def _put(session: AsyncSession, sighting_id: str, case_id: str, path: list[str]) -> None:
    s = t.sightings
    where = update(s).where(s.c.sighting_id == sighting_id)
    await session.execute(where.values(case_id=case_id, path=path))


async def _move_reports(session: AsyncSession, ids: Iterable[str], case_id: str) -> int:
    numbers = [tuple(name.split("/", 1)) for name in ids if "/" in name]
    if not numbers:
        return 0
    r = t.reports
    moved = await session.execute(
        update(r)
        .where(tuple_(r.c.platform, r.c.external_id).in_(numbers), r.c.case_id.is_not(None))
        .values(case_id=case_id)
        .returning(r.c.platform, r.c.external_id)
    )
    return len({tuple(row) for row in moved})
