"""Rosters."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from yitong_command.web.deps import PersonDep, WebDep
from yitong_command.web.rosters import service
from yitong_command.web.rosters.now import duty_now
from yitong_command.web.rosters.schemas import (
    AnswerIn,
    DutyIn,
    DutyNow,
    Entries,
    EntryOut,
    LeaveIn,
    SwapIn,
    VersionIn,
)

router = APIRouter(tags=["rosters"])
Kind = Literal["duty", "leave", "swap"]


@router.get("/api/rosters/now")
async def on_duty_now(
    web: WebDep, person: PersonDep, at: Annotated[AwareDatetime | None, Query()] = None
) -> DutyNow:
    """Who is on duty now, or at another moment, grid by grid."""
    return await duty_now(web, person, at or web.clock())


@router.get("/api/rosters")
async def list_roster(web: WebDep, person: PersonDep, kind: Kind | None = None) -> Entries:
    """Duties, leave and swaps: all for the desk, the own for a worker."""
    return await service.list_entries(web, person, kind)


@router.post("/api/rosters/duties")
async def add_duty(web: WebDep, person: PersonDep, body: DutyIn) -> EntryOut:
    """Add a line to the roster."""
    return await service.put_duty(web, person, body, None, None)


@router.put("/api/rosters/duties/{entry_id}")
async def change_duty(
    web: WebDep,
    person: PersonDep,
    entry_id: str,
    body: DutyIn,
    version: Annotated[int, Query(ge=1)],
) -> EntryOut:
    """Change a line; 409 if it is not at ``version`` any more."""
    return await service.put_duty(web, person, body, entry_id, version)


@router.post("/api/rosters/duties/{entry_id}/remove")
async def remove_duty(web: WebDep, person: PersonDep, entry_id: str, body: VersionIn) -> EntryOut:
    """Take a line off the roster."""
    return await service.remove_duty(web, person, entry_id, body.version)


@router.post("/api/rosters/leave")
async def ask_leave(web: WebDep, person: PersonDep, body: LeaveIn) -> EntryOut:
    """Ask for leave; what the desk enters counts at once."""
    return await service.ask_leave(web, person, body)


@router.post("/api/rosters/swaps")
async def ask_swap(web: WebDep, person: PersonDep, body: SwapIn) -> EntryOut:
    """Ask somebody to do my duty."""
    return await service.ask_swap(web, person, body)


@router.post("/api/rosters/{entry_id}/answer")
async def answer(web: WebDep, person: PersonDep, entry_id: str, body: AnswerIn) -> EntryOut:
    """Answer a swap one was asked for, or as the desk a wish for leave."""
    return await service.answer(web, person, entry_id, agree=body.agree)


@router.post("/api/rosters/{entry_id}/withdraw")
async def withdraw(web: WebDep, person: PersonDep, entry_id: str) -> EntryOut:
    """Take back leave or a swap."""
    return await service.withdraw(web, person, entry_id)


@router.get("/api/rosters/{entry_id}/history")
async def roster_history(web: WebDep, person: PersonDep, entry_id: str) -> Entries:
    """All versions of a line, newest first."""
    return await service.history(web, person, entry_id)
