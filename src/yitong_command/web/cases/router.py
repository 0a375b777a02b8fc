"""Cases: lists, details, moves."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from yitong_command.storage import cases as store
from yitong_command.storage.asks import CaseFilter
from yitong_command.storage.session import transaction
from yitong_command.web.cases import service
from yitong_command.web.cases.schemas import CaseDetail, Cases, CaseSummary, Transition
from yitong_command.web.deps import PersonDep, WebDep
from yitong_command.web.schemas import Text

router = APIRouter(tags=["cases"])

WordList = Annotated[Text, Query(max_length=400, description="one or more, with commas between")]


@router.get("/api/cases")
async def list_cases(
    web: WebDep,
    person: PersonDep,
    state: WordList = "",
    category: WordList = "",
    grid: WordList = "",
    q: Annotated[Text, Query(max_length=100)] = "",
    mine: bool = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    before: Annotated[str | None, Query(max_length=200)] = None,
) -> Cases:
    """Cases, newest first; workers get those of their grids and tasks only."""
    wanted = CaseFilter(
        states=_words(state),
        categories=_words(category),
        grid_codes=_words(grid),
        text=q,
        assignee=person.username if mine else None,
        visible_to=person.actor,
        limit=limit,
        before=before,
    )
    async with transaction(web.readers) as session:
        page = await store.list_cases(session, wanted)
    items = tuple(CaseSummary.model_validate(item) for item in page.items)
    return Cases(items=items, next=page.next)


@router.get("/api/cases/{case_id}")
async def get_case(web: WebDep, person: PersonDep, case_id: str) -> CaseDetail:
    """A case with its incidents, steps, tasks, pictures and what this person may do now."""
    async with transaction(web.readers) as session:
        case = await store.get_case(session, case_id, person.actor)
    return service.detail(web, case, person.actor)


@router.post("/api/cases/{case_id}/transitions")
async def transition(web: WebDep, person: PersonDep, case_id: str, body: Transition) -> CaseDetail:
    """Move a case; ``version`` is the one this person saw."""
    case = await service.move(web, person, case_id, body)
    return service.detail(web, case, person.actor)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in (part.strip() for part in text.split(",")) if word)
