"""The clock of a case."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field

from yitong_command.storage.clock_view import clock_of
from yitong_command.storage.session import transaction
from yitong_command.web.deps import WebDep
from yitong_command.web.schemas import Out

router = APIRouter(tags=["cases"])


class DueOut(Out):
    """One deadline and the rule that made it."""

    stage: str = Field(description="accept, arrive, resolve, or normal: without any emergency")
    due_at: datetime | None
    rule_zh: str
    rule_en: str


class StepOut(Out):
    """One step of a ladder that waits or was done."""

    kind: str = Field(description="accept, arrive, yellow, red, red2, red3 or ladder")
    role: str
    due_at: datetime
    at: datetime
    reason_zh: str
    reason_en: str
    people: tuple[str, ...]
    passed_to: str | None


class ClockOut(Out):
    """The clock of a case."""

    case_id: str
    started_at: datetime | None
    rework: bool
    light: str = Field(description="green, yellow, red, red2 or red3")
    deadlines: tuple[DueOut, ...]
    waiting: tuple[StepOut, ...]
    done: tuple[StepOut, ...]


@router.get("/api/cases/{case_id}/clock")
async def case_clock(web: WebDep, case_id: str) -> ClockOut:
    """Deadlines with their rules, the steps that wait, and whom was told what."""
    async with transaction(web.readers) as session:
        return ClockOut.model_validate(await clock_of(session, case_id, web.clock()))
