"""Shift handovers: operators sign, the desk reads."""

from __future__ import annotations

from fastapi import APIRouter

from yitong_command.web.deps import PersonDep, WebDep
from yitong_command.web.handovers import service
from yitong_command.web.handovers.schemas import (
    AcceptIn,
    HandoverOut,
    Handovers,
    OfferIn,
    SheetOut,
)

router = APIRouter(tags=["handovers"])


@router.get("/api/handovers/sheet")
async def sheet(web: WebDep, person: PersonDep) -> SheetOut:
    """What would be handed over now, and to whom it can be."""
    return await service.sheet_now(web, person)


@router.get("/api/handovers")
async def handovers(web: WebDep, person: PersonDep) -> Handovers:
    """The newest handovers, signed by one, by both, or withdrawn."""
    return await service.newest(web, person)


@router.post("/api/handovers")
async def offer(web: WebDep, person: PersonDep, body: OfferIn) -> HandoverOut:
    """Sign as the one who goes; refused while a critical alert waits for a decision."""
    return await service.offer(web, person, body)


@router.post("/api/handovers/{handover_id}/accept")
async def accept(web: WebDep, person: PersonDep, handover_id: str, body: AcceptIn) -> HandoverOut:
    """Sign as the one who comes; the desk's cases of the other are this person's from now on."""
    return await service.accept(web, person, handover_id, body)


@router.post("/api/handovers/{handover_id}/withdraw")
async def withdraw(web: WebDep, person: PersonDep, handover_id: str) -> HandoverOut:
    """Take the first signature back, or refuse the second."""
    return await service.withdraw(web, person, handover_id)
