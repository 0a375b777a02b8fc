"""The ingest worker: everything put together, started, and stopped cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import structlog

from yitong_command.bus.producer import Producer
from yitong_command.bus.spool import Spool
from yitong_command.domain.camera import Camera
from yitong_command.errors import ConfigError
from yitong_command.ingest import state_file
from yitong_command.ingest.camera_book import CameraBook
from yitong_command.ingest.camera_tls import load_tls
from yitong_command.ingest.eyes import Eyes, load_pair
from yitong_command.ingest.health import Health
from yitong_command.ingest.http import make_app, serve
from yitong_command.ingest.patrol import Patrol
from yitong_command.ingest.pipeline import Pipeline
from yitong_command.ingest.reporter import Reporter
from yitong_command.ingest.scheduler import LookScheduler
from yitong_command.ingest.supervisor import supervise
from yitong_command.ingest.views import make_memories
from yitong_command.settings.cameras import load_cameras, load_logins
from yitong_command.settings.environment import Settings
from yitong_command.settings.rules import load_rules
from yitong_command.sources.decoder import DecoderPool
from yitong_command.sources.onvif import BallCamera
from yitong_command.sources.rtsp.receiver import RtspReceiver
from yitong_command.storage.evidence import EvidenceStore
from yitong_command.vision.registry import load_registry

_log = structlog.get_logger()

SWEEP_S = 1.0
SNAPSHOT_S = 3.0
STOP_WITHIN_S = 2.0


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker that is put together but not running.

    Attributes:
        settings: What it was started with.
        pipeline: The flow.
        receiver: Its source.
        balls: Its ball cameras, to be closed.
        spool: To be closed.
        sender: To be closed.
    """

    settings: Settings
    pipeline: Pipeline
    receiver: RtspReceiver
    balls: tuple[BallCamera, ...]
    spool: Spool
    sender: Producer

    @property
    def state_path(self) -> Path:
        """Where the rules' memory is kept."""
        return self.settings.data_dir / "ingest-state.json"


async def run_ingest(settings: Settings) -> None:
    """Watch all cameras until SIGTERM or SIGINT, or until cancelled.

    Args:
        settings: Of this installation.

    Raises:
        ConfigError: If a configuration file is wrong or the HTTP port is taken.
        ModelMismatch: If a model file is not what the registry says.
    """
    worker = await asyncio.to_thread(build_worker, settings)
    stopping = asyncio.Event()
    async with _running(worker):
        with _set_by_signals(stopping):
            loops = asyncio.gather(*_loops(worker))
            stopped = asyncio.create_task(stopping.wait())
            await _until_first(loops, stopped)


