"""Newest states of the cameras and the time they were blind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.camera import CameraState
from yitong_command.storage import tables_health as t

SILENT_AFTER = timedelta(seconds=60)
"""Workers report every 30 s; after two reports that did not come nothing is known any more."""
CHUNK = 400
Known = RowMapping | dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSaid:
    """What a worker said of a camera.

    Attributes:
        camera_id: The camera.
        state: Its state.
        since: Since when.
        at: When it was said.
        reason_zh: Why, in Chinese.
        reason_en: Why, in English.
        worker: Who said it.
        excused: Whether it is not judged only because it turns from view to view.
    """

    camera_id: str
    state: CameraState
    since: datetime
    at: datetime
    reason_zh: str = ""
    reason_en: str = ""
    worker: str = ""
    excused: bool = False

    @property
    def blind(self) -> bool:
        """Whether the camera watches nothing."""
        return self.state is not CameraState.LIVE and not self.excused


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraNow(CameraSaid):
    """A camera's newest state; ``silent`` while its worker says nothing."""

    silent: bool = False
    known_since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindView:
    """A time in which a camera was not watched; ``ended_at`` is None while it lasts."""

    camera_id: str
    began_at: datetime
    ended_at: datetime | None
    state: str
    reason_zh: str
    reason_en: str


async def take_states(session: AsyncSession, said: Iterable[CameraSaid]) -> None:
    """Take down what workers said; older words than the newest known are left out.

    Args:
        session: Open transaction.
        said: In any order; repeated words do no harm.
    """
    newest: dict[str, list[CameraSaid]] = {}
    for one in sorted(said, key=lambda item: item.at):
        newest.setdefault(one.camera_id, []).append(one)
    known = await _rows(session, newest)
    for camera_id, words in newest.items():
        row = known.get(camera_id)
        for word in words:
            if row is None or word.at >= row["at"]:
                row = await _take(session, row, word)


async def note_silence(session: AsyncSession, now: datetime) -> tuple[str, ...]:
    """Call cameras off whose workers say nothing; returns those that are so from now on."""
    c = t.camera_states.c
    query = select(t.camera_states).where(c.silent.is_(False), c.at < now - SILENT_AFTER)
    rows = list((await session.execute(query)).mappings())
    for row in rows:
        reason = silence(row["worker"])
        if not row["blind"]:
            await _open_blind(session, row["camera_id"], row["at"], CameraState.OFF, reason, True)
        change = update(t.camera_states).where(c.camera_id == row["camera_id"], c.at == row["at"])
        await session.execute(change.values(silent=True))
    return tuple(row["camera_id"] for row in rows)


async def list_states(session: AsyncSession) -> tuple[CameraNow, ...]:
    """All cameras of which anything is known."""
    rows = (await session.execute(select(t.camera_states))).mappings()
    return tuple(
        CameraNow(**{name: row[name] for name in _NOW}, state=CameraState(row["state"]))
        for row in rows
    )


async def blind_times(
    session: AsyncSession,
    begin: datetime,
    end: datetime,
    camera_id: str | None = None,
    limit: int | None = None,
) -> tuple[BlindView, ...]:
    """Blind times that touch a period, newest first.

    Args:
        session: Open transaction.
        begin: Begin of the period.
        end: End of it.
        camera_id: Of this camera alone.
        limit: At most so many.
    """
    c = t.camera_blind.c
    query = (
        select(c.camera_id, c.began_at, c.ended_at, c.state, c.reason_zh, c.reason_en)
        .where(c.began_at < end, or_(c.ended_at.is_(None), c.ended_at > begin))
        .order_by(c.began_at.desc(), c.id.desc())
    )
    if camera_id is not None:
        query = query.where(c.camera_id == camera_id)
    rows = (await session.execute(query.limit(limit) if limit else query)).mappings()
    return tuple(BlindView(**row) for row in rows)


def silence(worker: str) -> tuple[str, str]:
    """Why a camera is called off of which nothing is heard."""
    name = worker or "?"
    return f"分析进程 {name} 没有报告", f"no report from the ingest worker {name}"


async def _rows(session: AsyncSession, ids: Iterable[str]) -> dict[str, Known]:
    wanted = sorted(ids)
    found: dict[str, Known] = {}
    for first in range(0, len(wanted), CHUNK):
        part = wanted[first : first + CHUNK]
        query = select(t.camera_states).where(t.camera_states.c.camera_id.in_(part))
        for row in (await session.execute(query)).mappings():
            found[row["camera_id"]] = row
    return found


async def _take(session: AsyncSession, before: Known | None, word: CameraSaid) -> dict[str, Any]:
    row: dict[str, Any] = {
        "camera_id": word.camera_id, "state": word.state.value, "since": word.since,
        "at": word.at, "reason_zh": word.reason_zh, "reason_en": word.reason_en,
        "worker": word.worker, "silent": False, "excused": word.excused, "blind": word.blind,
        "known_since": before["known_since"] if before else word.since,
    }  # fmt: skip
    if before is None:
        await session.execute(insert(t.camera_states).values(row))
        if word.blind:
            await _open_blind(session, word.camera_id, word.since, word.state, _why(word), False)
        return row
    await session.execute(
        update(t.camera_states).where(t.camera_states.c.camera_id == word.camera_id).values(row)
    )
    if before["silent"] and not before["blind"]:
        await _heard_again(session, word)
    if (before["blind"], before["state"]) != (word.blind, word.state.value):
        await _turn(session, before["blind"], word)
    return row


async def _turn(session: AsyncSession, was_blind: bool, word: CameraSaid) -> None:
    if was_blind:
        await _close_blind(session, word.camera_id, word.since)
    if word.blind:
        await _open_blind(session, word.camera_id, word.since, word.state, _why(word), False)


async def _heard_again(session: AsyncSession, word: CameraSaid) -> None:
    """The worker is back; if it watched all the while, nothing was missed."""
    c = t.camera_blind.c
    mine = (c.camera_id == word.camera_id, c.silent.is_(True), c.ended_at.is_(None))
    if not word.blind:
        await session.execute(delete(t.camera_blind).where(*mine, c.began_at >= word.since))
    await _close_blind(session, word.camera_id, word.since)


async def _open_blind(
    session: AsyncSession,
    camera_id: str,
    began_at: datetime,
    state: CameraState,
    reason: tuple[str, str],
    silent: bool,
) -> None:
    values = {
        "camera_id": camera_id, "began_at": began_at, "ended_at": None, "state": state.value,
        "reason_zh": reason[0], "reason_en": reason[1], "silent": silent,
    }  # fmt: skip
    await session.execute(insert(t.camera_blind).values(values))


async def _close_blind(session: AsyncSession, camera_id: str, at: datetime) -> None:
    c = t.camera_blind.c
    mine = (c.camera_id == camera_id, c.ended_at.is_(None))
    await session.execute(delete(t.camera_blind).where(*mine, c.began_at >= at))
    await session.execute(update(t.camera_blind).where(*mine).values(ended_at=at))


def _why(word: CameraSaid) -> tuple[str, str]:
    return word.reason_zh, word.reason_en


_NOW = (
    "camera_id", "since", "at", "reason_zh", "reason_en", "worker", "silent", "excused",
    "known_since",
)  # fmt: skip
