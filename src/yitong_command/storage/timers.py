"""Timers: rows written with the move that sets them, each fired exactly once.

A timer is fired by one transaction that marks it, does what it says and writes the messages of
that; a crash before the commit leaves it waiting, one after it leaves it done. No timer is kept
anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import RowMapping, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import SYSTEM, State
from yitong_command.domain.county import County
from yitong_command.routing.escalate import ACCEPT, HOLDER, RESUME
from yitong_command.storage import notices
from yitong_command.storage import tables as t
from yitong_command.storage.asks import TransitionRequest
from yitong_command.storage.mode_end import end_by_timer
from yitong_command.storage.moves import move_case
from yitong_command.storage.passing import pass_on
from yitong_command.storage.staff import told

TOPIC = "escalations"


async def due(session: AsyncSession, now: datetime, limit: int) -> list[int]:
    """Timers to fire, longest due first."""
    c = t.timers.c
    query = (
        select(c.timer_id)
        .where(c.state == "waiting", c.fire_at <= now)
        .order_by(c.fire_at, c.timer_id)
        .limit(limit)
    )
    return list(await session.scalars(query))


async def next_at(session: AsyncSession) -> tuple[int, datetime | None]:
    """How many wait, and when the first of them is to fire."""
    c = t.timers.c
    query = select(func.count(), func.min(c.fire_at, type_=t.UtcTime)).where(c.state == "waiting")
    count, first = (await session.execute(query)).one()
    return int(count), first


async def fire(
    session: AsyncSession, timer_id: int, county: County, now: datetime
) -> timedelta | None:
    """Fire a timer; how late, or None if it was fired or cancelled meanwhile.

    Args:
        session: Open transaction; it counts once it is committed.
        timer_id: Which.
        county: Taxonomy and roster.
        now: The time; a clock that was set back fires nothing early and nothing twice.
    """
    query = select(t.timers.c.case_id).where(t.timers.c.timer_id == timer_id)
    case_id = await session.scalar(query)
    # The case first: whoever moves it holds it before touching its timers.
    row = await _case(session, case_id) if case_id else None
    timer = await _take(session, timer_id, now)
    if timer is None:
        return None
    if timer["mode_id"] is not None:
        await end_by_timer(session, timer["mode_id"], county, now)
    elif row is not None and timer["kind"] == RESUME:
        await _resume(session, row, county, now)
    elif row is not None:
        await _escalate(session, timer, row, county, now)
    fire_at: datetime = timer["fire_at"]
    return now - fire_at


async def _resume(
    session: AsyncSession, row: dict[str, Any], county: County, now: datetime
) -> None:
    """End a pause as anybody else would: by the case's own move, made by the system."""
    if row["state"] != State.SUSPENDED or row["resume_to"] is None:
        return
    request = TransitionRequest(
        case_id=row["case_id"], to=State(row["resume_to"]), actor=SYSTEM, at=now,
        note="挂账期满 / the pause is over",
    )  # fmt: skip
    await move_case(session, request, county)


async def give_up(session: AsyncSession, timer_id: int, now: datetime, reason: str) -> None:
    """Mark a timer that can't be fired, with the reason; it is not tried again."""
    c = t.timers.c
    waiting = update(t.timers).where(c.timer_id == timer_id, c.state == "waiting")
    words = c.reason_en + f" [not fired: {reason}]"
    await session.execute(waiting.values(state="failed", ended_at=now, reason_en=words))


async def _case(session: AsyncSession, case_id: str) -> dict[str, Any] | None:
    query = select(t.cases).where(t.cases.c.case_id == case_id).with_for_update()
    row = (await session.execute(query)).mappings().one_or_none()
    return dict(row) if row else None


async def _take(session: AsyncSession, timer_id: int, now: datetime) -> RowMapping | None:
    c = t.timers.c
    taken = await session.execute(
        update(t.timers)
        .where(c.timer_id == timer_id, c.state == "waiting", c.fire_at <= now)
        .values(state="fired", ended_at=now)
        .returning(*t.timers.c)
    )
    return taken.mappings().one_or_none()


async def _escalate(
    session: AsyncSession, timer: RowMapping, row: dict[str, Any], county: County, now: datetime
) -> None:
    role = timer["role"]
    if role == HOLDER:
        people = [row["holder"]] if row["holder"] else []
    else:
        people = await told(session, row, county, role, now)
    zh, en, passed_to = timer["reason_zh"], timer["reason_en"], None
    if timer["kind"] == ACCEPT:
        found = await pass_on(session, row, county, now)
        if found is not None:
            passed_to = found.username
            zh, en = f"{zh},转派 {passed_to}({found.reason_zh})", f"{en}, sent to {passed_to}"
        else:
            zh, en = f"{zh},名册上无其他人可派", f"{en}, there is nobody else to send"
    elif role != HOLDER and not people:
        zh, en = f"{zh}(名册上无人,请值班台转告)", f"{en} (nobody on the roster: desk, tell them)"
    note = {
        "escalation_id": str(uuid4()),
        "timer_id": timer["timer_id"],
        "case_id": row["case_id"],
        "kind": timer["kind"],
        "role": role,
        "people": people,
        "passed_to": passed_to,
        "reason_zh": zh,
        "reason_en": en,
        "due_at": timer["due_at"],
        "at": now,
    }
    await session.execute(insert(t.escalations).values(note))
    await notices.write(session, [escalation_notice(note, row)])


def escalation_notice(note: Mapping[str, Any], case: Mapping[str, Any]) -> dict[str, Any]:
    """The outbox row of an escalation."""
    shown = notices.told_case(case)
    payload = {
        "schema_version": 1,
        "change_id": note["escalation_id"],
        **{name: note[name] for name in _OWN},
        **{name: shown[name] for name in _OF_CASE},
        "category": notices.category_of(shown),
        "case_state": case["state"],
        "case_version": case["version"],
        "due_at": note["due_at"].isoformat(),
        "at": note["at"].isoformat(),
    }
    return {
        "change_id": note["escalation_id"],
        "topic": TOPIC,
        "key": note["case_id"],
        "payload": payload,
        "at": note["at"],
    }


_OWN = (
    "escalation_id", "case_id", "kind", "role", "people", "passed_to", "reason_zh", "reason_en",
)  # fmt: skip
_OF_CASE = ("severity", "title_zh", "title_en", "grid_code", "holder")
