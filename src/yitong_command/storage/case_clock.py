"""The clock of a case: its deadlines and timers, written with the move that changes them.

Whatever moves a case calls :func:`follow` in the same transaction. It looks at where the case
stands, not at what was done, so it may be called at any time and as often as one likes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.clock import Due
from yitong_command.domain.county import County
from yitong_command.domain.deadlines import Deadlines, Running, deadlines, pace_of
from yitong_command.domain.mode import conditions_of
from yitong_command.domain.running import Conditions, Span
from yitong_command.domain.taxonomy import Category, Subtype
from yitong_command.errors import NotFound
from yitong_command.routing.escalate import Clockwork, Stage, Step, resume_step, steps_of
from yitong_command.storage import tables as t
from yitong_command.storage.known_modes import known_modes

SENT = "dispatched"
TAKEN = frozenset({"accepted", "arrived", "protected", "handling", "waiting_extension"})
THERE = frozenset({"arrived", "protected", "handling"})
RUNNING = TAKEN | {SENT, "suspended"}
SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a running clock.

    Attributes:
        started_at: When the case was dispatched.
        handed_at: When the one who holds it was sent.
        rework: Whether half the limit holds.
    """

    started_at: datetime
    handed_at: datetime
    rework: bool


async def follow(
    session: AsyncSession,
    row: dict[str, Any],
    county: County,
    at: datetime,
    *,
    sent: Kept | None = None,
) -> None:
    """Bring deadlines and timers of a case in line with where it stands.

    Writes ``due_at`` and its rule into ``row`` too; the caller stores the case.

    Args:
        session: Open transaction that has the case locked.
        row: All columns of the case as they will be.
        county: Taxonomy, calendar and grids.
        at: Now.
        sent: Given when somebody is sent with this step.

    Raises:
        NotFound: If the taxonomy does not know the case's category.
    """
    if row["state"] not in RUNNING:
        await _sync(session, row["case_id"], {}, at)
        return
    wanted = await _end_of_pause(session, row)
    kept = sent or await kept_of(session, row["case_id"])
    if kept is None:
        await _sync(session, row["case_id"], wanted, at)
        return
    due, work = await _deadlines(session, row, county, kept)
    if due.resolve is not None:
        row |= {
            "due_at": due.resolve.at,
            "due_rule_zh": due.resolve.rule_zh,
            "due_rule_en": due.resolve.rule_en,
        }
    await _write(session, row["case_id"], kept, due, at)
    steps = steps_of(await _stage(session, row, county), due, work, county.taxonomy)
    wanted |= {_name(step, kept): step for step in steps}
    await _sync(session, row["case_id"], wanted, at)


async def _end_of_pause(session: AsyncSession, row: dict[str, Any]) -> dict[str, Step]:
    """The timer that ends the pause a case is in; none if it is in none."""
    if row["state"] != "suspended":
        return {}
    p = t.pauses.c
    query = select(p.begin_at, p.until).where(p.case_id == row["case_id"], p.ended_at.is_(None))
    steps = [resume_step(begin, until) for begin, until in await session.execute(query)]
    return {step.name: step for step in steps}


def category_of(county: County, row: dict[str, Any]) -> tuple[Category, Subtype]:
    """Category and subtype of a case.

    Raises:
        NotFound: If the taxonomy does not know them.
    """
    code = f"{row['category']}.{row['subtype']}"
    found = county.taxonomy.find(code)
    if found is None:
        raise NotFound(f"类别表中没有 {code}", f"the taxonomy has no {code}")
    return found


async def _deadlines(
    session: AsyncSession, row: dict[str, Any], county: County, kept: Kept
) -> tuple[Deadlines, Clockwork]:
    category, subtype = category_of(county, row)
    limit = subtype.resolve.for_rework() if kept.rework else subtype.resolve
    case = Running(
        limit=limit,
        emergency=category.emergency,
        rural=_is_rural(county, row["grid_code"]),
        started_at=kept.started_at,
        handed_at=kept.handed_at,
        extra_minutes=await _extra(session, row["case_id"], kept.started_at),
    )
    conditions = await _conditions(session, row, kept.started_at)
    severity = county.taxonomy.severities[row["severity"]]
    due = deadlines(case, severity, county.taxonomy.clock, county.calendar, conditions)
    if severity.level == 1:
        conditions = Conditions(conditions.emergencies)
    return due, Clockwork(kept.started_at, pace_of(case), county.calendar, conditions)


async def _conditions(session: AsyncSession, row: dict[str, Any], since: datetime) -> Conditions:
    p = t.pauses.c
    query = select(p.begin_at, p.until, p.ended_at).where(p.case_id == row["case_id"])
    pauses = [
        Span(begin, min(until, ended) if ended else until)
        for begin, until, ended in await session.execute(query.order_by(p.begin_at))
        if ended is None or ended > since
    ]
    modes = await known_modes(session)
    return conditions_of(modes, row["grid_code"], row["category"], row["severity"], pauses)


