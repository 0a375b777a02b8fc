"""Cameras that ask for a login, reached with what the worker reads from file and environment."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import yaml

from yitong_command.demo.farm.farm import Farm
from yitong_command.demo.farm.options import FarmOptions
from yitong_command.errors import ConfigError
from yitong_command.ingest.worker import build_worker
from yitong_command.settings.environment import Settings, load_settings
from yitong_command.sources.keyframe import SourceState

CONFIG = Path(__file__).parents[3] / "config"
LOGIN = ("viewer", "fictional: pa\u7801")
LOCKED = ("cam-002", "ball-001")


def settings_for(farm: Farm, folder: Path) -> Settings:
    """The demo county, with a login for two of its cameras."""
    config = folder / "config"
    config.mkdir()
    for file in CONFIG.iterdir():
        (config / file.name).write_bytes(file.read_bytes())
    content = yaml.safe_load((config / "cameras.yaml").read_text(encoding="utf-8"))
    for item in content["cameras"]:
        if item["id"] in LOCKED:
            item |= {"username": LOGIN[0], "password_env": "COUNTY_CAMERAS"}
    (config / "cameras.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return load_settings(
        {
            "YITONG_CONFIG": str(config),
            "YITONG_DATA": str(folder / "data"),
            "YITONG_RTSP_BASE": farm.rtsp_url("x").removesuffix("/x"),
            "YITONG_ONVIF_BASE": f"http://127.0.0.1:{farm.onvif_port}",
        }
    )


def written_under(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_the_worker_logs_in_over_rtsp_and_onvif(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    options = FarmOptions(
        rtsp_port=0, control_port=0, onvif_port=0, credentials=dict.fromkeys(LOCKED, LOGIN)
    )
    farm = await asyncio.to_thread(Farm, options)
    await farm.start()
    settings = settings_for(farm, tmp_path)
    with pytest.raises(ConfigError, match="COUNTY_CAMERAS"):
        await asyncio.to_thread(build_worker, settings)
    monkeypatch.setenv("COUNTY_CAMERAS", LOGIN[1])
    worker = await asyncio.to_thread(build_worker, settings)
    worker.receiver.start()
    try:
        [ball] = worker.balls
        assert len(await ball.presets()) == 3
        async with asyncio.timeout(20):
            while any(  # noqa: ASYNC110 - the receiver has a thread of its own
                worker.receiver.status(name).state is not SourceState.LIVE for name in LOCKED
            ):
                await asyncio.sleep(0.1)
        written = written_under(tmp_path)
        assert b"COUNTY_CAMERAS" in written
        assert LOGIN[1].encode() not in written + capfd.readouterr().err.encode()
    finally:
        await asyncio.to_thread(worker.receiver.stop)
        await ball.close()
        worker.pipeline.eyes.close()
        await asyncio.to_thread(worker.pipeline.decoder.close)
        worker.spool.close()
        await farm.stop()
