"""Claims: the desks see at once who works on what; other web processes' within seconds."""

from __future__ import annotations

from fastapi import APIRouter, Response

from yitong_command.storage import audit
from yitong_command.storage import claims as store
from yitong_command.storage.cases import get_case
from yitong_command.storage.session import transaction
from yitong_command.web.claims.schemas import ClaimEvent, ClaimIn, ClaimOut, Claims
from yitong_command.web.context import Web
from yitong_command.web.deps import PersonDep, WebDep

router = APIRouter(tags=["claims"])


@router.get("/api/claims")
async def list_claims(web: WebDep, person: PersonDep) -> Claims:
    """Who works on what now, in this person's area."""
    async with transaction(web.readers) as session:
        found = await store.list_claims(session, person.actor, web.clock())
    return Claims(items=tuple(ClaimOut.model_validate(one) for one in found))


@router.put("/api/cases/{case_id}/claim")
async def put_claim(web: WebDep, person: PersonDep, case_id: str, body: ClaimIn) -> ClaimOut:
    """Say that one works on a case; refused while somebody else does, unless it is taken over."""
    now = web.clock()
    async with transaction(web.sessions) as session:
        made, before = await store.claim(session, case_id, person.username, now, take=body.take)
        if before is not None:
            told = {"from": before}
            role = person.user.role
            await audit.record(session, now, person.username, role, "claim_taken", case_id, told)
    answer = ClaimOut.model_validate(made)
    if made.taken_at == now:
        _tell(web, case_id, answer, made.grid_code)
    return answer


@router.delete("/api/cases/{case_id}/claim", status_code=204)
async def end_claim(web: WebDep, person: PersonDep, case_id: str) -> Response:
    """Stop working on a case."""
    async with transaction(web.sessions) as session:
        if await store.release(session, case_id, person.username, web.clock()):
            case = await get_case(session, case_id, person.actor)
            _tell(web, case_id, None, case.grid_code)
    return Response(status_code=204)


def _tell(web: Web, case_id: str, claim: ClaimOut | None, grid_code: str | None) -> None:
    event = ClaimEvent(case_id=case_id, claim=claim)
    web.feed.tell_desks("claim", event.model_dump_json(), grid_code)
