"""A task that is not taken in time goes to the next person; the case is held all the while."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import SYSTEM, Role
from yitong_command.domain.county import County
from yitong_command.domain.task import TaskState
from yitong_command.routing.assign import Route
from yitong_command.storage import holdings, notices
from yitong_command.storage import tables as t
from yitong_command.storage.case_clock import SENT, Kept, follow, kept_of
from yitong_command.storage.move_tasks import move_task, new_task
from yitong_command.storage.staff import choose
from yitong_command.storage.users import get_user


async def pass_on(
    session: AsyncSession, row: dict[str, Any], county: County, at: datetime
) -> Route | None:
    """Send the next person; None if there is nobody else, then it stays with who has it.

    The holding of one ends where that of the other begins, the clock of the case runs on, and
    only the time to accept begins again.

    Args:
        session: Open transaction that has the case locked.
        row: All columns of the case, ``dispatched``.
        county: Taxonomy and roster.
        at: Now.
    """
    kept = await kept_of(session, row["case_id"])
    if kept is None or row["state"] != SENT:
        return None
    found = await choose(session, row, county, at, await _missed(session, row, kept))
    if found is None or not await _is_worker(session, found.username):
        return None
    before = row["holder"]
    version = row["version"]
    outbox = await move_task(session, row, TaskState.WITHDRAWN, at)
    row |= {"version": version + 1, "holder": found.username, "updated_at": at}
    await follow(session, row, county, at, sent=Kept(kept.started_at, at, kept.rework))
    await _transition(session, row, before, found, at)
    c = t.cases.c
    values = {name: value for name, value in row.items() if name != "case_id"}
    await session.execute(update(t.cases).where(c.case_id == row["case_id"]).values(values))
    await holdings.hand(session, row["case_id"], before, found.username, at)
    outbox.append(notices.case_notice(row, SENT, at, SYSTEM))
    outbox.append(await new_task(session, row, county, at))
    await notices.write(session, outbox)
    return found


async def _missed(session: AsyncSession, row: dict[str, Any], kept: Kept) -> frozenset[str]:
    c = t.tasks.c
    query = select(c.assignee).where(
        c.case_id == row["case_id"], c.created_at >= kept.started_at, c.accepted_at.is_(None)
    )
    names = {name for (name,) in await session.execute(query)}
    return frozenset(names | {row["holder"]})


async def _transition(
    session: AsyncSession, row: dict[str, Any], before: str | None, found: Route, at: datetime
) -> None:
    note = (
        f"{before} 超时未接单,转派 {found.username}({found.reason_zh}) / "
        f"{before} did not accept in time, sent to {found.username} ({found.reason_en})"
    )
    await session.execute(
        insert(t.transitions).values(
            case_id=row["case_id"], seq=row["version"], from_state=SENT, to_state=SENT,
            actor=SYSTEM.username, role=SYSTEM.role.value, at=at, note=note,
            holder=found.username,
        )
    )  # fmt: skip


async def _is_worker(session: AsyncSession, username: str) -> bool:
    user = await get_user(session, username)
    return user is not None and user.role == Role.WORKER
