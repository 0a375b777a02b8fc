"""Faults of the farm become the right state within 15 s and pass; a ball camera is steered by web.

Real RTSP and ONVIF, receiver, decoder and pipeline; the detectors see nothing, as nothing of what
is tested here rests on them.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from cryptography.fernet import Fernet

from yitong_command.bus.messages import CameraStateMessage
from yitong_command.bus.spool import Spool
from yitong_command.demo.farm.farm import Farm
from yitong_command.demo.farm.options import FarmOptions
from yitong_command.domain.camera import Camera, CameraKind, View
from yitong_command.domain.frame import Pixels
from yitong_command.domain.geometry import Place
from yitong_command.domain.observation import Detection
from yitong_command.ingest.camera_book import CameraBook
from yitong_command.ingest.eyes import DetectorPair, Eyes
from yitong_command.ingest.head_http import Heads, add_head_routes
from yitong_command.ingest.health import Health
from yitong_command.ingest.http import make_app
from yitong_command.ingest.own_http import Server
from yitong_command.ingest.patrol import Patrol
from yitong_command.ingest.pipeline import Pipeline
from yitong_command.ingest.reporter import Reporter
from yitong_command.ingest.scheduler import LookScheduler
from yitong_command.ingest.steering import Steering
from yitong_command.ingest.views import make_memories
from yitong_command.settings.orders import Order, OrderBook, seal_order
from yitong_command.settings.rules import RuleBook
from yitong_command.settings.secrets import Vault
from yitong_command.sources.decoder import DecoderPool
from yitong_command.sources.onvif import BallCamera
from yitong_command.sources.rtsp.receiver import RtspReceiver
from yitong_command.storage.evidence import EvidenceStore

pytestmark = pytest.mark.timeout(120)

LOGIN = ("ptz", "turn it")
FAULTS = {
    "cam-001": ("freeze", "frozen", "画面冻结"),
    "cam-002": ("black", "covered", "画面发黑"),
    "cam-003": ("drop", "off", ""),
    "cam-004": ("corrupt", "not_judged", "画面数据损坏"),
    "cam-005": ("move", "covered", "镜头被移动"),
    "cam-006": ("blur", "covered", "失焦模糊"),
}


class Blind:
    """A detector that sees nothing."""

    classes = ("car",)

    def detect(self, images: Sequence[Pixels]) -> list[tuple[Detection, ...]]:
        return [() for _ in images]


class Nobody:
    """A broker that is never there."""

    async def send_all(self, batch: Any) -> None:
        raise AssertionError("not used")

    async def close(self) -> None:
        pass


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Bench:
    """Some cameras of the farm, watched."""

    farm: Farm
    pipeline: Pipeline
    receiver: RtspReceiver
    states: dict[str, CameraStateMessage] = field(default_factory=dict)

    async def sweep(self) -> None:
        while True:
            self.pipeline.book.sweep(self.receiver.status, now())
            await asyncio.sleep(0.5)

    async def until(self, wanted: dict[str, str], within_s: float) -> float:
        """Seconds until all these cameras are in these states."""
        began = time.monotonic()
        while any(self.states[c].state != state for c, state in wanted.items()):
            found = {c: self.states[c].state.value for c in wanted}
            assert time.monotonic() - began < within_s, f"{found} instead of {wanted}"
            await asyncio.sleep(0.2)
        return time.monotonic() - began


@contextlib.asynccontextmanager
async def watching(farm: Farm, cameras: list[Camera], folder: Path) -> AsyncIterator[Bench]:
    receiver, spool, decoder = RtspReceiver(now), Spool(folder / "spool"), DecoderPool(2)
    health, states = Health(), dict[str, CameraStateMessage]()
    balls = {c.camera_id: BallCamera(c.ptz_url, LOGIN) for c in cameras if c.ptz_url}

    def tell(message: CameraStateMessage) -> None:
        states[message.camera_id] = message

    pipeline = Pipeline(
        source=receiver, decoder=decoder,
        eyes=Eyes(lambda: DetectorPair(Blind(), Blind())),
        memories=make_memories(tuple(cameras), RuleBook({}, Path("zones.yaml"))),
        patrols={c.camera_id: Patrol(c, balls[c.camera_id], now) for c in cameras
                 if c.camera_id in balls},
        book=CameraBook(tuple(cameras), "w1", "", tell),
        reporter=Reporter(spool, Nobody(), "w1", health),
        evidence=EvidenceStore(folder / "evidence"),
        scheduler=LookScheduler({c.camera_id: c.look_interval_s for c in cameras},
                                asyncio.get_running_loop().time()),
        health=health,
    )  # fmt: skip
    for camera in cameras:
        receiver.add(camera.camera_id, camera.url, LOGIN)
    receiver.start()
    bench = Bench(farm, pipeline, receiver, states)
    tasks = [
        asyncio.create_task(work)
        for work in (pipeline.run(), pipeline.eyes.run(), bench.sweep(),
                     *(patrol.run() for patrol in pipeline.patrols.values()))
    ]  # fmt: skip
    await asyncio.sleep(0.1)
    try:
        yield bench
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for ball in balls.values():
            await ball.close()
        await asyncio.to_thread(receiver.stop)
        pipeline.eyes.close()
        decoder.close()
        spool.close()


def camera(farm: Farm, camera_id: str, **more: Any) -> Camera:
    return Camera(
        camera_id, more.pop("kind", CameraKind.FIXED), camera_id, camera_id,
        farm.rtsp_url(camera_id), Place(125.3, 43.34), look_interval_s=1.0, **more,
    )  # fmt: skip


@pytest.fixture
async def farm() -> AsyncIterator[Farm]:
    options = FarmOptions(
        rtsp_port=0, control_port=0, onvif_port=0, credentials={"ball-001": LOGIN}
    )
    made = await asyncio.to_thread(Farm, options)
    await made.start()
    yield made
    await made.stop()


async def test_every_fault_becomes_its_state_within_fifteen_seconds_and_passes(
    farm: Farm, tmp_path: Path
) -> None:
    cameras = [camera(farm, name) for name in FAULTS]
    control = f"http://127.0.0.1:{farm.control_port}"
    async with watching(farm, cameras, tmp_path) as bench, httpx.AsyncClient(timeout=30) as client:
        await bench.until(dict.fromkeys(FAULTS, "live"), 15)
        async with asyncio.timeout(30):
            while not all(m.scene.calm for m in bench.pipeline.memories.values()):  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        for name, (fault, _, _) in FAULTS.items():
            body = {"fault": fault}
            answer = await client.post(f"{control}/cameras/{name}/fault", json=body)
            assert answer.status_code == 200, answer.text
        took_s = await bench.until({name: state for name, (_, state, _) in FAULTS.items()}, 15)
        for name, (fault, _, reason) in FAULTS.items():
            said = bench.states[name]
            assert reason in said.reason_zh, (fault, said)
            assert said.reason_en
            assert (now() - said.since).total_seconds() < took_s + 12
        for name in FAULTS:
            await client.post(f"{control}/cameras/{name}/fault", json={"fault": "none"})
        await bench.until(dict.fromkeys(FAULTS, "live"), 40)


@dataclass
class Steered:
    """A ball camera with its worker's HTTP."""

    bench: Bench
    url: str
    vault: Vault


