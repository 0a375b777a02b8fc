"""Steps of a task: each is a move of its case, made by the one it is assigned to."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import Move, State
from yitong_command.errors import NotAllowed
from yitong_command.storage import asks, cases, tasks, views
from yitong_command.storage.phone import PhoneAct, first_time, late_words
from yitong_command.storage.session import transaction
from yitong_command.web.auth.service import Person
from yitong_command.web.cases.service import audit_move
from yitong_command.web.context import Web
from yitong_command.web.protected.notes import kept
from yitong_command.web.tasks.schemas import Sent


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
        minutes: How many more are asked for.
        sent: The phone's number of this act, and when it was pressed.
    """

    to: State
    version: int
    note: str = ""
    lon: float | None = None
    lat: float | None = None
    evidence: str | None = None
    captured_at: datetime | None = None
    minutes: int | None = None
    sent: PhoneAct | None = None


def act(web: Web, client_id: UUID | None, said_at: datetime | None) -> PhoneAct | None:
    """What a phone says of an act; None for a page that says nothing."""
    if client_id is None:
        return None
    now = web.clock()
    return PhoneAct(str(client_id), min(said_at or now, now))


def sent(web: Web, body: Sent) -> PhoneAct | None:
    """The same, from a body."""
    return act(web, body.client_id, body.said_at)


async def move(web: Web, person: Person, task_id: str, step: Step) -> views.TaskView:
    """Make a step in one transaction; one that was made before is not made again.

    Raises:
        Refusal: If the task is not this person's, or the life cycle says no.
    """
    now = web.clock()
    taken_at = min(step.captured_at, now) if step.captured_at else now
    async with transaction(web.sessions) as session:
        task = await _own_task(session, person, task_id)
        case_id, kind = task.case_id, step.to.value
        if step.sent and not await first_time(
            session, step.sent, person.username, case_id, kind, now
        ):
            return task
        note = await kept(web, session, person, case_id, step.note)
        request = asks.TransitionRequest(
            case_id=case_id,
            to=step.to,
            actor=person.actor,
            at=now,
            expected_version=step.version,
            note=f"{note} {late_words(step.sent, now)}".strip(),
            evidence_sha256=step.evidence,
            evidence_captured_at=taken_at if step.evidence else None,
            lon=step.lon,
            lat=step.lat,
            minutes=step.minutes,
        )
        if _begins_first(task, step):
            await _begin(web, session, person, request)
            request = replace(request, expected_version=None)
        await cases.transition(session, request, web.county)
        await audit_move(session, person, request)
        return await tasks.get_task(session, task_id)


def _begins_first(task: views.TaskView, step: Step) -> bool:
    """A worker who put a barrier up and then fixed it presses one button, not two."""
    return step.to is State.HANDLED and task.case_state == State.PROTECTED


async def _begin(
    web: Web, session: AsyncSession, person: Person, request: asks.TransitionRequest
) -> None:
    begin = asks.TransitionRequest(
        case_id=request.case_id, to=State.HANDLING, actor=request.actor, at=request.at,
        expected_version=request.expected_version,
    )  # fmt: skip
    await cases.transition(session, begin, web.county)
    await audit_move(session, person, begin)


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
    to = State.HANDLING if _begins_first(task, step) else step.to
    if any(found.target is to for found in _actions(web, case, person)):
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
