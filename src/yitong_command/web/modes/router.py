"""Calm and emergency."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from yitong_command.web.deps import PersonDep, WebDep
from yitong_command.web.modes import service
from yitong_command.web.modes.html import page
from yitong_command.web.modes.schemas import Banners, DebriefOut, ModeOut, Modes, ProposalIn

router = APIRouter(tags=["modes"])


@router.get("/api/modes")
async def list_modes(web: WebDep, person: PersonDep) -> Modes:
    """Proposals, emergencies and rehearsals, newest first."""
    return await service.list_all(web, person)


@router.get("/api/modes/now")
async def modes_now(web: WebDep, person: PersonDep) -> Banners:
    """What holds now, for the banner of every page."""
    return await service.now(web, person)


@router.post("/api/modes")
async def propose_mode(web: WebDep, person: PersonDep, body: ProposalIn) -> ModeOut:
    """Propose an emergency or a rehearsal; nothing changes until another person confirms it."""
    return await service.propose(web, person, body)


@router.post("/api/modes/{mode_id}/confirm")
async def confirm_mode(web: WebDep, person: PersonDep, mode_id: str) -> ModeOut:
    """Put somebody else's proposal into force: all its effects in one transaction."""
    return await service.confirm(web, person, mode_id)


@router.post("/api/modes/{mode_id}/withdraw")
async def withdraw_mode(web: WebDep, person: PersonDep, mode_id: str) -> ModeOut:
    """Take a proposal back, or refuse it."""
    return await service.withdraw(web, person, mode_id)


@router.post("/api/modes/{mode_id}/end")
async def end_mode(web: WebDep, person: PersonDep, mode_id: str) -> ModeOut:
    """End it before its time."""
    return await service.end(web, person, mode_id)


@router.post("/api/modes/{mode_id}/check-in")
async def check_in(web: WebDep, person: PersonDep, mode_id: str) -> Banners:
    """I have come to my B post."""
    return await service.check_in(web, person, mode_id)


@router.get("/api/modes/{mode_id}/debrief")
async def read_debrief(web: WebDep, person: PersonDep, mode_id: str) -> DebriefOut:
    """What happened while it held, in numbers with their denominators."""
    return await service.report(web, person, mode_id)


@router.get("/api/modes/{mode_id}/debrief.html", response_class=HTMLResponse)
async def debrief_page(web: WebDep, mode_id: str) -> HTMLResponse:
    """The same as a page to keep and print."""
    found = await service.counted(web, mode_id)
    areas = service.area_words(web, found.mode.areas)
    kinds = service.category_words(web, found.mode.categories)
    return HTMLResponse(page(found, areas, kinds))
