"""The worker's own tasks: take, hand back, arrive, protect, ask for time, handle."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Form, UploadFile
from pydantic import AwareDatetime

from yitong_command.domain.case import State
from yitong_command.storage import tasks as store
from yitong_command.storage.session import transaction
from yitong_command.web.deps import PersonDep, WebDep
from yitong_command.web.evidence.photo import MAX_BYTES
from yitong_command.web.schemas import Text
from yitong_command.web.tasks import service
from yitong_command.web.tasks.schemas import Accept, Arrive, Extend, Return, Tasks, TaskView

router = APIRouter(tags=["tasks"])

Photo = Annotated[UploadFile, File(description="JPEG, PNG or WebP, at most 8 MB")]
Version = Annotated[int, Form(ge=1)]
Note = Annotated[Text, Form(max_length=2000)]
When = Annotated[AwareDatetime | None, Form()]
ClientId = Annotated[UUID | None, Form(description="The phone's own number of this act")]


@router.get("/api/tasks")
async def my_tasks(web: WebDep, person: PersonDep, done: bool = False) -> Tasks:
    """Own tasks, the most urgent first; with ``done=true`` the finished ones after them."""
    async with transaction(web.readers) as session:
        items = await store.my_tasks(session, person.username, done)
    return Tasks(items=tuple(TaskView.model_validate(item) for item in items))


@router.post("/api/tasks/{task_id}/accept")
async def accept(web: WebDep, person: PersonDep, task_id: str, body: Accept) -> TaskView:
    """Take the task."""
    step = service.Step(State.ACCEPTED, body.version, sent=service.sent(web, body))
    return TaskView.model_validate(await service.move(web, person, task_id, step))


@router.post("/api/tasks/{task_id}/return")
async def hand_back(web: WebDep, person: PersonDep, task_id: str, body: Return) -> TaskView:
    """Hand the task back, with a reason; once, and only in its time."""
    sent = service.sent(web, body)
    step = service.Step(State.PENDING_DISPATCH, body.version, note=body.note, sent=sent)
    return TaskView.model_validate(await service.move(web, person, task_id, step))


@router.post("/api/tasks/{task_id}/extend")
async def extend(web: WebDep, person: PersonDep, task_id: str, body: Extend) -> TaskView:
    """Ask a duty leader for more time; the clock runs on until it is granted."""
    step = service.Step(
        State.WAITING_EXTENSION, body.version, note=body.note, minutes=body.minutes,
        sent=service.sent(web, body),
    )  # fmt: skip
    return TaskView.model_validate(await service.move(web, person, task_id, step))


@router.post("/api/tasks/{task_id}/arrive")
async def arrive(web: WebDep, person: PersonDep, task_id: str, body: Arrive) -> TaskView:
    """Say that one is there."""
    step = service.Step(
        State.ARRIVED, body.version, lon=body.lon, lat=body.lat, sent=service.sent(web, body)
    )
    return TaskView.model_validate(await service.move(web, person, task_id, step))


@router.post("/api/tasks/{task_id}/handle")
async def handle(
    web: WebDep,
    person: PersonDep,
    task_id: str,
    photo: Photo,
    version: Version,
    note: Note = "",
    captured_at: When = None,
    client_id: ClientId = None,
    said_at: When = None,
) -> TaskView:
    """Say that it is done, with a photo; persons and plates are blurred before it is stored."""
    sent = service.act(web, client_id, said_at or captured_at)
    step = service.Step(State.HANDLED, version, note=note, captured_at=captured_at, sent=sent)
    data = await photo.read(MAX_BYTES + 1)
    return TaskView.model_validate(await service.handle(web, person, task_id, step, data))


@router.post("/api/tasks/{task_id}/protect")
async def protect(
    web: WebDep,
    person: PersonDep,
    task_id: str,
    photo: Photo,
    version: Version,
    note: Note = "",
    captured_at: When = None,
    client_id: ClientId = None,
    said_at: When = None,
) -> TaskView:
    """Say that a barrier stands around it, with a photo; the case stays open, its clock runs."""
    sent = service.act(web, client_id, said_at or captured_at)
    step = service.Step(State.PROTECTED, version, note=note, captured_at=captured_at, sent=sent)
    data = await photo.read(MAX_BYTES + 1)
    return TaskView.model_validate(await service.handle(web, person, task_id, step, data))
