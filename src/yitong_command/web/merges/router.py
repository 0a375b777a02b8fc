"""Merging: questions to operators, what was told of a case, and taking something out of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from yitong_command.domain.case import State
from yitong_command.domain.merging import GroupKind
from yitong_command.storage import audit, groups, questions
from yitong_command.storage.asks import TransitionRequest
from yitong_command.storage.cases import get_case
from yitong_command.storage.session import transaction
from yitong_command.storage.telling_split import split_telling
from yitong_command.storage.tellings import tellings_of
from yitong_command.web.deps import PersonDep, WebDep
from yitong_command.web.merges.schemas import (
    Answered,
    EventGroup,
    EventGroups,
    Member,
    Question,
    Questions,
    SameFactIn,
    SplitDone,
    SplitIn,
    Telling,
    Tellings,
)

router = APIRouter(tags=["merges"])


@router.get("/api/merges/questions")
async def list_questions(
    web: WebDep, person: PersonDep, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> Questions:
    """Cases that may be of one fact, the most urgent first; nothing waits for the answer."""
    async with transaction(web.readers) as session:
        items = await questions.list_questions(session, person.actor, limit)
    return Questions(items=tuple(Question.model_validate(item) for item in items))


@router.post("/api/merges/questions/{question_id}")
async def answer(web: WebDep, person: PersonDep, question_id: str, body: SameFactIn) -> Answered:
    """Say whether two cases are of one fact; if so, they are one case from now on."""
    now = web.clock()
    async with transaction(web.sessions) as session:
        case_id = await questions.answer(
            session, question_id, body.same, person.actor, now, web.county
        )
        told = {"same": body.same, "case_id": case_id}
        role = person.user.role
        await audit.record(session, now, person.username, role, "merge_answered", question_id, told)
    return Answered(question_id=question_id, same=body.same, case_id=case_id)


@router.get("/api/groups")
async def list_groups(web: WebDep, person: PersonDep) -> EventGroups:
    """What one storm or outage brought: many cases, one group, until it ends by itself."""
    kinds = {kind.code: kind for kind in web.county.taxonomy.group_kinds}
    async with transaction(web.readers) as session:
        found = await groups.list_groups(session, person.actor)
    return EventGroups(items=tuple(_group(one, kinds.get(one.kind)) for one in found))


def _group(view: groups.GroupView, kind: GroupKind | None) -> EventGroup:
    """A group with its kind's words; one whose kind is no more is called by its code."""
    return EventGroup(
        group_id=view.group_id,
        kind=view.kind,
        name_zh=kind.zh if kind else view.kind,
        name_en=kind.en if kind else view.kind,
        categories=tuple(sorted(kind.categories)) if kind else (),
        began_at=view.began_at,
        last_at=view.last_at,
        size=view.size,
        reason_zh=view.reason_zh,
        reason_en=view.reason_en,
        members=tuple(Member.model_validate(member) for member in view.members),
    )


@router.get("/api/cases/{case_id}/tellings")
async def tellings(web: WebDep, person: PersonDep, case_id: str) -> Tellings:
    """What was told of a case, by whom, and why it was joined."""
    async with transaction(web.readers) as session:
        await get_case(session, case_id, person.actor)
        items = await tellings_of(session, case_id)
    return Tellings(items=tuple(Telling.model_validate(item) for item in items))


@router.post("/api/cases/{case_id}/split")
async def split(web: WebDep, person: PersonDep, case_id: str, body: SplitIn) -> SplitDone:
    """Take out within 24 hours what a rule joined; it is a case of its own again."""
    now = web.clock()
    request = TransitionRequest(
        case_id=case_id, to=State.REPORTED, actor=person.actor, at=now, note=body.note
    )
    async with transaction(web.sessions) as session:
        await get_case(session, case_id, person.actor)
        new_id = await split_telling(session, request, body.telling, web.county)
        told = {"telling": body.telling, "new_case": new_id, "note": body.note}
        role = person.user.role
        await audit.record(session, now, person.username, role, "case_split", case_id, told)
    return SplitDone(case_id=new_id)
