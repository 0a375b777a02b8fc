"""Tasks: what a worker has to do."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.task import OPEN_TASK
from yitong_command.errors import NotFound
from yitong_command.storage import rows
from yitong_command.storage import tables as t
from yitong_command.storage.views import MAX_PAGE, TaskView


async def my_tasks(
    session: AsyncSession, username: str, include_done: bool = False
) -> tuple[TaskView, ...]:
    """A worker's tasks: the open ones by deadline, then the done ones, newest first."""
    query = _views().where(t.tasks.c.assignee == username)
    is_open = t.tasks.c.state.in_([state.value for state in OPEN_TASK])
    open_query = query.where(is_open).order_by(t.tasks.c.due_at, t.tasks.c.task_id)
    found = list((await session.execute(open_query.limit(MAX_PAGE))).mappings())
    if include_done:
        done = query.where(~is_open).order_by(t.tasks.c.created_at.desc(), t.tasks.c.task_id)
        found += list((await session.execute(done.limit(MAX_PAGE))).mappings())
    return tuple(rows.task_view(row) for row in found)


async def get_task(session: AsyncSession, task_id: str) -> TaskView:
    """One task.

    Raises:
        NotFound: If there is no such task.
    """
    query = _views().where(t.tasks.c.task_id == task_id)
    row = (await session.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"没有任务 {task_id}", f"there is no task {task_id}")
    return rows.task_view(row)


async def tasks_of_case(session: AsyncSession, case_id: str) -> tuple[TaskView, ...]:
    """All tasks of a case, oldest first."""
    query = _views().where(t.tasks.c.case_id == case_id)
    query = query.order_by(t.tasks.c.created_at, t.tasks.c.task_id)
    return tuple(rows.task_view(row) for row in (await session.execute(query)).mappings())


def _views() -> Select[Any]:
    case = t.cases.c
    return (
        select(
            t.tasks,
            t.users.c.name_zh.label("assignee_name_zh"),
            t.users.c.name_en.label("assignee_name_en"),
            case.title_zh, case.title_en, case.place_zh, case.place_en, case.lon, case.lat,
            case.crs, case.severity, case.category, case.subtype, case.grid_code, case.evidence,
            case.version.label("case_version"), case.state.label("case_state"),
            case.return_until, case.extensions,
        )
        .join(t.cases, case.case_id == t.tasks.c.case_id)
        .outerjoin(t.users, t.users.c.username == t.tasks.c.assignee)
    )  # fmt: skip
