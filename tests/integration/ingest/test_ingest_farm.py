"""The worker as a process of its own, on the virtual county, with the shipped models, no broker."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from yitong_command.bus.camera_messages import CameraMessage
from yitong_command.bus.messages import IncidentMessage
from yitong_command.bus.spool import Spool
from yitong_command.bus.wire import decode
from yitong_command.demo.farm.farm import Farm
from yitong_command.domain.incident import Change
from yitong_command.ingest.local_cache import LocalCache
from yitong_command.settings.cameras import load_cameras
from yitong_command.settings.environment import load_settings
from yitong_command.storage.evidence import EvidenceStore

pytestmark = pytest.mark.timeout(300)


async def test_each_fact_is_one_incident_through_kill_and_restart_without_a_broker(
    farm: Farm, make_worker: Callable[..., Any], tmp_path: Path, until: Any
) -> None:
    control = f"http://127.0.0.1:{farm.control_port}"
    worker = make_worker("w1")
    data = tmp_path / "w1"
    data.mkdir()
    LocalCache(data).save_cameras(
        CameraMessage.of(camera, None, 1, "file", datetime.now(UTC))
        for camera in load_cameras(load_settings(worker.env))
    )
    worker.start()

    async def all_live() -> bool:
        said = await worker.health()  # the ball camera may be turning
        return '"live 9"' in said or "live 8, not_judged 1" in said

    await until(all_live)
    assert "9路" in await worker.check("assignment")
    async with httpx.AsyncClient(trust_env=False) as client:
        for camera_id in ("cam-001", "cam-002"):
            await client.post(f"{control}/cameras/{camera_id}/play")

    async def both_opened() -> bool:
        parking = await worker.count("illegal_parking", "opened")
        return bool(parking + await worker.count("manhole_cover", "opened") >= 2)

    await until(both_opened)
    picture = await worker.ask("/cameras/cam-001/picture.jpg?width=320")
    assert picture is not None
    assert picture.content.startswith(b"\xff\xd8")
    await asyncio.sleep(4)  # for the rules' memory to be written
    await worker.end(signal.SIGKILL)
    worker.start()

    async def gone() -> bool:
        return bool(await worker.count("illegal_parking", "cleared") >= 1)

    await until(gone)
    assert "failing" in await worker.health()  # there is no broker, and it says so
    began = asyncio.get_running_loop().time()
    assert await worker.end(signal.SIGTERM) == 0
    assert asyncio.get_running_loop().time() - began < 8
    async with httpx.AsyncClient(trust_env=False) as client:
        truth = (await client.get(f"{control}/ground-truth")).json()
    check(data, truth)


def check(data: Path, truth: list[dict[str, str]]) -> None:
    """The spool holds exactly the facts of the ground truth, with verifiable pictures."""
    spool = Spool(data / "spool")
    told = [decode(IncidentMessage, record.payload) for record in spool.peek(100)]
    spool.close()
    opened = [message for message in told if message.change is Change.OPENED]
    assert sorted((m.camera_id, m.kind.value) for m in opened) == sorted(
        (fact["camera_id"], fact["kind"]) for fact in truth
    )
    for message in opened:
        [fact] = [fact for fact in truth if fact["camera_id"] == message.camera_id]
        late = message.began_at - datetime.fromisoformat(fact["began_at"])
        assert timedelta(seconds=-2) < late < timedelta(seconds=6), (fact, message)
    [cleared] = [message for message in told if message.change is Change.CLEARED]
    [parking] = [message for message in opened if message.camera_id == "cam-001"]
    assert cleared.incident_id == parking.incident_id
    store = EvidenceStore(data / "evidence")
    for message in told:
        assert store.get(message.evidence[0].sha256)
    states = LocalCache(data).states()
    assert len(states) == 9
    assert sum(len(state.zones) for state in states.values()) == 9
