"""Calm and emergency in the database: proposed by one person, confirmed by another, audited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.county import County
from yitong_command.domain.mode import ModeState, may_confirm
from yitong_command.errors import IllegalTransition, NotAllowed, NotFound
from yitong_command.storage import audit, revisions
from yitong_command.storage import tables as t
from yitong_command.storage.known_modes import NAME, mode_of
from yitong_command.storage.locks import insert_ignore, lock_names
from yitong_command.storage.mode_effects import apply
from yitong_command.storage.mode_end import end
from yitong_command.storage.rosters import By

MAX_LISTED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeView:
    """A switch with everything about it; see the table."""

    mode_id: str
    version: int
    state: str
    rehearsal: bool
    areas: list[str]
    categories: list[str] | None
    reason: str
    hours: int
    look_percent: int
    proposed_by: str
    proposed_at: datetime
    confirmed_by: str | None
    begins_at: datetime | None
    ends_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None
    effects: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What somebody wants to switch.

    Attributes:
        areas: Codes of county, townships, villages or grids.
        categories: Categories, or None for all.
        reason: Why, in the person's words.
        hours: After how many it ends by itself.
        look_percent: How long cameras there wait between looks, of what is usual.
        rehearsal: Nothing is changed and nothing sent.
    """

    areas: tuple[str, ...]
    categories: tuple[str, ...] | None
    reason: str
    hours: int
    look_percent: int = 50
    rehearsal: bool = False


async def propose(session: AsyncSession, proposal: Proposal, by: By) -> ModeView:
    """Write a proposal; nothing is changed by it."""
    values = {
        "mode_id": f"M{by.at:%Y%m%d}-{uuid4().hex[:8]}",
        "version": 1,
        "state": ModeState.PROPOSED.value,
        "rehearsal": proposal.rehearsal,
        "areas": sorted(proposal.areas),
        "categories": sorted(proposal.categories) if proposal.categories is not None else None,
        "reason": proposal.reason,
        "hours": proposal.hours,
        "look_percent": proposal.look_percent,
        "proposed_by": by.username,
        "proposed_at": by.at,
        "effects": {},
    }
    await session.execute(insert(t.modes).values(values))
    await _audit(session, by, "mode_proposed", values["mode_id"], values)
    return await get(session, str(values["mode_id"]))


async def confirm(session: AsyncSession, mode_id: str, county: County, by: By) -> ModeView:
    """Put it into force: all its effects, or none.

    A rehearsal runs through the same effects and undoes them before the transaction ends; what
    they would have been is kept.

    Raises:
        NotFound: If there is no such proposal.
        IllegalTransition: If it does not wait for this.
        NotAllowed: If it is the person who proposed it.
    """
    await lock_names(session, [NAME])
    row = await locked(session, mode_id)
    may_confirm(mode_of(row), by.username)
    row |= {
        "state": ModeState.ACTIVE.value,
        "confirmed_by": by.username,
        "begins_at": by.at,
        "ends_at": by.at + timedelta(hours=row["hours"]),
        "version": row["version"] + 1,
    }
    if row["rehearsal"]:
        effects = await _rehearse(session, row, county, by.at)
    else:
        effects = await _in_force(session, row, county, by.at)
    await write(session, row | {"effects": effects})
    if not row["rehearsal"]:
        await revisions.touch(session, NAME, by.at)
    await session.execute(insert(t.timers).values(_ending(row, by.at)))
    await _audit(session, by, "mode_confirmed", mode_id, {"effects": effects})
    return await get(session, mode_id)


async def withdraw(session: AsyncSession, mode_id: str, by: By) -> ModeView:
    """Take a proposal back, or refuse it; anybody of the desk may.

    Raises:
        NotFound: If there is none.
        IllegalTransition: If it is in force or over.
    """
    row = await locked(session, mode_id)
    if row["state"] != ModeState.PROPOSED:
        raise IllegalTransition(
            f"{mode_id} 已生效或已结束,不能撤回", f"{mode_id} is in force or over"
        )
    row |= {"state": ModeState.WITHDRAWN.value, "ended_at": by.at, "ended_by": by.username}
    await write(session, row | {"version": row["version"] + 1})
    await _audit(session, by, "mode_withdrawn", mode_id, {})
    return await get(session, mode_id)