async def _extra(session: AsyncSession, case_id: str, since: datetime) -> int:
    p = t.proposals.c
    query = select(func.coalesce(func.sum(p.minutes), 0)).where(
        p.case_id == case_id, p.kind == "extend", p.granted.is_(True), p.asked_at >= since
    )
    return int(await session.scalar(query) or 0)


async def _stage(session: AsyncSession, row: dict[str, Any], county: County) -> Stage:
    category, _ = category_of(county, row)
    state = row["state"]
    if state == "suspended":
        state = row.get("resume_to") or SENT
    there = state in THERE or (state == "waiting_extension" and await _arrived(session, row))
    return Stage(
        severity=row["severity"],
        accepted=state in TAKEN,
        arrived=there,
        confirmed=row["filed_by"] not in {None, SYSTEM},
        ladder=county.taxonomy.ladders[category.ladder],
    )


async def _arrived(session: AsyncSession, row: dict[str, Any]) -> bool:
    query = select(t.tasks.c.arrived_at).where(t.tasks.c.open_case_id == row["case_id"])
    return await session.scalar(query) is not None


async def kept_of(session: AsyncSession, case_id: str) -> Kept | None:
    """What is known of a case's clock; None if it was never sent to anybody."""
    c = t.case_clocks.c
    query = select(c.started_at, c.handed_at, c.rework).where(c.case_id == case_id)
    found = (await session.execute(query)).one_or_none()
    return Kept(*found) if found else None


async def _write(
    session: AsyncSession, case_id: str, kept: Kept, due: Deadlines, at: datetime
) -> None:
    stages = {
        "accept": due.accept, "arrive": due.arrive, "resolve": due.resolve, "normal": due.normal,
    }  # fmt: skip
    values = {
        "case_id": case_id,
        "started_at": kept.started_at,
        "handed_at": kept.handed_at,
        "rework": kept.rework,
        "due_at": _at(due.resolve),
        "normal_due_at": _at(due.normal),
        "accept_due_at": _at(due.accept),
        "arrive_due_at": _at(due.arrive),
        "yellow_at": due.yellow,
        "red2_at": due.red2,
        "red3_at": due.red3,
        "rules": {name: [d.rule_zh, d.rule_en] for name, d in stages.items() if d},
        "updated_at": at,
    }
    await session.execute(delete(t.case_clocks).where(t.case_clocks.c.case_id == case_id))
    await session.execute(insert(t.case_clocks).values(values))


async def _sync(session: AsyncSession, case_id: str, wanted: dict[str, Step], at: datetime) -> None:
    """Rows for what shall happen, none for what shall not; what has happened stays."""
    c = t.timers.c
    query = select(c.timer_id, c.name, c.state, c.fire_at, c.due_at).where(c.case_id == case_id)
    known = {row.name: row for row in await session.execute(query)}
    stale = [
        row.timer_id for name, row in known.items() if row.state == "waiting" and name not in wanted
    ]
    if stale:
        ended = update(t.timers).where(c.timer_id.in_(stale), c.state == "waiting")
        await session.execute(ended.values(state="cancelled", ended_at=at))
    new = [_row(case_id, name, step, at) for name, step in wanted.items() if name not in known]
    if new:
        await session.execute(insert(t.timers), new)
    for name, step in wanted.items():
        row = known.get(name)
        if row is None or row.state == "fired":
            continue
        if (row.state, row.fire_at, row.due_at) != ("waiting", step.fire_at, step.due_at):
            values = _row(case_id, name, step, at)
            await session.execute(update(t.timers).where(c.timer_id == row.timer_id).values(values))


def _row(case_id: str, name: str, step: Step, at: datetime) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "mode_id": None,
        "name": name,
        "kind": step.kind,
        "role": step.role,
        "state": "waiting",
        "due_at": step.due_at,
        "fire_at": step.fire_at,
        "reason_zh": step.reason_zh,
        "reason_en": step.reason_en,
        "made_at": at,
        "ended_at": None,
    }


def _name(step: Step, kept: Kept) -> str:
    """Accepting and arriving are asked of each who is sent; the rest once of each dispatch."""
    since = kept.handed_at if step.kind in {"accept", "arrive"} else kept.started_at
    return f"{since.isoformat()}/{step.name}"


def _is_rural(county: County, grid_code: str | None) -> bool:
    return any(grid.code == grid_code and grid.kind == "rural" for grid in county.grids)


def _at(due: Due | None) -> datetime | None:
    return due.at if due else None
