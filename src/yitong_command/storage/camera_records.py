"""Cameras with their zones: the newest version of each, and all versions before it.

The database decides what a camera is. Every change writes a version and, in the same transaction,
the outbox row that tells the workers; a removed camera's row has no payload.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.camera import Camera, Zone
from yitong_command.errors import NotFound, StaleVersion
from yitong_command.storage import notices
from yitong_command.storage import tables as t
from yitong_command.storage.camera_json import camera_json, camera_of
from yitong_command.storage.locks import lock_names

TOPIC = "cameras"


class CameraChange(StrEnum):
    """What a version changed."""

    CAMERA = "camera"
    ZONES = "zones"
    LOGIN = "login"
    REMOVED = "removed"


class _Keep(Enum):
    KEEP = "keep"


KEEP: Final = _Keep.KEEP
"""The login stays as it is."""


@dataclass(frozen=True, slots=True)
class Seeds:
    """Hashes of what the configuration files last said of a camera and of its zones."""

    camera: str | None = None
    zones: str | None = None


@dataclass(frozen=True, slots=True)
class CameraRecord:
    """The newest version of a camera.

    Attributes:
        camera: The camera with views and zones.
        version: Counts its changes from 1.
        author: Who made this version; ``file`` for the configuration.
        at: When.
        login: User name and password as the vault sealed them, or None.
        removed: Whether it is watched no more.
        seeds: What the files said when they were last read.
    """

    camera: Camera
    version: int
    author: str
    at: datetime
    login: str | None = field(default=None, repr=False)
    removed: bool = False
    seeds: Seeds = Seeds()


@dataclass(frozen=True, slots=True)
class CameraVersion:
    """One version of a camera; a login is never part of the history."""

    camera: Camera
    version: int
    author: str
    at: datetime
    change: CameraChange


async def list_cameras(
    session: AsyncSession, *, with_removed: bool = False
) -> tuple[CameraRecord, ...]:
    """All cameras, by their id."""
    query = select(t.camera_records).order_by(t.camera_records.c.camera_id)
    if not with_removed:
        query = query.where(t.camera_records.c.removed.is_(False))
    return tuple(_record(row) for row in (await session.execute(query)).mappings())


async def find_camera(session: AsyncSession, camera_id: str) -> CameraRecord | None:
    """A camera, removed or not; None if there never was one of this id."""
    query = select(t.camera_records).where(t.camera_records.c.camera_id == camera_id)
    row = (await session.execute(query)).mappings().one_or_none()
    return _record(row) if row else None


async def get_camera(session: AsyncSession, camera_id: str) -> CameraRecord:
    """A camera that is watched.

    Raises:
        NotFound: If there is none.
    """
    found = await find_camera(session, camera_id)
    if found is None or found.removed:
        raise NotFound(f"没有摄像头 {camera_id}", f"there is no camera {camera_id}")
    return found


async def history(
    session: AsyncSession, camera_id: str, limit: int = 50
) -> tuple[CameraVersion, ...]:
    """The versions of a camera, newest first."""
    v = t.camera_versions.c
    query = (
        select(t.camera_versions)
        .where(v.camera_id == camera_id)
        .order_by(v.version.desc())
        .limit(limit)
    )
    return tuple(
        CameraVersion(
            camera_of(row["definition"]), row["version"], row["author"], row["at"],
            CameraChange(row["change"]),
        )
        for row in (await session.execute(query)).mappings()
    )  # fmt: skip


async def mark(session: AsyncSession) -> tuple[int, int]:
    """Two numbers that are others as soon as any camera has changed; zeros if none ever was."""
    v = t.camera_versions.c
    newest, count = (await session.execute(select(func.max(v.id), func.count()))).one()
    return int(newest or 0), int(count)


async def put_camera(
    session: AsyncSession,
    camera: Camera,
    at: datetime,
    author: str,
    *,
    login: str | None | _Keep = KEEP,
    seeds: Seeds | None = None,
) -> CameraRecord:
    """Add a camera, or make its definition this one; nothing is written if it is so already.

    Args:
        session: Open transaction.
        camera: With views and zones.
        at: Now.
        author: Who.
        login: Sealed, None for none; by default the one it has.
        seeds: What the files say, if they are the author.
    """
    found = await _hold(session, camera.camera_id)
    sealed = (found.login if found else None) if login is KEEP else login
    if found is not None and seeds is not None and seeds != found.seeds:
        values = {"seed_camera": seeds.camera, "seed_zones": seeds.zones}
        await _update(session, camera.camera_id, values)
        found = replace(found, seeds=seeds)
    if found is not None and not found.removed and found.camera == camera:
        if found.login == sealed:
            return found
        return await _write(session, replace(found, login=sealed), CameraChange.LOGIN, at, author)
    version = found.version if found else 0
    kept = seeds or (found.seeds if found else Seeds())
    record = CameraRecord(camera, version, author, at, sealed, seeds=kept)
    return await _write(session, record, CameraChange.CAMERA, at, author)


async def put_zones(
    session: AsyncSession,
    camera_id: str,
    zones: Sequence[Zone],
    at: datetime,
    author: str,
    expected_version: int,
) -> CameraRecord:
    """Replace all zones of a camera; nothing is written if they are so already.

    Raises:
        NotFound: If there is no such camera.
        StaleVersion: If it is not at this version any more; says who changed it, and when.
    """
    await _hold(session, camera_id)
    found = await get_camera(session, camera_id)
    if found.version != expected_version:
        raise StaleVersion(
            f"{found.author} 已先保存了第 {found.version} 版, 您看到的是第 {expected_version} 版; "
            "请载入新版后再改",
            f"{found.author} saved version {found.version} first, you saw {expected_version}; "
            "load the newest version and change that",
        )
    camera = replace(found.camera, zones=tuple(zones))
    if camera == found.camera:
        return found
    return await _write(session, replace(found, camera=camera), CameraChange.ZONES, at, author)


async def remove_camera(
    session: AsyncSession, camera_id: str, at: datetime, author: str, seeds: Seeds | None = None
) -> CameraRecord:
    """Have a camera watched no more; its history stays, its login is forgotten.

    Raises:
        NotFound: If there is no such camera.
    """
    await _hold(session, camera_id)
    found = await get_camera(session, camera_id)
    gone = replace(found, removed=True, login=None, seeds=seeds or found.seeds)
    return await _write(session, gone, CameraChange.REMOVED, at, author)


def notice(record: CameraRecord) -> dict[str, Any]:
    """The outbox row of a camera as it is now; without payload if it was removed."""
    payload = {
        "schema_version": 1,
        "camera_id": record.camera.camera_id,
        "version": record.version,
        "author": record.author,
        "at": record.at.isoformat(),
        "camera": camera_json(record.camera),
        "login": record.login,
    }
    return {
        "change_id": str(uuid4()),
        "topic": TOPIC,
        "key": record.camera.camera_id,
        "payload": None if record.removed else payload,
        "at": record.at,
    }


async def _hold(session: AsyncSession, camera_id: str) -> CameraRecord | None:
    """The camera; nobody else changes it until the transaction ends."""
    await lock_names(session, [f"camera:{camera_id}"])
    return await find_camera(session, camera_id)


async def _write(
    session: AsyncSession, record: CameraRecord, change: CameraChange, at: datetime, author: str
) -> CameraRecord:
    """The next version of a record, in all three tables."""
    record = replace(record, version=record.version + 1, at=at, author=author)
    definition = camera_json(record.camera)
    camera_id = record.camera.camera_id
    values = {
        "version": record.version,
        "author": author,
        "at": at,
        "removed": record.removed,
        "definition": definition,
        "login": record.login,
        "seed_camera": record.seeds.camera,
        "seed_zones": record.seeds.zones,
    }
    if record.version == 1:
        await session.execute(insert(t.camera_records).values(camera_id=camera_id, **values))
    else:
        await _update(session, camera_id, values)
    await session.execute(
        insert(t.camera_versions).values(
            camera_id=camera_id, version=record.version, author=author, at=at,
            change=change.value, definition=definition,
        )
    )  # fmt: skip
    await notices.write(session, [notice(record)])
    return record


async def _update(session: AsyncSession, camera_id: str, values: Mapping[str, Any]) -> None:
    own = t.camera_records.c.camera_id == camera_id
    await session.execute(update(t.camera_records).where(own).values(**values))


def _record(row: Mapping[str, Any] | Any) -> CameraRecord:
    return CameraRecord(
        camera=camera_of(row["definition"]),
        version=row["version"],
        author=row["author"],
        at=row["at"],
        login=row["login"],
        removed=row["removed"],
        seeds=Seeds(row["seed_camera"], row["seed_zones"]),
    )
