"""The figures of a period, by the query that the reports use too."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from yitong_command.domain.clock import CHINA
from yitong_command.domain.kpi import FIGURES, Period
from yitong_command.domain.roles import GRANTS, Right
from yitong_command.errors import NotFound
from yitong_command.storage import kpis as store
from yitong_command.storage.session import transaction
from yitong_command.storage.workload import workload as counted
from yitong_command.web.deps import PersonDep, WebDep
from yitong_command.web.kpis.schemas import (
    KpiFigure,
    KpisOut,
    LoadOut,
    WeeksOut,
    WorkloadOut,
)
from yitong_command.web.stats.router import midnight

router = APIRouter(tags=["stats"])

LONGEST = timedelta(days=366)


@router.get("/api/kpis")
async def kpis(
    web: WebDep,
    person: PersonDep,
    begin: Annotated[datetime | None, Query(alias="from")] = None,
    end: Annotated[datetime | None, Query(alias="to")] = None,
) -> KpisOut:
    """The figures of a period in one's area: today's if none is given."""
    now = web.clock()
    last = _aware(end) if end else now
    first = _aware(begin) if begin else midnight(last)
    if not first < last <= first + LONGEST:
        raise NotFound("没有这个时段", "there is no such period: from before to, 366 days at most")
    async with transaction(web.readers) as session:
        found = await store.kpis(session, Period(first, last), person.actor)
    return told(found)


@router.get("/api/kpis/weeks")
async def weeks(
    web: WebDep, person: PersonDep, weeks: Annotated[int, Query(ge=1, le=26)] = 8
) -> WeeksOut:
    """The figures of the last weeks, Monday to Sunday, in one's area."""
    now = web.clock()
    local = now.astimezone(CHINA)
    monday = midnight(now) - timedelta(days=local.weekday())
    begins = [monday - timedelta(weeks=back) for back in range(weeks - 1, -1, -1)]
    async with transaction(web.readers) as session:
        found = [
            await store.kpis(session, Period(begin, begin + timedelta(weeks=1)), person.actor)
            for begin in begins
        ]
    return WeeksOut(items=tuple(told(item) for item in found))


@router.get("/api/kpis/workload")
async def workload(
    web: WebDep, person: PersonDep, days: Annotated[int, Query(ge=1, le=366)] = 30
) -> WorkloadOut:
    """How evenly the tasks lie on the workers of one's area; names are told to duty leaders."""
    now = web.clock()
    period = Period(now - timedelta(days=days), now)
    async with transaction(web.readers) as session:
        found = await counted(session, period, person.actor)
    named = Right.LEAD in GRANTS[person.role]
    return WorkloadOut(
        begin=period.begin,
        end=period.end,
        workers=len(found.loads),
        tasks=found.busiest.of,
        median=found.median,
        busiest=found.busiest.count,
        busiest_rate=found.busiest.rate,
        items=tuple(
            LoadOut(
                name_zh=load.user.name_zh if named else None,
                name_en=load.user.name_en if named else None,
                given=load.given, handled=load.handled, open=load.open,
            )
            for load in found.loads
        ),
    )  # fmt: skip


def told(found: store.Kpis) -> KpisOut:
    """The figures in the order they are read."""
    items = [(item.code, item.zh, item.en, found.shares[item.code]) for item in FIGURES]
    items.append(("camera_adopted", "机器采信率", "camera alerts confirmed", found.adopted))
    return KpisOut(
        begin=found.period.begin,
        end=found.period.end,
        figures=tuple(
            KpiFigure(code=code, zh=zh, en=en, count=share.count, of=share.of, rate=share.rate)
            for code, zh, en, share in items
        ),
        closed_by_force=found.forced,
        reported=found.reported,
    )


def _aware(at: datetime) -> datetime:
    """A time without its zone is the county's."""
    return at if at.tzinfo else at.replace(tzinfo=CHINA)
