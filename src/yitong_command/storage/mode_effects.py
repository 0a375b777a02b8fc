"""What a switch between calm and emergency changes, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import false, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import SYSTEM
from yitong_command.domain.county import County
from yitong_command.domain.mode import Mode, ModeState
from yitong_command.domain.roster import BOTH
from yitong_command.storage import notices, rosters
from yitong_command.storage import tables as t
from yitong_command.storage.case_clock import RUNNING, follow
from yitong_command.storage.mode_cameras import Intervals, cameras_in, quicken, restore
from yitong_command.storage.move_tasks import set_due

TOPIC = "modes"
LISTED = 200


async def apply(
    session: AsyncSession, mode: Mode, row: Mapping[str, Any], county: County, at: datetime
) -> dict[str, Any]:
    """Recompute clocks, tell everybody, and say what was done.

    Used when an emergency begins and when it ends: which of both is told by the modes that the
    database knows. The messages written are counted, so that a rehearsal can say what would
    have been sent.

    Args:
        session: Open transaction in which the mode's row is already as it will be.
        mode: Which one.
        row: All columns of it.
        county: Taxonomy, calendar, grids, cameras.
        at: Now.
    """
    before = await _last_message(session)
    changed = await _reclock(session, mode, county, at)
    cameras = await cameras_in(session, county, mode)
    author = f"mode/{mode.mode_id}"
    intervals: Intervals = {}
    if mode.state is ModeState.ACTIVE:
        intervals = await quicken(session, cameras, row["look_percent"], at, author)
    else:
        await restore(session, row["effects"].get("look_intervals", {}), at, author)
    people = await b_posts(session, mode, county, at)
    names = [camera.camera_id for camera in cameras]
    await notices.write(session, [mode_notice(row, names, at)])
    messages = await _messages(session, before)
    return {
        "cases_in_scope": changed.pop("seen"),
        **changed,
        "b_posts": people,
        "cameras": len(cameras),
        "look_intervals": intervals,
        "messages": messages,
    }


async def b_posts(session: AsyncSession, mode: Mode, county: County, at: datetime) -> list[str]:
    """People on B posts in the mode's areas."""
    roster = await rosters.current(session, county)
    found = set()
    for item in roster.now(at, BOTH):
        grids = item.duty.grids
        near = grids is None or any(
            code.startswith(area) or area.startswith(code) for code in grids for area in mode.areas
        )
        if item.duty.post == "B" and near:
            found.add(item.username)
    return sorted(found)


def mode_notice(row: Mapping[str, Any], cameras: list[str], at: datetime) -> dict[str, Any]:
    """The outbox row of a mode as it is now."""
    change_id = str(uuid4())
    payload = {
        "schema_version": 1,
        "change_id": change_id,
        "mode_id": row["mode_id"],
        "state": row["state"],
        "areas": row["areas"],
        "categories": row["categories"],
        "reason": row["reason"],
        "begins_at": _text(row["begins_at"]),
        "ends_at": _text(row["ends_at"]),
        "ended_at": _text(row["ended_at"]),
        "look_percent": row["look_percent"] if row["state"] == "active" else 100,
        "cameras": cameras,
        "changed_at": at.isoformat(),
    }
    return {
        "change_id": change_id, "topic": TOPIC, "key": row["mode_id"], "payload": payload, "at": at,
    }  # fmt: skip


async def _reclock(
    session: AsyncSession, mode: Mode, county: County, at: datetime
) -> dict[str, Any]:
    """New deadlines for every running case that the mode touches."""
    c = t.cases.c
    query = select(t.cases).where(c.state.in_(sorted(RUNNING))).order_by(c.case_id)
    near = [c.grid_code.startswith(area, autoescape=True) for area in sorted(mode.areas)]
    query = query.where(or_(false(), *near))
    rows = (await session.execute(query.with_for_update())).mappings().all()
    seen = changed = 0
    listed: list[dict[str, Any]] = []
    for found in rows:
        row = dict(found)
        about = mode.is_about(row["grid_code"], row["category"])
        if not about and not mode.holds_up(row["grid_code"], row["category"], row["severity"]):
            continue
        seen += 1
        due = row["due_at"]
        await follow(session, row, county, at)
        if row["due_at"] == due:
            continue
        changed += 1
        await _keep(session, row, at)
        if len(listed) < LISTED:
            listed.append(
                {"case_id": row["case_id"], "from": _text(due), "to": _text(row["due_at"])}
            )
    return {"seen": seen, "clocks_changed": changed, "clocks": listed}


async def _keep(session: AsyncSession, row: dict[str, Any], at: datetime) -> None:
    row |= {"version": row["version"] + 1, "updated_at": at}
    values = {
        name: row[name]
        for name in ("version", "updated_at", "due_at", "due_rule_zh", "due_rule_en")
    }
    c = t.cases.c
    await session.execute(update(t.cases).where(c.case_id == row["case_id"]).values(values))
    outbox = [notices.case_notice(row, row["state"], at, SYSTEM)]
    outbox += await set_due(session, row, at)
    await notices.write(session, outbox)


async def _last_message(session: AsyncSession) -> int:
    return int(await session.scalar(select(func.coalesce(func.max(t.outbox.c.id), 0))) or 0)


async def _messages(session: AsyncSession, after: int) -> dict[str, int]:
    o = t.outbox.c
    query = select(o.topic, func.count()).where(o.id > after).group_by(o.topic)
    return {topic: int(count) for topic, count in await session.execute(query)}


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
