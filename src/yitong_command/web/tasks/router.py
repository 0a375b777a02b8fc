"""The worker's own tasks: take, arrive, handle."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile
from pydantic import AwareDatetime

from yitong_command.domain.case import State
from yitong_command.storage import tasks as store
from yitong_command.storage.session import transaction
from yitong_command.web.deps import PersonDep, WebDep
from yitong_command.web.evidence.photo import MAX_BYTES
from yitong_command.web.schemas import Text
from yitong_command.web.tasks import service
from yitong_command.web.tasks.schemas import Accept, Arrive, Tasks, TaskView

router = APIRouter(tags=["tasks"])


@router.get("/api/tasks")
async def my_tasks(web: WebDep, person: PersonDep, done: bool = False) -> Tasks:
    """Own tasks, the most urgent first; with ``done=true`` the finished ones after them."""
    async with transaction(web.readers) as session:
        items = await store.my_tasks(session, person.username, done)
    return Tasks(items=tuple(TaskView.model_validate(item) for item in items))


@router.post("/api/tasks/{task_id}/accept")
async def accept(web: WebDep, person: PersonDep, task_id: str, body: Accept) -> TaskView:
    """Take the task."""
    step = service.Step(State.ACCEPTED, body.version)
    return TaskView.model_validate(await service.move(web, person, task_id, step))


@router.post("/api/tasks/{task_id}/arrive")
async def arrive(web: WebDep, person: PersonDep, task_id: str, body: Arrive) -> TaskView:
    """Say that one is there."""
    step = service.Step(State.ARRIVED, body.version, lon=body.lon, lat=body.lat)
    return TaskView.model_validate(await service.move(web, person, task_id, step))


@router.post("/api/tasks/{task_id}/handle")
async def handle(
    web: WebDep,
    person: PersonDep,
    task_id: str,
    photo: Annotated[UploadFile, File(description="JPEG, PNG or WebP, at most 8 MB")],
    version: Annotated[int, Form(ge=1)],
    note: Annotated[Text, Form(max_length=2000)] = "",
    captured_at: Annotated[AwareDatetime | None, Form()] = None,
) -> TaskView:
    """Say that it is done, with a photo; persons and plates are blurred before it is stored."""
    step = service.Step(State.HANDLED, version, note=note, captured_at=captured_at)
    data = await photo.read(MAX_BYTES + 1)
    return TaskView.model_validate(await service.handle(web, person, task_id, step, data))


@router.post("/api/tasks/{task_id}/protect")
async def protect(
    web: WebDep,
    person: PersonDep,
    task_id: str,
    photo: Annotated[UploadFile, File(description="JPEG, PNG or WebP, at most 8 MB")],
    version: Annotated[int, Form(ge=1)],
    note: Annotated[Text, Form(max_length=2000)] = "",
    captured_at: Annotated[AwareDatetime | None, Form()] = None,
) -> TaskView:
    """Say that a barrier stands around it, with a photo; the case stays open, its clock runs."""
    step = service.Step(State.PROTECTED, version, note=note, captured_at=captured_at)
    data = await photo.read(MAX_BYTES + 1)
    return TaskView.model_validate(await service.handle(web, person, task_id, step, data))
