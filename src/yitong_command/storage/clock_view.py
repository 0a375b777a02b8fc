"""The clock of a case as a screen shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.deadlines import Light
from yitong_command.storage import tables as t

STAGES = (
    ("accept", "accept_due_at"), ("arrive", "arrive_due_at"), ("resolve", "due_at"),
    ("normal", "normal_due_at"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class DueView:
    """One deadline and the rule that made it."""

    stage: str
    due_at: datetime | None
    rule_zh: str
    rule_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """One step that waits or was done."""

    kind: str
    role: str
    due_at: datetime
    at: datetime
    reason_zh: str
    reason_en: str
    people: tuple[str, ...] = ()
    passed_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockView:
    """The clock of a case."""

    case_id: str
    started_at: datetime | None
    rework: bool
    light: str
    deadlines: tuple[DueView, ...]
    waiting: tuple[StepView, ...]
    done: tuple[StepView, ...]


async def clock_of(session: AsyncSession, case_id: str, now: datetime) -> ClockView:
    """The clock of a case; empty if it was never dispatched."""
    c = t.case_clocks.c
    query = select(t.case_clocks).where(c.case_id == case_id)
    row = (await session.execute(query)).mappings().one_or_none()
    waiting = await _waiting(session, case_id)
    return ClockView(
        case_id=case_id,
        started_at=row["started_at"] if row else None,
        rework=bool(row and row["rework"]),
        light=_light(row, now) if row and waiting else Light.GREEN.value,
        deadlines=_deadlines(row) if row else (),
        waiting=waiting,
        done=await _done(session, case_id),
    )


def _deadlines(row: Any) -> tuple[DueView, ...]:
    found = []
    for stage, column in STAGES:
        rule = row["rules"].get(stage)
        if rule is not None:
            due = row[column]
            found.append(DueView(stage=stage, due_at=due, rule_zh=rule[0], rule_en=rule[1]))
    return tuple(found)


def _light(row: Any, now: datetime) -> str:
    steps = (
        (row["red3_at"], Light.RED3), (row["red2_at"], Light.RED2), (row["due_at"], Light.RED),
        (row["yellow_at"], Light.YELLOW),
    )  # fmt: skip
    return next((light.value for since, light in steps if since and now >= since), "green")


async def _waiting(session: AsyncSession, case_id: str) -> tuple[StepView, ...]:
    c = t.timers.c
    query = (
        select(c.kind, c.role, c.due_at, c.fire_at.label("at"), c.reason_zh, c.reason_en)
        .where(c.case_id == case_id, c.state == "waiting")
        .order_by(c.fire_at, c.timer_id)
    )
    return tuple(StepView(**row) for row in (await session.execute(query)).mappings())


async def _done(session: AsyncSession, case_id: str) -> tuple[StepView, ...]:
    e = t.escalations.c
    query = (
        select(e.kind, e.role, e.due_at, e.at, e.reason_zh, e.reason_en, e.people, e.passed_to)
        .where(e.case_id == case_id)
        .order_by(e.at.desc(), e.timer_id.desc())
        .limit(100)
    )
    rows = (await session.execute(query)).mappings()
    return tuple(StepView(**dict(row) | {"people": tuple(row["people"])}) for row in rows)
