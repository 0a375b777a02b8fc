"""What a worker is asked to look at: verify a report before filing, check another's work."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, UploadFile

from yitong_command.domain.case import State
from yitong_command.errors import IllegalTransition
from yitong_command.storage import asks, cases
from yitong_command.storage import looks as store
from yitong_command.storage.phone import first_time, late_words
from yitong_command.storage.session import transaction
from yitong_command.web.cases.service import audit_move
from yitong_command.web.deps import PersonDep, WebDep
from yitong_command.web.evidence.photo import MAX_BYTES
from yitong_command.web.protected.notes import kept
from yitong_command.web.tasks.router import ClientId, Note, Version, When
from yitong_command.web.tasks.schemas import Looked, Looks, LookView
from yitong_command.web.tasks.service import act

router = APIRouter(tags=["tasks"])

Result = Literal["exists", "not_exist", "unable", "fixed", "not_fixed"]
_TARGETS = {"fixed": State.CHECKED, "not_fixed": State.REWORK}


@router.get("/api/looks")
async def my_looks(web: WebDep, person: PersonDep) -> Looks:
    """Reports to verify that this worker was named for, and others' work in the own grids."""
    async with transaction(web.readers) as session:
        items = await store.looks_for(session, person.actor)
    return Looks(items=tuple(LookView.model_validate(item) for item in items))


@router.post("/api/looks/{case_id}")
async def look(
    web: WebDep,
    person: PersonDep,
    case_id: str,
    result: Annotated[Result, Form()],
    version: Version,
    note: Note = "",
    photo: Annotated[UploadFile | None, File(description="JPEG, PNG or WebP")] = None,
    captured_at: When = None,
    client_id: ClientId = None,
    said_at: When = None,
) -> Looked:
    """Say what was found there."""
    now = web.clock()
    sent = act(web, client_id, said_at)
    to = _TARGETS.get(result, State.PENDING_FILING)
    jpeg = await web.masker.prepare(await photo.read(MAX_BYTES + 1)) if photo else None
    sha = await asyncio.to_thread(web.evidence.put, jpeg) if jpeg else None
    async with transaction(web.sessions) as session:
        case = await cases.get_case(session, case_id, person.actor)
        if sent and not await first_time(session, sent, person.username, case_id, to.value, now):
            return Looked(case_id=case_id, version=case.version, state=case.state)
        if (to is State.PENDING_FILING) != (case.state == State.PENDING_VERIFY):
            raise IllegalTransition(
                f"案件 {case_id} 已不需要这项核对", f"case {case_id} no longer waits for this look"
            )
        words = await kept(web, session, person, case_id, note)
        request = asks.TransitionRequest(
            case_id=case_id,
            to=to,
            actor=person.actor,
            at=now,
            expected_version=version,
            note=f"{words} {late_words(sent, now)}".strip(),
            evidence_sha256=sha,
            evidence_captured_at=min(captured_at or now, now) if sha else None,
            result=result if to is State.PENDING_FILING else None,
        )
        moved = await cases.transition(session, request, web.county)
        await audit_move(session, person, request)
    return Looked(case_id=case_id, version=moved.version, state=moved.state)
