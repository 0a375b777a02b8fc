"""Mediation squads: formed from the roster, their visits, the levels of a dispute, its result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain import team
from yitong_command.domain.case import OPEN, Actor, State
from yitong_command.domain.county import County
from yitong_command.errors import IllegalTransition, NotAllowed, NotFound, ProofMissing
from yitong_command.storage import rosters
from yitong_command.storage import tables as t
from yitong_command.storage.tables_teams import (
    dispute_steps,
    squad_members,
    squad_visits,
    squads,
)


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of a squad.

    Attributes:
        visited_at: When, aware.
        companions: Who else of the squad was there.
        note: What was said.
        checks: An answer to each of the four checks.
    """

    visited_at: datetime
    companions: tuple[str, ...]
    note: str
    checks: dict[str, str]


async def form(
    session: AsyncSession, case_id: str, actor: Actor, county: County, at: datetime
) -> None:
    """Form the squad of a dispute from who is on duty around it; once.

    Raises:
        IllegalTransition: If it is no open dispute, lies in no grid, or has its squad.
    """
    case = await _case(session, case_id)
    if case["category"] != team.DISPUTE or State(case["state"]) not in OPEN:
        raise IllegalTransition("只有未结的矛盾纠纷组建小分队", "only open disputes have a squad")
    if case["grid_code"] is None:
        raise IllegalTransition("案件不在任何网格内", "the case lies in no grid")
    if await _squad(session, case_id) is not None:
        raise IllegalTransition("小分队已组建", "the squad has been formed already")
    squad = team.form(await rosters.current(session, county), case["grid_code"], at)
    await session.execute(
        insert(squads).values(
            case_id=case_id, formed_at=at, formed_by=actor.username,
            missing=list(squad.missing), result_note="",
        )
    )  # fmt: skip
    if squad.members:
        rows = [
            {"case_id": case_id, "username": m.username, "seat": m.seat, "role": m.role}
            for m in squad.members
        ]
        await session.execute(insert(squad_members), rows)
    await _begin_step(session, case_id, 1, county, at)


async def visit(
    session: AsyncSession, case_id: str, actor: Actor, seen: Visit, at: datetime
) -> None:
    """Keep a visit.

    Raises:
        NotAllowed: If the actor, or a companion, is not of the squad.
        ProofMissing: If one of the four checks has no answer.
        IllegalTransition: If it lies in the future, or the mediation is over.
    """
    await _running(session, case_id)
    names = {row["username"] for row in await _rows(session, squad_members, case_id)}
    strangers = sorted({actor.username, *seen.companions} - names)
    if strangers:
        raise NotAllowed(
            f"不是本案小分队成员: {', '.join(strangers)}", f"not of this squad: {strangers}"
        )
    left_out = team.unanswered(seen.checks)
    if left_out:
        words = "、".join(team.CHECKS[name][0] for name in left_out)
        raise ProofMissing(f"还缺: {words}", f"this is missing: {', '.join(left_out)}")
    if seen.visited_at > at:
        raise IllegalTransition("走访时间在将来", "the visit lies in the future")
    await session.execute(
        insert(squad_visits).values(
            visit_id=str(uuid4()), case_id=case_id, visited_at=seen.visited_at,
            by=actor.username, companions=list(seen.companions), note=seen.note,
            checks=seen.checks, kept_at=at,
        )
    )  # fmt: skip


async def pass_up(
    session: AsyncSession, case_id: str, actor: Actor, note: str, county: County, at: datetime
) -> None:
    """Give the dispute to the next level, with the reason.

    Raises:
        IllegalTransition: If it is at the last level, or the mediation is over.
    """
    await _running(session, case_id)
    number = await _end_step(session, case_id, actor, note, at)
    following = team.next_step(number)
    if following is None:
        raise IllegalTransition("已在最后一级", "this is the last level")
    await _begin_step(session, case_id, following, county, at)


async def conclude(
    session: AsyncSession, case_id: str, actor: Actor, result: team.Result, note: str, at: datetime
) -> None:
    """Keep how the mediation ended; the case itself ends by its own moves.

    Raises:
        ProofMissing: If nobody visited.
        IllegalTransition: If it is over already, or referred without having been handed over.
    """
    await _running(session, case_id)
    if not await _rows(session, squad_visits, case_id):
        raise ProofMissing("还缺: 走访记录", "this is missing: a visit")
    case = await _case(session, case_id)
    if result is team.Result.REFERRED and case["state"] != State.HANDED_OVER:
        raise IllegalTransition(
            "引导至司法的,先凭回执移交案件",
            "a dispute that is referred is handed over first, with a receipt",
        )
    await _end_step(session, case_id, actor, note, at)
    ended = {"result": result.value, "result_at": at, "result_by": actor.username}
    values = ended | {"result_note": note}
    await session.execute(update(squads).where(squads.c.case_id == case_id).values(values))


async def squad_of(session: AsyncSession, case_id: str) -> dict[str, Any]:
    """A squad with members, visits and levels.

    Raises:
        NotFound: If the case has none.
    """
    squad = await _squad(session, case_id)
    if squad is None:
        raise NotFound("本案没有小分队", "this case has no squad")
    names = dict((await session.execute(select(t.users.c.username, t.users.c.name_zh))).all())
    members = [
        row | {"name": names.get(row["username"], row["username"])}
        for row in await _rows(session, squad_members, case_id)
    ]
    visits = await _rows(session, squad_visits, case_id)
    return squad | {
        "members": members,
        "visits": sorted(visits, key=lambda row: row["visited_at"]),
        "steps": sorted(
            await _rows(session, dispute_steps, case_id), key=lambda row: row["number"]
        ),
    }


async def _begin_step(
    session: AsyncSession, case_id: str, number: int, county: County, at: datetime
) -> None:
    due = team.step_due(number, at, county.calendar)
    values = {"case_id": case_id, "number": number, "begun_at": at, "due_at": due, "note": ""}
    await session.execute(insert(dispute_steps).values(values))


async def _end_step(
    session: AsyncSession, case_id: str, actor: Actor, note: str, at: datetime
) -> int:
    c = dispute_steps.c
    ended = await session.execute(
        update(dispute_steps)
        .where(c.case_id == case_id, c.ended_at.is_(None))
        .values(ended_at=at, by=actor.username, note=note)
        .returning(c.number)
    )
    return int(ended.scalar_one())


async def _running(session: AsyncSession, case_id: str) -> None:
    await _case(session, case_id)
    squad = await squad_of(session, case_id)
    if squad["result"] is not None:
        raise IllegalTransition("调解已有结果", "the mediation has its result")


async def _case(session: AsyncSession, case_id: str) -> dict[str, Any]:
    query = select(t.cases).where(t.cases.c.case_id == case_id).with_for_update()
    row = (await session.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"没有案件 {case_id}", f"there is no case {case_id}")
    return dict(row)


async def _squad(session: AsyncSession, case_id: str) -> dict[str, Any] | None:
    query = select(squads).where(squads.c.case_id == case_id)
    row = (await session.execute(query)).mappings().one_or_none()
    return dict(row) if row else None


async def _rows(session: AsyncSession, table: Any, case_id: str) -> list[dict[str, Any]]:
    query = select(table).where(table.c.case_id == case_id)
    return [dict(row) for row in (await session.execute(query)).mappings()]
