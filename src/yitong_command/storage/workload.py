"""How evenly work lies on the workers: counts of tasks, nothing about anybody's hours or ways."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import Actor
from yitong_command.domain.kpi import Period, Share
from yitong_command.domain.roles import Role, in_area, whole_county
from yitong_command.storage import tables as t
from yitong_command.storage import users
from yitong_command.storage.views import User


@dataclass(frozen=True, slots=True)
class Load:
    """The tasks of one worker.

    Attributes:
        user: Who.
        given: Tasks given in the period.
        handled: Those of them that are handled.
        open: Those that are open now.
    """

    user: User
    given: int
    handled: int
    open: int


@dataclass(frozen=True, slots=True)
class Workload:
    """The tasks of a period.

    Attributes:
        loads: Of every active worker, those with none as well; most first.
        median: Tasks of the worker in the middle.
        busiest: Tasks of the busiest tenth of the workers, at least one, of all tasks.
    """

    loads: tuple[Load, ...]
    median: float
    busiest: Share


async def workload(session: AsyncSession, period: Period, within: Actor) -> Workload:
    """Count the tasks given in a period to the workers of somebody's area."""
    c = t.tasks.c
    query = (
        select(
            c.assignee,
            func.count().label("given"),
            func.count(c.handled_at).label("handled"),
            func.sum(case((c.open_case_id.is_not(None), 1), else_=0)).label("open"),
        )
        .where(c.created_at >= period.begin, c.created_at < period.end)
        .group_by(c.assignee)
    )
    found = {row.assignee: row for row in await session.execute(query)}
    loads = []
    for user in await users.list_users(session):
        if user.role != Role.WORKER or not user.active or not _of(within, user):
            continue
        row = found.get(user.username)
        counts = (row.given, row.handled, int(row.open)) if row else (0, 0, 0)
        loads.append(Load(user, *counts))
    loads.sort(key=lambda load: (-load.given, load.user.username))
    given = [load.given for load in loads]
    top = given[: max(1, len(given) // 10)]
    return Workload(
        tuple(loads), float(median(given)) if given else 0.0, Share(sum(top), sum(given))
    )


def _of(within: Actor, user: User) -> bool:
    if whole_county(within.role, within.grid_codes):
        return True
    return any(in_area(within.role, within.grid_codes, code) for code in user.grid_codes)
