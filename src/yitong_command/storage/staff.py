"""Who could be sent to a case now: roster, posts, open tasks, and who missed it already."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.county import County
from yitong_command.domain.mode import posts_at
from yitong_command.domain.roster import BOTH, Roster
from yitong_command.routing.assign import LAST_ROLE, Route, Staff, roles_for, route
from yitong_command.storage import rosters
from yitong_command.storage import tables as t
from yitong_command.storage.known_modes import known_modes


async def choose(
    session: AsyncSession,
    row: Mapping[str, Any],
    county: County,
    at: datetime,
    missed: frozenset[str] = frozenset(),
) -> Route | None:
    """Who is sent to a case without asking, or None if an operator has to choose.

    Args:
        session: Open transaction.
        row: The case.
        county: Taxonomy, and the roster where the database has none.
        at: Now.
        missed: Who was asked already and did not take it.
    """
    category = county.taxonomy.categories.get(row["category"])
    if category is None or row["grid_code"] is None:
        return None
    roster = await rosters.current(session, county)
    posts = posts_at(await known_modes(session), row["grid_code"], row["category"], at)
    roles = {*roles_for(category), LAST_ROLE}
    names = {
        item.username for role in roles for item in roster.people(role, row["grid_code"], at, posts)
    }
    staff = Staff(roster, posts, await open_tasks(session, names) if len(names) > 1 else {}, missed)
    return route(county, category, row["grid_code"], at, staff)


async def told(
    session: AsyncSession, row: Mapping[str, Any], county: County, role: str, at: datetime
) -> list[str]:
    """Everybody who has this role where the case lies, on any post."""
    roster = await rosters.current(session, county)
    if row["grid_code"] is None:
        return _anywhere(roster, role, at)
    return [item.username for item in roster.people(role, row["grid_code"], at, BOTH)]


def _anywhere(roster: Roster, role: str, at: datetime) -> list[str]:
    """For a place outside all grids: those who do it for the whole county."""
    found = (item for item in roster.now(at, BOTH) if item.duty.role == role)
    return sorted({item.username for item in found if item.duty.grids is None})


async def open_tasks(session: AsyncSession, names: set[str]) -> dict[str, int]:
    """How many open tasks these people have; who has none is left out."""
    c = t.tasks.c
    query = (
        select(c.assignee, func.count())
        .where(c.assignee.in_(sorted(names)), c.open_case_id.is_not(None))
        .group_by(c.assignee)
    )
    return {name: int(count) for name, count in await session.execute(query)}
