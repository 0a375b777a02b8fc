"""The end of an emergency or a rehearsal: by a person, or by itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.county import County
from yitong_command.domain.mode import ModeState
from yitong_command.errors import IllegalTransition, NotFound
from yitong_command.storage import audit, revisions
from yitong_command.storage import tables as t
from yitong_command.storage.known_modes import NAME, mode_of
from yitong_command.storage.locks import lock_names
from yitong_command.storage.mode_effects import apply
from yitong_command.storage.rosters import By

SYSTEM = "system"


async def end(session: AsyncSession, mode_id: str, county: County, by: By) -> None:
    """End what is in force; clocks go on as in calm times, with what was used.

    Raises:
        NotFound: If there is none.
        IllegalTransition: If it is not in force.
    """
    await lock_names(session, [NAME])
    row = await _locked(session, mode_id)
    if row is None:
        raise NotFound(f"没有应急状态 {mode_id}", f"there is no mode {mode_id}")
    if row["state"] != ModeState.ACTIVE:
        raise IllegalTransition(f"{mode_id} 未在生效中", f"{mode_id} is not in force")
    row |= {
        "state": ModeState.ENDED.value,
        "ended_at": by.at,
        "ended_by": by.username,
        "version": row["version"] + 1,
    }
    await session.execute(update(t.modes).where(t.modes.c.mode_id == mode_id).values(row))
    if not row["rehearsal"]:
        await revisions.touch(session, NAME, by.at)
        effects = await apply(session, mode_of(row), row, county, by.at)
        row["effects"] = row["effects"] | {"at_end": effects}
        await session.execute(update(t.modes).where(t.modes.c.mode_id == mode_id).values(row))
    c = t.timers.c
    waiting = update(t.timers).where(c.mode_id == mode_id, c.state == "waiting")
    await session.execute(waiting.values(state="cancelled", ended_at=by.at))
    await audit.record(session, by.at, by.username, by.role, "mode_ended", mode_id, {})


async def end_by_timer(session: AsyncSession, mode_id: str, county: County, at: datetime) -> None:
    """End it because its time is up; nothing if a person did so before."""
    row = await _locked(session, mode_id)
    if row is not None and row["state"] == ModeState.ACTIVE:
        await end(session, mode_id, county, By(SYSTEM, SYSTEM, at))


async def _locked(session: AsyncSession, mode_id: str) -> dict[str, Any] | None:
    query = select(t.modes).where(t.modes.c.mode_id == mode_id).with_for_update()
    row = (await session.execute(query)).mappings().one_or_none()
    return dict(row) if row else None
