"""The worker as a process of its own, on the virtual county, with the shipped models."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from yitong_command.bus.messages import IncidentMessage
from yitong_command.bus.spool import Spool
from yitong_command.bus.wire import decode
from yitong_command.demo.farm.farm import Farm
from yitong_command.demo.farm.options import FarmOptions
from yitong_command.domain.incident import Change
from yitong_command.storage.evidence import EvidenceStore

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
async def farm() -> AsyncIterator[Farm]:
    made = await asyncio.to_thread(Farm, FarmOptions(rtsp_port=0, control_port=0, onvif_port=0))
    await made.start()
    yield made
    await made.stop()


@dataclass
class Worker:
    """An ingest process; the broker it is told of does not exist."""

    env: dict[str, str]
    url: str
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "yitong_command", "ingest"],
            env=os.environ | self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    async def end(self, number: int) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return await asyncio.to_thread(self.process.wait, 20)

    async def ask(self, path: str) -> httpx.Response | None:
        async with httpx.AsyncClient(timeout=10) as client:
            with contextlib.suppress(httpx.HTTPError):
                return await client.get(self.url + path)
        return None

    async def health(self) -> str:
        answer = await self.ask("/health/ready")
        return answer.text if answer is not None else ""

    async def count(self, kind: str, change: str) -> float:
        answer = await self.ask("/metrics")
        name = f'yitong_ingest_incidents_total{{change="{change}",kind="{kind}"}}'
        for line in answer.text.splitlines() if answer is not None else ():
            if line.startswith(name):
                return float(line.split()[-1])
        return 0.0


@pytest.fixture
def worker(
    farm: Farm, tmp_path: Path, unused_tcp_port_factory: Callable[[], int]
) -> Iterator[Worker]:
    port = unused_tcp_port_factory()
    env = {
        "YITONG_RTSP_BASE": farm.rtsp_url("x").removesuffix("/x"),
        "YITONG_ONVIF_BASE": f"http://127.0.0.1:{farm.onvif_port}",
        "YITONG_KAFKA": f"127.0.0.1:{unused_tcp_port_factory()}",
        "YITONG_DATA": str(tmp_path),
        "YITONG_INGEST_PORT": str(port),
    }
    made = Worker(env, f"http://127.0.0.1:{port}")
    yield made
    if made.process is not None and made.process.poll() is None:
        made.process.kill()
        made.process.wait()


async def until(condition: Callable[[], object], timeout_s: float = 90) -> None:
    async with asyncio.timeout(timeout_s):
        while not await condition():  # type: ignore[misc]  # noqa: ASYNC110
            await asyncio.sleep(0.5)


async def test_each_fact_is_one_incident_through_kill_and_restart(
    farm: Farm, worker: Worker, tmp_path: Path
) -> None:
    control = f"http://127.0.0.1:{farm.control_port}"
    worker.start()

    async def all_live() -> bool:
        said = await worker.health()  # the ball camera may be turning
        return '"live 9"' in said or "live 8, not_judged 1" in said

    await until(all_live)
    async with httpx.AsyncClient() as client:
        for camera_id in ("cam-001", "cam-002"):
            await client.post(f"{control}/cameras/{camera_id}/play")

    async def both_opened() -> bool:
        parking = await worker.count("illegal_parking", "opened")
        return parking + await worker.count("manhole_cover", "opened") >= 2

    await until(both_opened)
    picture = await worker.ask("/cameras/cam-001/picture.jpg?width=320")
    assert picture is not None
    assert picture.content.startswith(b"\xff\xd8")
    await asyncio.sleep(4)  # for the rules' memory to be written
    await worker.end(signal.SIGKILL)
    worker.start()

    async def gone() -> bool:
        return await worker.count("illegal_parking", "cleared") >= 1

    await until(gone)
    assert "failing" in await worker.health()  # there is no broker, and it says so
    began = asyncio.get_running_loop().time()
    assert await worker.end(signal.SIGTERM) == 0
    assert asyncio.get_running_loop().time() - began < 8
    async with httpx.AsyncClient() as client:
        truth = (await client.get(f"{control}/ground-truth")).json()
    check(tmp_path, truth)


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
    state = json.loads((data / "ingest-state.json").read_text(encoding="utf-8"))
    assert len(state["zones"]) == 9