def build_worker(settings: Settings) -> Worker:
    """Read the configuration, load the models, restore the rules' memory.

    Must run while no event loop waits for it: it takes seconds.

    Raises:
        ConfigError: If a configuration file is wrong.
        ModelMismatch: If a model file is not what the registry says.
    """
    cv2.setNumThreads(1)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # the reporter says it once, plainly
    cameras = load_cameras(settings)
    logins = load_logins(settings, os.environ)
    cores = len(os.sched_getaffinity(0))
    eye_workers = max(1, cores // 2)
    registry = load_registry(settings.models_dir, eye_workers)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    health = Health()
    spool = _open_spool(settings.data_dir / "spool")
    sender = Producer(settings.kafka, settings.topic_prefix, f"/yitong/ingest/{settings.worker}")
    reporter = Reporter(spool, sender, settings.worker, health)
    url = f"http://{settings.part_host}:{settings.ingest_port}"
    memories = make_memories(cameras, load_rules(settings))
    receiver = RtspReceiver(_now, tls=load_tls(settings))
    balls = _add_cameras(receiver, cameras, logins)
    pipeline = Pipeline(
        source=receiver,
        decoder=DecoderPool(cores),
        eyes=Eyes(lambda: load_pair(registry), eye_workers),
        memories=memories,
        patrols={
            c.camera_id: Patrol(c, balls[c.camera_id], _now)
            for c in cameras
            if c.camera_id in balls
        },
        book=CameraBook(cameras, settings.worker, url, reporter.camera_state),
        reporter=reporter,
        evidence=EvidenceStore(settings.evidence_dir),
        scheduler=LookScheduler(
            {c.camera_id: c.look_interval_s for c in cameras}, time.monotonic()
        ),
        health=health,
    )
    worker = Worker(settings, pipeline, receiver, tuple(balls.values()), spool, sender)
    restored = state_file.restore(worker.state_path, memories.values())
    _log.info("worker_ready", cameras=len(cameras), zones_restored=restored, cores=cores)
    return worker


async def _until_first(loops: asyncio.Future[list[None]], stopped: asyncio.Task[bool]) -> None:
    """Wait until a loop ended or somebody said stop; then end the loops."""
    waiting: set[asyncio.Future[Any]] = {loops, stopped}
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if loops.done():
            loops.result()
    finally:
        stopped.cancel()
        loops.cancel()
        with contextlib.suppress(asyncio.CancelledError, TimeoutError):
            await asyncio.wait_for(loops, STOP_WITHIN_S)


def _open_spool(folder: Path) -> Spool:
    try:
        spool = Spool(folder)
    except OSError as exc:
        raise ConfigError("environment", "YITONG_DATA", f"{exc.strerror}: {folder}") from exc
    if spool.damaged_bytes:
        _log.warning("spool_tail_cut_off", bytes=spool.damaged_bytes)
    return spool


def _add_cameras(
    receiver: RtspReceiver, cameras: tuple[Camera, ...], logins: Mapping[str, tuple[str, str]]
) -> dict[str, BallCamera]:
    """Have every camera received, with its login if it has one; returns the ball cameras by id."""
    balls: dict[str, BallCamera] = {}
    for camera in cameras:
        login = logins.get(camera.camera_id)
        try:
            receiver.add(camera.camera_id, camera.url, login)
            if camera.ptz_url:
                balls[camera.camera_id] = BallCamera(camera.ptz_url, login)
        except ValueError as exc:
            raise ConfigError("cameras.yaml", camera.camera_id, str(exc)) from exc
    return balls


@contextlib.asynccontextmanager
async def _running(worker: Worker) -> AsyncIterator[None]:
    """Threads and connections, from start to a clean end."""
    worker.receiver.start()
    try:
        yield
    finally:
        await asyncio.to_thread(worker.receiver.stop)
        worker.pipeline.eyes.close()
        await asyncio.to_thread(worker.pipeline.decoder.close)
        await _snapshot(worker)
        for closing in (worker.sender.close(), *(ball.close() for ball in worker.balls)):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(closing, 1)
        worker.spool.close()


@contextlib.contextmanager
def _set_by_signals(event: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, event.set)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


def _loops(worker: Worker) -> list[Awaitable[None]]:
    pipeline, settings = worker.pipeline, worker.settings
    health = pipeline.health
    app = make_app(pipeline.memories, pipeline.decoder, health)
    named: dict[str, Callable[[], Awaitable[None]]] = {
        "eyes": pipeline.eyes.run,
        "looks": pipeline.run,
        "reporter": pipeline.reporter.run,
        "cameras": lambda: _sweep(worker),
        "snapshots": lambda: _save(worker),
        **{f"patrol {name}": patrol.run for name, patrol in pipeline.patrols.items()},
    }
    loops = [supervise(name, run, health) for name, run in named.items()]
    return [*loops, serve(app, settings.part_host, settings.ingest_port)]


async def _sweep(worker: Worker) -> None:
    """Bring the cameras' states up to date every second."""
    health = worker.pipeline.health
    while True:
        worker.pipeline.book.sweep(worker.receiver.status, _now())
        counts = worker.pipeline.book.counts()
        seen = ", ".join(f"{name} {number}" for name, number in counts.items() if number)
        health.say("cameras", True, seen)
        health.say("receiver", worker.receiver.healthy)
        health.say("decoder", worker.pipeline.decoder.healthy)
        await asyncio.sleep(SWEEP_S)


async def _save(worker: Worker) -> None:
    """Write the rules' memory down every few seconds."""
    while True:
        await asyncio.sleep(SNAPSHOT_S)
        await _snapshot(worker)


async def _snapshot(worker: Worker) -> None:
    pipeline = worker.pipeline
    if not pipeline.reporter.all_spooled:
        return  # a state on disk must not be ahead of the incidents on disk
    content = state_file.snapshot(pipeline.memories.values())
    try:
        await asyncio.to_thread(state_file.save, worker.state_path, content)
        pipeline.health.say("state", True)
    except OSError as exc:
        pipeline.health.say("state", False, f"规则状态未能保存 / rules' state not saved: {exc}")


def _now() -> datetime:
    return datetime.now(UTC)
