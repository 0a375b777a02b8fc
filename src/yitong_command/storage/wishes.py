"""What is asked of a second person, urging, and return calls: acts that move no case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import FINAL, HELD, Actor, AskedKind, State
from yitong_command.domain.county import County
from yitong_command.domain.lifecycle import SUSPENDABLE
from yitong_command.domain.permits import asking_barred
from yitong_command.errors import IllegalTransition, NotAllowed, NotFound, ProofMissing
from yitong_command.storage import notices
from yitong_command.storage import tables as t
from yitong_command.storage.merging import no_case
from yitong_command.storage.move_clock import check_pause
from yitong_command.storage.move_facts import asked_of, facts, locked


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What one person asks of another.

    Attributes:
        case_id: The case.
        kind: To suspend it, or to close it by force.
        actor: Who asks.
        at: Now.
        note: Why.
        reason: One of the lawful reasons of a pause.
        until: When the pause is to end.
    """

    case_id: str
    kind: AskedKind
    actor: Actor
    at: datetime
    note: str
    reason: str | None = None
    until: datetime | None = None


async def propose(session: AsyncSession, wish: Wish, county: County) -> None:
    """Ask a second person for a pause or a closing by force.

    An extension is asked for by a move of its own, since the case waits for its answer.

    Raises:
        NotFound: If there is no such case.
        NotAllowed: If this person neither holds the case nor sits at the desk of its area.
        IllegalTransition: If it can't be asked for now, or something else was asked for already.
        ProofMissing: If it is not said why.
    """
    row = await _case(session, wish.case_id)
    case = facts(row, await asked_of(session, wish.case_id), county)
    desk = wish.actor.at_desk and wish.actor.covers(case.grid_code)
    if not (desk or (wish.kind is AskedKind.SUSPEND and wish.actor.username == case.holder)):
        raise NotAllowed("只有本网格值班台或主办人可以申请", "only the desk or the holder asks")
    allowed = SUSPENDABLE if wish.kind is AskedKind.SUSPEND else tuple(HELD)
    if case.state not in allowed:
        raise IllegalTransition("案件当前环节不能申请", f"not while the case is {case.state}")
    if (why := asking_barred(case, wish.kind, wish.at)) is not None:
        raise IllegalTransition(*why)
    if not wish.note.strip():
        raise ProofMissing("还缺: 说明", "this is missing: note")
    if wish.kind is AskedKind.SUSPEND:
        check_pause(wish.at, wish.until, wish.reason)
    await session.execute(
        insert(t.proposals).values(
            case_id=wish.case_id, kind=wish.kind.value, asked_by=wish.actor.username,
            asked_at=wish.at, note=wish.note, reason=wish.reason, until=wish.until,
        )
    )  # fmt: skip


async def refuse(
    session: AsyncSession, case_id: str, actor: Actor, at: datetime, note: str
) -> None:
    """Say no to what was asked, or take back what one asked oneself; the case stays where it is.

    Raises:
        NotFound: If there is no such case.
        IllegalTransition: If nothing waits for an answer.
        NotAllowed: If this person neither leads nor asked.
    """
    row = await _case(session, case_id)
    asked = await asked_of(session, case_id)
    if asked is None:
        raise IllegalTransition("没有等待审批的申请", "nothing waits for an answer")
    leads = actor.leads and actor.covers(row["grid_code"])
    if not leads and actor.username != asked["asked_by"]:
        raise NotAllowed("只有值班长或申请人可以驳回或撤回", "only a duty leader, or who asked")
    await session.execute(
        update(t.proposals)
        .where(t.proposals.c.id == asked["id"])
        .values(decided_by=actor.username, decided_at=at, granted=False, answer=note)
    )


async def urge(session: AsyncSession, case_id: str, actor: Actor, at: datetime, note: str) -> None:
    """Urge whoever holds the case; a worker's phone hears of it by the task's own message.

    Raises:
        NotFound: If there is no such case.
        IllegalTransition: If nobody holds it.
    """
    row = await _case(session, case_id)
    if State(row["state"]) not in HELD:
        raise IllegalTransition("案件没有主办人,不能督办", "nobody holds this case")
    await _act(session, case_id, "urge", actor, at, note, {"holder": row["holder"]})
    query = select(t.tasks).where(t.tasks.c.open_case_id == case_id)
    found = (await session.execute(query)).mappings().all()
    await notices.write(session, [notices.task_notice(task, row, at) for task in found])


async def called(
    session: AsyncSession,
    case_id: str,
    actor: Actor,
    at: datetime,
    satisfaction: str | None,
    note: str,
) -> None:
    """Keep a return call to whoever reported; one that was answered says how satisfied.

    Args:
        session: Open transaction.
        case_id: The case.
        actor: Who called.
        at: When.
        satisfaction: very, satisfied, fair or not; None if nobody answered.
        note: What was said.

    Raises:
        NotFound: If there is no such case.
        IllegalTransition: If it is not over yet, or was answered since its end already.
    """
    row = await _case(session, case_id)
    if State(row["state"]) not in FINAL:
        raise IllegalTransition("案件未结,不能回访评价", "the case is not over yet")
    a = t.case_acts.c
    query = select(a.detail).where(a.case_id == case_id, a.kind == "call", a.at >= row["closed_at"])
    if any(detail["satisfaction"] for detail in await session.scalars(query)):
        raise IllegalTransition("本次结案已回访", "this end was evaluated already")
    await _act(session, case_id, "call", actor, at, note, {"satisfaction": satisfaction})


async def _act(
    session: AsyncSession,
    case_id: str,
    kind: str,
    actor: Actor,
    at: datetime,
    note: str,
    detail: dict[str, Any],
) -> None:
    await session.execute(
        insert(t.case_acts).values(
            case_id=case_id, kind=kind, at=at, by=actor.username, role=actor.role.value,
            note=note, detail=detail,
        )
    )  # fmt: skip


async def _case(session: AsyncSession, case_id: str) -> dict[str, Any]:
    row = (await locked(session, {case_id})).get(case_id)
    if row is None:
        raise no_case(case_id)
    return row


async def proposal_kind(session: AsyncSession, case_id: str) -> AskedKind:
    """What waits for an answer in a case.

    Raises:
        NotFound: If nothing does.
    """
    asked = await asked_of(session, case_id)
    if asked is None:
        raise NotFound("没有等待审批的申请", "nothing waits for an answer")
    return AskedKind(asked["kind"])
