"""The emergencies there ever were, at hand for every clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.mode import Mode, ModeState
from yitong_command.storage import revisions
from yitong_command.storage import tables as t

NAME = "modes"


async def known_modes(session: AsyncSession) -> tuple[Mode, ...]:
    """All that began and were no rehearsal, oldest first."""
    return await _MEMO.get(session) or ()


async def active_modes(session: AsyncSession, at: datetime) -> tuple[Mode, ...]:
    """Those that hold now."""
    found = await known_modes(session)
    return tuple(mode for mode in found if mode.span and mode.span.holds(at))


def mode_of(row: Mapping[str, Any]) -> Mode:
    """The mode of a row."""
    categories = row["categories"]
    return Mode(
        mode_id=row["mode_id"],
        state=ModeState(row["state"]),
        rehearsal=row["rehearsal"],
        areas=frozenset(row["areas"]),
        categories=None if categories is None else frozenset(categories),
        proposed_by=row["proposed_by"],
        begins_at=row["begins_at"],
        ends_at=row["ends_at"],
        ended_at=row["ended_at"],
    )


async def _load(session: AsyncSession) -> tuple[Mode, ...]:
    m = t.modes.c
    query = select(t.modes).where(m.begins_at.is_not(None), m.rehearsal.is_(False))
    rows = (await session.execute(query.order_by(m.begins_at, m.mode_id))).mappings()
    return tuple(mode_of(dict(row)) for row in rows)


_MEMO = revisions.Memo(NAME, _load)
