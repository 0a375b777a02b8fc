"""Steps of a task: each is a move of its case, made by the one it is assigned to."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import Move, State
from yitong_command.errors import NotAllowed
from yitong_command.storage import asks, cases, tasks, views
from yitong_command.storage.session import transaction
from yitong_command.web.auth.service import Person
from yitong_command.web.cases.service import audit_move
from yitong_command.web.context import Web
from yitong_command.web.protected.notes import kept


@dataclass(frozen=True, slots=True)
class Step:
    """What a worker did.

    Attributes:
        to: State of the case after it.
        version: Version of the case that the worker saw.
        note: Free text.
        lon: Where, degrees.
        lat: Where, degrees.
        evidence: Hash of the after-photo.
        captured_at: When the phone took the photo.
    """

    to: State
    version: int
    note: str = ""
    lon: float | None = None
    lat: float | None = None
    evidence: str | None = None
    captured_at: datetime | None = None


async def move(web: Web, person: Person, task_id: str, step: Step) -> views.TaskView:
    """Make a step in one transaction.

    Raises:
        Refusal: If the task is not this person's, or the life cycle says no.
    """
    now = web.clock()
    taken_at = min(step.captured_at, now) if step.captured_at else now
    async with transaction(web.sessions) as session:
        task = await _own_task(session, person, task_id)
        request = asks.TransitionRequest(
            case_id=task.case_id,
            to=step.to,
            actor=person.actor,
            at=now,
            expected_version=step.version,
            note=await kept(web, session, person, task.case_id, step.note),
            evidence_sha256=step.evidence,
            evidence_captured_at=taken_at if step.evidence else None,
            lon=step.lon,
            lat=step.lat,
        )
        await cases.transition(session, request, web.county)
        await audit_move(session, person, request)
        return await tasks.get_task(session, task_id)


async def handle(
    web: Web, person: Person, task_id: str, step: Step, photo: bytes
) -> views.TaskView:
    """Blur and store the photo, then make the step with it.

    Raises:
        Refusal: If the step can't be made, or the photo can't be taken.
    """
    async with transaction(web.readers) as session:
        task = await _own_task(session, person, task_id)
        case = await cases.get_case(session, task.case_id)
    if any(found.target is step.to for found in _actions(web, case, person)):
        jpeg = await web.masker.prepare(photo)
        step = replace(step, evidence=await asyncio.to_thread(web.evidence.put, jpeg))
    return await move(web, person, task_id, step)


def _actions(web: Web, case: views.CaseDetail, person: Person) -> tuple[Move, ...]:
    return cases.actions_for(case, person.actor, web.county, web.clock())


async def _own_task(session: AsyncSession, person: Person, task_id: str) -> views.TaskView:
    task = await tasks.get_task(session, task_id)
    if task.assignee != person.username:
        raise NotAllowed("这不是您的任务", "this task is not yours")
    return task
