"""What happened while an emergency held: numbers, each with what it is counted of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.mode import CHECK_IN, Mode, ModeState
from yitong_command.errors import IllegalTransition
from yitong_command.storage import modes
from yitong_command.storage import tables as t
from yitong_command.storage.known_modes import mode_of
from yitong_command.storage.modes import ModeView


@dataclass(frozen=True, slots=True)
class Figure:
    """One number.

    Attributes:
        name: Which.
        zh: In Chinese.
        en: In English.
        count: How many.
        of: Of how many, or None if it is a count alone.
    """

    name: str
    zh: str
    en: str
    count: int
    of: int | None = None


@dataclass(frozen=True, slots=True)
class Debrief:
    """The report of one emergency or rehearsal."""

    mode: ModeView
    until: datetime
    figures: tuple[Figure, ...]


async def debrief(session: AsyncSession, mode_id: str, now: datetime) -> Debrief:
    """Count what happened from its beginning until its end, or until now.

    Raises:
        NotFound: If there is no such mode.
        IllegalTransition: If it never began.
    """
    view = await modes.get(session, mode_id)
    if view.begins_at is None or view.state not in {ModeState.ACTIVE, ModeState.ENDED}:
        raise IllegalTransition(f"{mode_id} 没有生效过", f"{mode_id} was never in force")
    until = min(now, view.ended_at or now)
    mode = mode_of({name: getattr(view, name) for name in ModeView.__slots__})
    cases = [row for row in await _cases(session, mode, view.begins_at, until)]
    sent = [row for row in cases if row["started_at"] is not None]
    figures = [
        Figure("reported", "期间上报的相关案件", "related cases reported meanwhile", len(cases)),
        Figure("sent", "其中已派遣", "of these dispatched", len(sent), len(cases)),
        _of("accepted", "按时接单", "accepted in time", sent, "accepted_at", "accept_due_at"),
        _of("arrived", "按时到场", "arrived in time", sent, "arrived_at", "arrive_due_at"),
        _of("handled", "按期处置", "handled in time", sent, "handled_at", "due_at"),
        await _escalated(session, cases, view.begins_at, until),
        await _checked_in(session, view),
    ]
    effects = view.effects
    figures += [
        Figure(
            "clocks", "开始时重算期限", "deadlines recomputed at the beginning",
            int(effects.get("clocks_changed", 0)), int(effects.get("cases_in_scope", 0)),
        ),
        Figure("cameras", "加密查看的摄像头", "cameras that looked more often",
               len(effects.get("look_intervals", {})), int(effects.get("cameras", 0))),
    ]  # fmt: skip
    return Debrief(view, until, tuple(figures))


async def _cases(
    session: AsyncSession, mode: Mode, begin: datetime, until: datetime
) -> list[RowMapping]:
    c, k, w = t.cases.c, t.case_clocks.c, t.tasks.c
    near = [c.grid_code.startswith(area, autoescape=True) for area in sorted(mode.areas)]
    query = (
        select(
            c.case_id, c.grid_code, c.category, c.handled_at,
            k.started_at, k.accept_due_at, k.arrive_due_at, k.due_at,
            select(w.accepted_at).where(w.case_id == c.case_id).order_by(w.created_at.desc())
            .limit(1).scalar_subquery().label("accepted_at"),
            select(w.arrived_at).where(w.case_id == c.case_id).order_by(w.created_at.desc())
            .limit(1).scalar_subquery().label("arrived_at"),
        )
        .outerjoin(t.case_clocks, k.case_id == c.case_id)
        .where(c.reported_at >= begin, c.reported_at < until, or_(false(), *near))
    )  # fmt: skip
    rows = (await session.execute(query)).mappings()
    return [row for row in rows if mode.is_about(row["grid_code"], row["category"])]


def _of(name: str, zh: str, en: str, rows: list[RowMapping], done: str, due: str) -> Figure:
    """Done in time, of those dispatched; what is not done yet is not in time."""
    good = [row for row in rows if row[done] is not None and row[due] and row[done] <= row[due]]
    return Figure(name, zh, en, len(good), len(rows))


async def _escalated(
    session: AsyncSession, cases: list[RowMapping], begin: datetime, until: datetime
) -> Figure:
    ids = {row["case_id"] for row in cases}
    e = t.escalations.c
    query = select(e.case_id).where(e.at >= begin, e.at < until).distinct()
    found = ids & set(await session.scalars(query))
    return Figure("escalated", "发生升级提醒", "with an escalation", len(found), len(ids))


async def _checked_in(session: AsyncSession, view: ModeView) -> Figure:
    people: list[Any] = view.effects.get("b_posts", [])
    c = t.mode_checkins.c
    latest = (view.begins_at + CHECK_IN) if view.begins_at else None
    query = select(c.username).where(c.mode_id == view.mode_id, c.at <= latest)
    came = set(await session.scalars(query)) & set(people)
    return Figure(
        "checked_in", "B 岗 30 分钟内到岗", "B posts that came within 30 minutes",
        len(came), len(people),
    )  # fmt: skip
