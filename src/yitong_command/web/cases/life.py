"""Acts on a case besides its steps: who held it, asking and answering, urging, calls, proofs."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import AskedKind, State
from yitong_command.errors import ProofMissing
from yitong_command.storage import asks, audit, retaining, wishes
from yitong_command.storage import cases as store
from yitong_command.storage.holdings import holder_at
from yitong_command.storage.session import transaction
from yitong_command.web.auth.service import Person
from yitong_command.web.cases import proof, service
from yitong_command.web.cases.life_schemas import (
    Answer,
    Call,
    HolderAt,
    HoldIn,
    Holding,
    Propose,
    Urge,
)
from yitong_command.web.cases.schemas import CaseDetail
from yitong_command.web.context import Web
from yitong_command.web.deps import PersonDep, WebDep
from yitong_command.web.protected.notes import kept

router = APIRouter(tags=["cases"])

_GRANTED = {AskedKind.SUSPEND: State.SUSPENDED, AskedKind.FORCE: State.CLOSED_FORCED}


@router.get("/api/cases/{case_id}/holder")
async def holder(
    web: WebDep,
    person: PersonDep,
    case_id: str,
    at: Annotated[AwareDatetime | None, Query(examples=["2026-11-23T03:12:00+08:00"])] = None,
) -> HolderAt:
    """Who held this case at a moment; now, if none is given."""
    moment = at or web.clock()
    async with transaction(web.readers) as session:
        await store.get_case(session, case_id, person.actor)
        found = await holder_at(session, case_id, moment)
    holding = Holding.model_validate(found) if found else None
    return HolderAt(case_id=case_id, at=moment, holding=holding)


@router.post("/api/cases/{case_id}/proposals")
async def propose(web: WebDep, person: PersonDep, case_id: str, body: Propose) -> CaseDetail:
    """Ask a duty leader to suspend the case, or to close it by force; the case stays as it is."""
    wish = wishes.Wish(
        case_id=case_id, kind=AskedKind(body.kind), actor=person.actor, at=web.clock(),
        note=body.note, reason=body.reason, until=body.until,
    )  # fmt: skip
    async with transaction(web.sessions) as session:
        await store.get_case(session, case_id, person.actor)
        wish = replace(wish, note=await kept(web, session, person, case_id, body.note))
        await wishes.propose(session, wish, web.county)
        told = {"kind": body.kind, "reason": body.reason}
        return await _done(session, web, person, case_id, "case_asked", told)


@router.post("/api/cases/{case_id}/proposals/answer")
async def answer(web: WebDep, person: PersonDep, case_id: str, body: Answer) -> CaseDetail:
    """Grant or refuse what was asked; never by who asked, who may only take it back."""
    now = web.clock()
    async with transaction(web.sessions) as session:
        case = await store.get_case(session, case_id, person.actor)
        note = await kept(web, session, person, case_id, body.note)
        kind = await wishes.proposal_kind(session, case_id)
        extends = kind is AskedKind.EXTEND
        if not body.granted and not extends:
            await wishes.refuse(
                session,
                case_id,
                person.actor,
                now,
                await kept(web, session, person, case_id, body.note),
            )
        else:
            to = State(case.resume_to or case.state) if extends else _GRANTED[kind]
            request = asks.TransitionRequest(
                case_id=case_id, to=to, actor=person.actor, at=now,
                expected_version=body.version, note=note, granted=body.granted,
            )  # fmt: skip
            await store.transition(session, request, web.county)
            await service.audit_move(session, person, request)
        told = {"kind": kind.value, "granted": body.granted}
        return await _done(session, web, person, case_id, "case_answered", told)


@router.post("/api/cases/{case_id}/urge")
async def urge(web: WebDep, person: PersonDep, case_id: str, body: Urge) -> CaseDetail:
    """Urge whoever holds the case."""
    async with transaction(web.sessions) as session:
        await store.get_case(session, case_id, person.actor)
        note = await kept(web, session, person, case_id, body.note)
        await wishes.urge(
            session,
            case_id,
            person.actor,
            web.clock(),
            note,
        )
        return await _done(session, web, person, case_id, "case_urged", {})


@router.post("/api/cases/{case_id}/call")
async def call(web: WebDep, person: PersonDep, case_id: str, body: Call) -> CaseDetail:
    """Keep a return call to whoever reported, made after the end."""
    if body.answered and body.satisfaction is None:
        raise ProofMissing("还缺: 满意程度", "this is missing: satisfaction")
    said = body.satisfaction if body.answered else None
    async with transaction(web.sessions) as session:
        await store.get_case(session, case_id, person.actor)
        note = await kept(web, session, person, case_id, body.note)
        await wishes.called(
            session,
            case_id,
            person.actor,
            web.clock(),
            said,
            note,
        )
        return await _done(session, web, person, case_id, "case_evaluated", {"satisfaction": said})


@router.post("/api/cases/{case_id}/hold")
async def hold(web: WebDep, person: PersonDep, case_id: str, body: HoldIn) -> CaseDetail:
    """Keep the case's pictures beyond their time, or no longer; audited by the act itself."""
    now = web.clock()
    async with transaction(web.sessions) as session:
        await store.get_case(session, case_id, person.actor)
        await retaining.set_hold(
            session, case_id, person.actor, now, held=body.held, reason=body.reason
        )
        case = await store.get_case(session, case_id, person.actor)
    return service.detail(web, case, person.actor)


@router.post("/api/cases/{case_id}/proof")
async def take_proof(web: WebDep, person: PersonDep, case_id: str) -> CaseDetail:
    """Have the view that saw the case look again; the detector's opinion is kept beside it."""
    return service.detail(web, await proof.take(web, person, case_id), person.actor)


async def _done(
    session: AsyncSession,
    web: Web,
    person: Person,
    case_id: str,
    action: str,
    detail: dict[str, Any],
) -> CaseDetail:
    """Audit an act in its own transaction; the case as it is then."""
    await audit.record(
        session, web.clock(), person.username, person.user.role, action, case_id, detail
    )
    case = await store.get_case(session, case_id, person.actor)
    return service.detail(web, case, person.actor)