@pytest.fixture
async def steered(farm: Farm, tmp_path: Path) -> AsyncIterator[Steered]:
    views = tuple(View(name, preset=name, stay_s=60) for name in ("left", "centre", "right"))
    ball = camera(
        farm, "ball-001", kind=CameraKind.BALL, views=views, ptz_url=farm.onvif_url("ball-001")
    )
    vault = Vault(Fernet.generate_key())
    async with watching(farm, [ball], tmp_path) as bench:
        pipeline = bench.pipeline
        steering = Steering(pipeline.patrols, now)
        app = make_app(pipeline.memories, pipeline.decoder, pipeline.health, pipeline.patrols)
        orders = OrderBook(lambda: vault)
        add_head_routes(
            app,
            Heads(steering, orders, pipeline.memories, pipeline.decoder, pipeline.evidence, now),
        )
        config = uvicorn.Config(app, port=0, log_config=None, lifespan="off")
        server = Server(config)
        serving = [asyncio.create_task(server.serve()), asyncio.create_task(steering.run())]
        while not server.started:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Steered(bench, f"http://127.0.0.1:{port}", vault)
        server.should_exit = True
        serving[1].cancel()
        await asyncio.gather(*serving, return_exceptions=True)


async def test_a_proof_and_a_live_picture_come_from_where_the_operator_looks(
    steered: Steered,
) -> None:
    patrol = steered.bench.pipeline.patrols["ball-001"]
    async with httpx.AsyncClient(base_url=steered.url, timeout=40) as client:

        async def give(action: str, **more: Any) -> httpx.Response:
            order = Order("ball-001", action, "desk", "值班员", "Desk", now(), **more)
            body = seal_order(steered.vault, order)
            return await client.post("/cameras/ball-001/head", content=body)

        answer = await give("proof", view_id="centre")
        assert answer.status_code == 200, answer.text
        proof = answer.json()
        store = steered.bench.pipeline.evidence
        assert store.get(proof["sha256"]).startswith(b"\xff\xd8")
        assert proof["view_id"] == "centre"
        assert (await client.get("/cameras/ball-001/head")).json()["view_id"] == "centre"
        centre = steered.bench.farm.ball("ball-001").position

        began = now()
        for _ in range(3):
            assert (await give("move", pan=0.5, tilt=0.3)).status_code == 200
            await asyncio.sleep(0.5)
        assert patrol.view_at(now()) is None
        assert (await give("stop")).status_code == 200
        pan, tilt, _ = steered.bench.farm.ball("ball-001").position
        assert pan > centre[0] + 0.2
        assert tilt > centre[1]
        async with asyncio.timeout(10):
            while patrol.shown is None or patrol.shown.at < began:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        picture = await client.get("/cameras/ball-001/picture.jpg")
        assert picture.headers["x-view"] == ""
        assert datetime.fromisoformat(picture.headers["x-captured-at"]) >= began
        assert not await patrol.ball.is_moving()
        assert (await give("proof", view_id="moon")).status_code == 404
        assert (await client.post("/cameras/ball-001/head", content="move")).status_code == 403
        answer = await give("resume")
        assert answer.json()["holder"] is None
