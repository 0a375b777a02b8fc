"""Who a case is sent to: named by a person, or found by grid and roster."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import SYSTEM, Ask, Role, State
from yitong_command.domain.county import County
from yitong_command.errors import NotAllowed, NotFound
from yitong_command.storage.asks import TransitionRequest
from yitong_command.storage.staff import choose
from yitong_command.storage.users import get_user


async def ask_of(
    session: AsyncSession, request: TransitionRequest, row: dict[str, Any], county: County
) -> Ask:
    """The wish in a request, with the person that grid and roster name if none was named."""
    assignee = request.assignee
    if assignee is not None:
        await _check_assignee(session, assignee)
    elif request.to is State.DISPATCHED and row["state"] == State.PENDING_DISPATCH:
        found = await choose(session, row, county, request.at)
        if found is not None and await _is_worker(session, found.username):
            assignee = found.username
    return Ask(
        to=request.to,
        actor=request.actor,
        expected_version=request.expected_version,
        note=request.note,
        reason_code=request.reason_code,
        evidence_sha256=request.evidence_sha256,
        assignee=assignee,
        merge_into=request.merge_into,
        at=request.at,
        receipt=request.receipt,
        minutes=request.minutes,
        granted=request.granted,
        result=request.result,
    )


async def follow(
    session: AsyncSession, row: dict[str, Any], county: County, request: TransitionRequest
) -> Ask | None:
    """What the system does by itself once a case is filed, reopened or sent back; else None."""
    if row["state"] == State.REWORK:
        again = request.assignee or row["handled_by"]
        if again is not None and await _is_worker(session, again):
            return Ask(State.DISPATCHED, SYSTEM, assignee=again, at=request.at)
        return Ask(State.PENDING_DISPATCH, SYSTEM, at=request.at)
    if row["state"] in {State.FILED, State.REOPENED}:
        return await _dispatch(session, row, county, request.at)
    return None


async def _dispatch(
    session: AsyncSession, row: dict[str, Any], county: County, at: datetime
) -> Ask:
    found = await choose(session, row, county, at)
    if found is None:
        return Ask(State.PENDING_DISPATCH, SYSTEM, at=at)
    if not await _is_worker(session, found.username):
        note = f"值班表中的 {found.username} 没有处置账号 / no worker account on the roster"
        return Ask(State.PENDING_DISPATCH, SYSTEM, note=note, at=at)
    role = county.taxonomy.roles.get(found.role)
    note = f"{found.reason_zh} / {found.reason_en}" if role else found.role
    return Ask(State.DISPATCHED, SYSTEM, assignee=found.username, note=note, at=at)


async def _is_worker(session: AsyncSession, username: str) -> bool:
    user = await get_user(session, username)
    return user is not None and user.role == Role.WORKER


async def _check_assignee(session: AsyncSession, username: str) -> None:
    user = await get_user(session, username)
    if user is None:
        raise NotFound(f"没有人员 {username}", f"there is no person {username}")
    if user.role != Role.WORKER:
        raise NotAllowed(f"{username} 不是处置人员", f"{username} is not a worker")
