"""Volunteer groups and campaigns: progress is counted over the tasks themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import Actor
from yitong_command.domain.team import GROUPS
from yitong_command.errors import IllegalTransition, NotAllowed, NotFound
from yitong_command.storage import tables as t
from yitong_command.storage.locks import insert_ignore
from yitong_command.storage.tables_teams import campaign_tasks, campaigns, volunteers


@dataclass(frozen=True, slots=True)
class Plan:
    """A campaign as it is planned.

    Attributes:
        title: What it is called.
        goal: What it is for.
        begins_at: First moment, aware.
        ends_at: First moment after it, aware.
        grids: Codes of its grids.
        groups: Codes of its volunteer groups.
        tasks: What each group does in each grid.
    """

    title: str
    goal: str
    begins_at: datetime
    ends_at: datetime
    grids: tuple[str, ...]
    groups: tuple[str, ...]
    tasks: tuple[str, ...]


async def join(
    session: AsyncSession, group: str, username: str, *, leads: bool, by: Actor, at: datetime
) -> None:
    """Take somebody into a volunteer group.

    Raises:
        NotFound: If there is no such group or person.
    """
    if group not in GROUPS:
        raise NotFound(f"没有志愿服务组 {group}", f"there is no group {group}")
    users = t.users.c
    if await session.scalar(select(users.username).where(users.username == username)) is None:
        raise NotFound(f"没有人员 {username}", f"there is no person {username}")
    row = {
        "group_code": group, "username": username, "leads": int(leads), "since": at,
        "by": by.username,
    }  # fmt: skip
    await insert_ignore(session, volunteers, [row])
    c = volunteers.c
    chosen = update(volunteers).where(c.group_code == group, c.username == username)
    await session.execute(chosen.values(leads=int(leads)))


async def members(session: AsyncSession) -> list[dict[str, Any]]:
    """Everybody in a volunteer group."""
    query = select(volunteers).order_by(volunteers.c.group_code, volunteers.c.username)
    return [dict(row) for row in (await session.execute(query)).mappings()]


async def plan(session: AsyncSession, wanted: Plan, by: Actor, at: datetime) -> str:
    """Keep a campaign with its tasks: each of them once for every group and grid; its id.

    Raises:
        IllegalTransition: If it ends before it begins, or names no group, grid or task.
    """
    unknown = [name for name in wanted.groups if name not in GROUPS]
    if wanted.ends_at <= wanted.begins_at or unknown or not wanted.groups or not wanted.grids:
        raise IllegalTransition(
            "行动须有起止时间、网格和志愿服务组", "a campaign has a period, grids and groups"
        )
    campaign_id = str(uuid4())
    await session.execute(
        insert(campaigns).values(
            campaign_id=campaign_id, title=wanted.title, goal=wanted.goal,
            begins_at=wanted.begins_at, ends_at=wanted.ends_at, grids=list(wanted.grids),
            groups=list(wanted.groups), made_by=by.username, made_at=at,
        )
    )  # fmt: skip
    rows = [
        {
            "task_id": str(uuid4()), "campaign_id": campaign_id, "group_code": group,
            "grid_code": grid, "what": what, "made_at": at, "note": "",
        }
        for what in wanted.tasks
        for group in wanted.groups
        for grid in wanted.grids
    ]  # fmt: skip
    if rows:
        await session.execute(insert(campaign_tasks), rows)
    return campaign_id


async def finish_task(
    session: AsyncSession, task_id: str, actor: Actor, note: str, at: datetime
) -> None:
    """Say that a task of a campaign is done; by somebody of its group, while it runs.

    Raises:
        NotFound: If there is no such task.
        NotAllowed: If the person is not of the group.
        IllegalTransition: If it is done, or the campaign does not run.
    """
    c = campaign_tasks.c
    query = (
        select(campaign_tasks, campaigns.c.begins_at, campaigns.c.ends_at)
        .join(campaigns, campaigns.c.campaign_id == c.campaign_id)
        .where(c.task_id == task_id)
    )
    row = (await session.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"没有任务 {task_id}", f"there is no task {task_id}")
    own = select(volunteers.c.username).where(
        volunteers.c.group_code == row["group_code"], volunteers.c.username == actor.username
    )
    if await session.scalar(own) is None:
        raise NotAllowed("您不在这个志愿服务组", "you are not of this group")
    if not row["begins_at"] <= at < row["ends_at"]:
        raise IllegalTransition("行动不在进行中", "the campaign does not run now")
    done = await session.execute(
        update(campaign_tasks)
        .where(c.task_id == task_id, c.done_at.is_(None))
        .values(done_at=at, done_by=actor.username, note=note)
        .returning(c.task_id)
    )
    if done.one_or_none() is None:
        raise IllegalTransition("任务已完成", "the task is done already")


async def listed(session: AsyncSession, limit: int = 200) -> list[dict[str, Any]]:
    """Campaigns, newest first, with how many tasks of each group are done of how many."""
    query = select(campaigns).order_by(campaigns.c.begins_at.desc(), campaigns.c.campaign_id)
    found = [dict(row) for row in (await session.execute(query.limit(limit))).mappings()]
    c = campaign_tasks.c
    counts = await session.execute(
        select(c.campaign_id, c.group_code, func.count(), func.count(c.done_at))
        .where(c.campaign_id.in_([row["campaign_id"] for row in found]))
        .group_by(c.campaign_id, c.group_code)
        .order_by(c.group_code)
    )
    progress: dict[str, list[dict[str, Any]]] = {}
    for campaign_id, group, total, done in counts:
        row = {"group": group, "total": int(total), "done": int(done)}
        progress.setdefault(campaign_id, []).append(row)
    return [row | {"progress": progress.get(row["campaign_id"], [])} for row in found]


async def tasks_of(session: AsyncSession, campaign_id: str) -> list[dict[str, Any]]:
    """The tasks of a campaign."""
    c = campaign_tasks.c
    query = select(campaign_tasks).where(c.campaign_id == campaign_id)
    query = query.order_by(c.group_code, c.grid_code, c.what)
    return [dict(row) for row in (await session.execute(query)).mappings()]