async def stop(session: AsyncSession, mode_id: str, county: County, by: By) -> ModeView:
    """End it before its time.

    Raises:
        NotFound: If there is none.
        IllegalTransition: If it is not in force.
    """
    await end(session, mode_id, county, by)
    return await get(session, mode_id)


async def check_in(session: AsyncSession, mode_id: str, by: By) -> None:
    """A person on a B post has come.

    Raises:
        NotFound: If there is no such mode.
        NotAllowed: If the person has no B post in it.
    """
    mode = await get(session, mode_id)
    if mode.state != ModeState.ACTIVE or by.username not in mode.effects.get("b_posts", ()):
        raise NotAllowed("您没有该应急状态的 B 岗", "you have no B post in this emergency")
    row = {"mode_id": mode_id, "username": by.username, "at": by.at}
    await insert_ignore(session, t.mode_checkins, [row])
    await _audit(session, by, "mode_checked_in", mode_id, {})


async def get(session: AsyncSession, mode_id: str) -> ModeView:
    """A mode.

    Raises:
        NotFound: If there is none.
    """
    return ModeView(**await _row(session, select(t.modes), mode_id))


async def list_modes(session: AsyncSession, *, open_only: bool = False) -> tuple[ModeView, ...]:
    """Newest first."""
    m = t.modes.c
    query = select(t.modes).order_by(m.proposed_at.desc(), m.mode_id).limit(MAX_LISTED)
    if open_only:
        query = query.where(m.state.in_([ModeState.PROPOSED.value, ModeState.ACTIVE.value]))
    return tuple(ModeView(**row) for row in (await session.execute(query)).mappings())


async def locked(session: AsyncSession, mode_id: str) -> dict[str, Any]:
    """The row of a mode, held until the transaction ends.

    Raises:
        NotFound: If there is none.
    """
    return await _row(session, select(t.modes).with_for_update(), mode_id)


async def write(session: AsyncSession, row: dict[str, Any]) -> None:
    """Store all columns of a mode."""
    statement = update(t.modes).where(t.modes.c.mode_id == row["mode_id"])
    await session.execute(statement.values(row))


async def _in_force(
    session: AsyncSession, row: dict[str, Any], county: County, at: datetime
) -> dict[str, Any]:
    await write(session, row)
    await revisions.touch(session, NAME, at)
    return await apply(session, mode_of(row), row, county, at)


async def _rehearse(
    session: AsyncSession, row: dict[str, Any], county: County, at: datetime
) -> dict[str, Any]:
    nested = await session.begin_nested()
    effects = await _in_force(session, row | {"rehearsal": False}, county, at)
    await nested.rollback()
    return effects | {"rehearsed": True}


def _ending(row: dict[str, Any], at: datetime) -> dict[str, Any]:
    return {
        "mode_id": row["mode_id"],
        "case_id": None,
        "name": "end",
        "kind": "mode_end",
        "role": "system",
        "state": "waiting",
        "due_at": row["ends_at"],
        "fire_at": row["ends_at"],
        "reason_zh": f"应急状态满 {row['hours']} 小时自动结束",
        "reason_en": f"the emergency ends by itself after {row['hours']} h",
        "made_at": at,
    }


async def _row(session: AsyncSession, query: Any, mode_id: str) -> dict[str, Any]:
    found = await session.execute(query.where(t.modes.c.mode_id == mode_id))
    row = found.mappings().one_or_none()
    if row is None:
        raise NotFound(f"没有应急状态 {mode_id}", f"there is no mode {mode_id}")
    return dict(row)


async def _audit(
    session: AsyncSession, by: By, action: str, mode_id: Any, detail: dict[str, Any]
) -> None:
    kept = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in detail.items()
    }
    await audit.record(session, by.at, by.username, by.role, action, str(mode_id), kept)
