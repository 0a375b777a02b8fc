"""Cameras that ask for a login, which comes sealed and is never written in the open."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from yitong_command.bus.camera_messages import CameraMessage
from yitong_command.demo.farm.farm import Farm
from yitong_command.domain.camera import Camera
from yitong_command.ingest.local_cache import LocalCache
from yitong_command.settings.cameras import load_cameras
from yitong_command.settings.environment import load_settings
from yitong_command.settings.secrets import make_vault

pytestmark = pytest.mark.timeout(120)
LOGIN = ("viewer", "fictional: pa\u7801")
LOCKED = ("cam-002", "ball-001")


def give(data: Path, cameras: list[Camera], login: str) -> None:
    data.mkdir()
    LocalCache(data).save_cameras(
        CameraMessage.of(camera, login, 1, "file", datetime.now(UTC)) for camera in cameras
    )


def written_under(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("farm", [dict.fromkeys(LOCKED, LOGIN)], indirect=True)
async def test_the_worker_logs_in_over_rtsp_and_onvif(
    farm: Farm, make_worker: Callable[..., Any], tmp_path: Path, until: Any
) -> None:
    key_file = tmp_path / "keys" / "secret.key"
    worker = make_worker("w1", YITONG_KEY_FILE=str(key_file))
    other = make_worker("w2", YITONG_KEY_FILE=str(tmp_path / "keys" / "another.key"))
    make_vault(tmp_path / "keys" / "another.key")
    vault = make_vault(key_file)
    cameras = [c for c in load_cameras(load_settings(worker.env)) if c.camera_id in LOCKED]
    for name in ("w1", "w2"):
        give(tmp_path / name, cameras, vault.seal_login(LOGIN))
    worker.start()

    async def both_live() -> bool:
        return "live 2" in await worker.check("cameras")

    await until(both_live)  # the ball camera only if its head obeyed, which asks for the login too
    assert await worker.end(signal.SIGTERM) == 0
    other.start()

    async def joined() -> bool:
        return "0路" in await other.check("assignment")

    await until(joined)
    assert await other.end(signal.SIGTERM) == 0
    assert "camera_of_the_cache_refused" in other.log.read_text(encoding="utf-8")
    written = written_under(tmp_path)
    assert b"cam-002" in written
    for word in (LOGIN[1].encode(), b"pa\\u7801"):
        assert word not in written
