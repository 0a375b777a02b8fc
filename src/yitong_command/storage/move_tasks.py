"""The task of a case: made at its dispatch, moved with the case, ended with it or by a return."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.county import County
from yitong_command.domain.roster import Post
from yitong_command.domain.task import ENDED_TASK, TaskState, task_id
from yitong_command.storage import notices
from yitong_command.storage import tables as t
from yitong_command.storage.users import get_user

_STAMPED = frozenset({TaskState.ACCEPTED, TaskState.ARRIVED, TaskState.HANDLED})


async def new_task(
    session: AsyncSession, row: dict[str, Any], county: County, at: datetime
) -> dict[str, Any]:
    """Give a case that was just dispatched to the one who holds it; gives the outbox row."""
    case_id, assignee = row["case_id"], row["holder"] or ""
    query = select(func.count()).where(t.tasks.c.case_id == case_id)
    number = int(await session.scalar(query) or 0) + 1
    task = {
        "task_id": task_id(case_id, number),
        "case_id": case_id,
        "assignee": assignee,
        "post": await _post(session, county, assignee),
        "state": TaskState.DISPATCHED.value,
        "due_at": row["due_at"],
        "created_at": at,
        "open_case_id": case_id,
    }
    await session.execute(insert(t.tasks).values(task))
    return notices.task_notice(task, row, at)


async def move_task(
    session: AsyncSession, row: dict[str, Any], state: TaskState, at: datetime
) -> list[dict[str, Any]]:
    """Move the open task of a case, if it has one; gives the outbox rows."""
    values: dict[str, Any] = {"state": state.value}
    if state in _STAMPED:
        values[f"{state.value}_at"] = at
    if state in ENDED_TASK:
        values["open_case_id"] = None
    moved = await session.execute(
        update(t.tasks)
        .where(t.tasks.c.open_case_id == row["case_id"])
        .values(values)
        .returning(*t.tasks.c)
    )
    return [notices.task_notice(task, row, at) for task in moved.mappings()]


async def set_due(session: AsyncSession, row: dict[str, Any], at: datetime) -> list[dict[str, Any]]:
    """Give the open task the case's deadline, which changed; gives the outbox rows."""
    moved = await session.execute(
        update(t.tasks)
        .where(t.tasks.c.open_case_id == row["case_id"])
        .values(due_at=row["due_at"])
        .returning(*t.tasks.c)
    )
    return [notices.task_notice(task, row, at) for task in moved.mappings()]


async def _post(session: AsyncSession, county: County, username: str) -> Post:
    for duty in county.roster:
        if duty.username == username:
            return duty.post
    user = await get_user(session, username)
    return "B" if user is not None and user.post == "B" else "A"
