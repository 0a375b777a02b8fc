"""Volunteer groups, campaigns and mediation squads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.team import GROUPS, Result
from yitong_command.errors import NotAllowed
from yitong_command.storage import audit, campaigns, squads
from yitong_command.storage.session import transaction
from yitong_command.web.auth.service import Person
from yitong_command.web.context import Web
from yitong_command.web.deps import PersonDep, WebDep
from yitong_command.web.teams import schemas as s

router = APIRouter(tags=["teams"])
Act = Callable[[AsyncSession], Awaitable[None]]


@router.get("/api/teams/groups")
async def groups(web: WebDep, person: PersonDep) -> s.Groups:
    """The eight volunteer groups and who is in them."""
    async with transaction(web.readers) as session:
        rows = await campaigns.members(session)
    items = []
    for code, (zh, en) in GROUPS.items():
        own = [row for row in rows if row["group_code"] == code]
        items.append(
            s.GroupOut(
                code=code, name_zh=zh, name_en=en,
                members=tuple(row["username"] for row in own),
                leaders=tuple(row["username"] for row in own if row["leads"]),
            )
        )  # fmt: skip
    return s.Groups(items=tuple(items))


@router.post("/api/teams/groups/{group_code}")
async def join(web: WebDep, person: PersonDep, group_code: str, body: s.Join) -> s.Groups:
    """Take somebody into a group."""
    now = web.clock()
    async with transaction(web.sessions) as session:
        await campaigns.join(
            session, group_code, body.username, leads=body.leads, by=person.actor, at=now
        )
        await _audit(session, web, person, "volunteer_joined", group_code, {"who": body.username})
    return await groups(web, person)


@router.get("/api/campaigns")
async def listed(web: WebDep, person: PersonDep) -> s.Campaigns:
    """Campaigns with their progress, newest first."""
    async with transaction(web.readers) as session:
        rows = await campaigns.listed(session)
    return s.Campaigns(items=tuple(s.CampaignOut.model_validate(row) for row in rows))


@router.post("/api/campaigns")
async def plan(web: WebDep, person: PersonDep, body: s.PlanIn) -> s.Campaigns:
    """Plan a campaign."""
    strange = sorted(set(body.grids) - {grid.code for grid in web.county.grids})
    if strange or not all(person.actor.covers(code) for code in body.grids):
        raise NotAllowed("含有不存在或不归您管的网格", "a grid does not exist or is not yours")
    wanted = campaigns.Plan(**body.model_dump())
    async with transaction(web.sessions) as session:
        made = await campaigns.plan(session, wanted, person.actor, web.clock())
        await _audit(session, web, person, "campaign_planned", made, {"title": body.title})
    return await listed(web, person)


@router.get("/api/campaigns/{campaign_id}/tasks")
async def campaign_tasks(web: WebDep, person: PersonDep, campaign_id: str) -> s.CampaignTasks:
    """The tasks of a campaign."""
    async with transaction(web.readers) as session:
        rows = await campaigns.tasks_of(session, campaign_id)
    return s.CampaignTasks(items=tuple(s.CampaignTask.model_validate(row) for row in rows))


@router.post("/api/campaigns/tasks/{task_id}/done")
async def done(web: WebDep, person: PersonDep, task_id: str, body: s.NoteIn) -> s.Campaigns:
    """Say that a task is done; by somebody of its group."""
    async with transaction(web.sessions) as session:
        await campaigns.finish_task(session, task_id, person.actor, body.note, web.clock())
    return await listed(web, person)


@router.get("/api/cases/{case_id}/squad")
async def squad(web: WebDep, person: PersonDep, case_id: str) -> s.SquadOut:
    """The mediation squad of a dispute."""
    async with transaction(web.readers) as session:
        return s.SquadOut.model_validate(await squads.squad_of(session, case_id))


@router.post("/api/cases/{case_id}/squad")
async def form(web: WebDep, person: PersonDep, case_id: str) -> s.SquadOut:
    """Form it from who is on duty there: three, N and X."""
    now = web.clock()

    async def act(session: AsyncSession) -> None:
        await squads.form(session, case_id, person.actor, web.county, now)

    return await _squad(web, person, case_id, "squad_formed", act)


@router.post("/api/cases/{case_id}/squad/visits")
async def visit(web: WebDep, person: PersonDep, case_id: str, body: s.VisitIn) -> s.SquadOut:
    """Keep a visit; by a member."""
    seen = squads.Visit(
        body.visited_at,
        body.companions,
        body.note,
        {str(name): str(found) for name, found in body.checks.items()},
    )

    async def act(session: AsyncSession) -> None:
        await squads.visit(session, case_id, person.actor, seen, web.clock())

    return await _squad(web, person, case_id, "squad_visited", act)


@router.post("/api/cases/{case_id}/squad/pass-up")
async def pass_up(web: WebDep, person: PersonDep, case_id: str, body: s.NoteIn) -> s.SquadOut:
    """Give the dispute to the next level."""
    now = web.clock()

    async def act(session: AsyncSession) -> None:
        await squads.pass_up(session, case_id, person.actor, body.note, web.county, now)

    return await _squad(web, person, case_id, "squad_passed_up", act)


@router.post("/api/cases/{case_id}/squad/result")
async def result(web: WebDep, person: PersonDep, case_id: str, body: s.ResultIn) -> s.SquadOut:
    """Keep how it ended; what is referred to justice is handed over first, with its receipt."""
    now, how = web.clock(), Result(body.result)

    async def act(session: AsyncSession) -> None:
        await squads.conclude(session, case_id, person.actor, how, body.note, now)

    return await _squad(web, person, case_id, "squad_concluded", act)


async def _squad(web: Web, person: Person, case_id: str, action: str, act: Act) -> s.SquadOut:
    async with transaction(web.sessions) as session:
        await act(session)
        await _audit(session, web, person, action, case_id, {})
        return s.SquadOut.model_validate(await squads.squad_of(session, case_id))


async def _audit(
    session: AsyncSession,
    web: Web,
    person: Person,
    action: str,
    about: str,
    detail: dict[str, Any],
) -> None:
    await audit.record(
        session, web.clock(), person.username, person.user.role, action, about, detail
    )
