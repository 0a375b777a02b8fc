"""What the configuration files say of cameras, taken into the database.

The files are seeds: an entry that has changed since it was last read becomes a new version, an
entry that has not leaves alone what people made of it since.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.camera import Camera, Zone
from yitong_command.errors import ConfigError
from yitong_command.settings.secrets import Login, Vault
from yitong_command.storage import camera_records as store
from yitong_command.storage.camera_json import camera_json, zone_json
from yitong_command.storage.camera_records import CameraRecord, Seeds
from yitong_command.storage.locks import lock_names

log = structlog.get_logger()

AUTHOR = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedFiles:
    """What ``cameras.yaml`` and ``zones.yaml`` say.

    Attributes:
        cameras: All cameras with their zones.
        usernames: By camera, where it has a login.
        logins: By camera, where the password was given too.
    """

    cameras: Sequence[Camera]
    usernames: Mapping[str, str]
    logins: Mapping[str, Login]


async def seed_cameras(
    session: AsyncSession, files: SeedFiles, vault: Vault | None, at: datetime
) -> tuple[str, ...]:
    """Take over what changed in the files.

    A camera that left the files is removed if nobody but the files ever shaped its newest
    version; otherwise it stays, and the log says so.

    Args:
        session: Open transaction; two that seed at once wait for each other.
        files: What the files say now.
        vault: Seals the logins; may be missing where no file has one.
        at: Now.

    Returns:
        The cameras that got a new version.
    """
    await lock_names(session, ["camera-seeds"])
    found = {r.camera.camera_id: r for r in await store.list_cameras(session, with_removed=True)}
    changed = []
    for camera in files.cameras:
        record = found.pop(camera.camera_id, None)
        if await _seed(session, camera, record, files, vault, at):
            changed.append(camera.camera_id)
    for camera_id, record in found.items():
        if record.removed or record.seeds.camera is None:
            continue
        if record.author != AUTHOR:
            log.warning("camera_left_the_file_and_stays", camera_id=camera_id, by=record.author)
            continue
        await store.remove_camera(session, camera_id, at, AUTHOR, Seeds())
        changed.append(camera_id)
    return tuple(changed)


async def _seed(
    session: AsyncSession,
    camera: Camera,
    record: CameraRecord | None,
    files: SeedFiles,
    vault: Vault | None,
    at: datetime,
) -> bool:
    """Take one camera over if its entries changed; True if there is a new version."""
    username = files.usernames.get(camera.camera_id)
    seeds = seeds_of(camera, username)
    token = _login(record, files.logins.get(camera.camera_id), vault)
    if record is None:
        await store.put_camera(session, camera, at, AUTHOR, login=token, seeds=seeds)
        return True
    if seeds == record.seeds:
        if record.removed or token is None or token == record.login:
            return False
        await store.put_camera(session, record.camera, at, AUTHOR, login=token)
        return True
    wanted = _merged(camera, record, seeds)
    # Whoever shaped the camera last may have given it a login that the file never had.
    if token is None and (seeds.camera == record.seeds.camera or record.author != AUTHOR):
        token = record.login
    made = await store.put_camera(session, wanted, at, AUTHOR, login=token, seeds=seeds)
    return made.version > record.version


def _merged(camera: Camera, record: CameraRecord, seeds: Seeds) -> Camera:
    """The record's camera with whichever of the two entries changed in the files."""
    if seeds.camera == record.seeds.camera:
        return replace(record.camera, zones=camera.zones)
    if seeds.zones != record.seeds.zones:
        return camera
    views = {view.view_id for view in camera.views}
    return replace(camera, zones=tuple(z for z in record.camera.zones if z.view_id in views))


def _login(record: CameraRecord | None, login: Login | None, vault: Vault | None) -> str | None:
    """The sealed login; the one that is stored already if it says the same."""
    if login is None or vault is None:
        return None
    if record is not None and record.login is not None:
        try:
            if vault.open_login(record.login) == login:
                return record.login
        except ConfigError as exc:
            log.warning(
                "camera_login_sealed_anew", camera_id=record.camera.camera_id, reason=str(exc)
            )
    return vault.seal_login(login)


def seeds_of(camera: Camera, username: str | None) -> Seeds:
    """Hashes of the two entries of a camera; the password is no part of them."""
    own: dict[str, Any] = camera_json(replace(camera, zones=())) | {"username": username}
    return Seeds(_digest(own), _digest(_zones(camera.zones)))


def _zones(zones: Sequence[Zone]) -> list[dict[str, Any]]:
    return [zone_json(zone) for zone in zones]


def _digest(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return sha256(text.encode()).hexdigest()
