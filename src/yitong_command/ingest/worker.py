"""The ingest worker: everything put together, started, and stopped cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import structlog

from yitong_command.bus.camera_group import CameraGroup
from yitong_command.bus.producer import Producer
from yitong_command.bus.spool import Spool
from yitong_command.errors import ConfigError
from yitong_command.ingest.camera_book import CameraBook
from yitong_command.ingest.camera_tls import load_tls
from yitong_command.ingest.definitions import DefinitionReader
from yitong_command.ingest.eyes import Eyes, load_pair
from yitong_command.ingest.fleet import Fleet
from yitong_command.ingest.head_http import Heads, add_head_routes
from yitong_command.ingest.health import Health
from yitong_command.ingest.http import make_app
from yitong_command.ingest.keeper import CameraKeeper
from yitong_command.ingest.live_video import LiveVideo, add_video_route
from yitong_command.ingest.local_cache import LocalCache
from yitong_command.ingest.own_http import serve
from yitong_command.ingest.pipeline import Pipeline
from yitong_command.ingest.reporter import Reporter
from yitong_command.ingest.scheduler import LookScheduler
from yitong_command.ingest.state_log import StateLog
from yitong_command.ingest.steering import Steering
from yitong_command.ingest.supervisor import supervise
from yitong_command.settings.environment import Settings
from yitong_command.settings.orders import OrderBook
from yitong_command.settings.rules import load_rule_book
from yitong_command.settings.secrets import find_vault
from yitong_command.settings.taxonomy import load_taxonomy
from yitong_command.sources.decoder import DecoderPool
from yitong_command.sources.rtsp.receiver import RtspReceiver
from yitong_command.storage.evidence import EvidenceStore
from yitong_command.vision.registry import load_registry

if sys.platform != "win32":
    import uvloop

_log = structlog.get_logger()

SWEEP_S = 1.0
LEAVE_WITHIN_S = 3.0
STOP_WITHIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker that is put together but not running.

    Attributes:
        settings: What it was started with.
        pipeline: The flow.
        receiver: Its source.
        fleet: The cameras it watches now.
        keeper: Decides which.
        states: Tells successors what it remembers.
        spool: To be closed.
        sender: To be closed.
    """

    settings: Settings
    pipeline: Pipeline
    receiver: RtspReceiver
    fleet: Fleet
    keeper: CameraKeeper
    states: StateLog
    spool: Spool
    sender: Producer


def watch_cameras(settings: Settings) -> None:
    """Run a worker on the cheapest event loop there is; see :func:`run_ingest`."""
    make_loop = None if sys.platform == "win32" else uvloop.new_event_loop
    with asyncio.Runner(loop_factory=make_loop) as runner:
        runner.run(run_ingest(settings))


async def run_ingest(settings: Settings) -> None:
    """Watch this worker's share of the cameras until SIGTERM or SIGINT, or until cancelled.

    Args:
        settings: Of this installation.

    Raises:
        ConfigError: If a configuration file is wrong, or the HTTP port or the data folder is taken.
        ModelMismatch: If a model file is not what the registry says.
    """
    worker = await asyncio.to_thread(build_worker, settings)
    stopping = asyncio.Event()
    async with _running(worker):
        with _set_by_signals(stopping):
            loops = asyncio.gather(*_loops(worker))
            health = worker.pipeline.health
            member = asyncio.create_task(supervise("assignment", worker.keeper.run, health))
            stopped = asyncio.create_task(stopping.wait())
            await _until_first(loops, member, stopped, worker.keeper.leave)


def build_worker(settings: Settings) -> Worker:
    """Read the configuration, load the models, recall the last assignment.

    Must run while no event loop waits for it: it takes seconds.

    Raises:
        ConfigError: If a configuration file is wrong, or another worker uses the data folder.
        ModelMismatch: If a model file is not what the registry says.
    """
    cv2.setNumThreads(1)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # the reporter says it once, plainly
    rules = load_rule_book(settings)
    taxonomy = load_taxonomy(settings.config_dir / "taxonomy.yaml")
    tls = load_tls(settings)
    spool = _open_spool(settings.data_dir)
    cores = len(os.sched_getaffinity(0))
    eye_workers = max(1, cores // 2)
    registry = load_registry(settings.models_dir, eye_workers)
    health = Health()
    sender = _producer(settings)
    reporter = Reporter(spool, sender, settings.worker, health)
    url = settings.part_url or f"http://{settings.part_host}:{settings.ingest_port}"
    receiver = RtspReceiver(_now, tls=tls)
    pipeline = Pipeline(
        source=receiver,
        decoder=DecoderPool(cores),
        eyes=Eyes(lambda: load_pair(registry), eye_workers),
        memories={},
        patrols={},
        book=CameraBook((), settings.worker, url, reporter.camera_state),
        reporter=reporter,
        evidence=EvidenceStore(settings.evidence_dir),
        scheduler=LookScheduler({}, time.monotonic()),
        health=health,
    )
    fleet = Fleet(pipeline, receiver, rules, settings.worker, _now)
    states = StateLog(fleet, reporter, _producer(settings), _now)
    keeper = CameraKeeper(
        CameraGroup(settings.kafka, settings.topic_prefix, settings.replication, settings.worker),
        DefinitionReader(taxonomy, rules, settings.key_file),
        fleet,
        states,
        reporter,
        LocalCache(settings.data_dir),
        health,
    )
    keeper.recall()
    _log.info("worker_ready", worker=settings.worker, cores=cores)
    return Worker(settings, pipeline, receiver, fleet, keeper, states, spool, sender)


def _producer(settings: Settings) -> Producer:
    source = f"/yitong/ingest/{settings.worker}"
    return Producer(settings.kafka, settings.topic_prefix, source)


async def _until_first(
    loops: asyncio.Future[list[None]],
    member: asyncio.Task[None],
    stopped: asyncio.Task[bool],
    leave: Callable[[], Awaitable[None]],
) -> None:
    """Wait until a loop ended or somebody said stop; then hand over and end the loops."""
    waiting: set[asyncio.Future[Any]] = {loops, member, stopped}
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if loops.done():
            loops.result()
    finally:
        stopped.cancel()
        member.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await member
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(leave(), LEAVE_WITHIN_S)
        loops.cancel()
        with contextlib.suppress(asyncio.CancelledError, TimeoutError):
            await asyncio.wait_for(loops, STOP_WITHIN_S)


def _open_spool(data_dir: Path) -> Spool:
    """The spool of this worker, whose lock keeps a second worker out of the data folder."""
    try:
        spool = Spool(data_dir / "spool")
    except BlockingIOError as exc:
        raise ConfigError(
            "environment",
            "YITONG_DATA",
            f"另一个识别进程正在使用 / another ingest worker uses {data_dir}: "
            "每个进程须有自己的目录和端口 / give each its own YITONG_DATA and YITONG_INGEST_PORT",
        ) from exc
    except OSError as exc:
        raise ConfigError("environment", "YITONG_DATA", f"{exc.strerror}: {data_dir}") from exc
    if spool.damaged_bytes:
        _log.warning("spool_tail_cut_off", bytes=spool.damaged_bytes)
    return spool


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
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(worker.sender.close(), STOP_WITHIN_S)
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
    app = make_app(pipeline.memories, pipeline.decoder, health, pipeline.patrols)
    steering = Steering(pipeline.patrols, _now)
    orders = OrderBook(lambda: find_vault(settings.key_file))
    heads = Heads(steering, orders, pipeline.memories, pipeline.decoder, pipeline.evidence, _now)
    add_head_routes(app, heads)
    video = LiveVideo(worker.fleet.address_of)
    add_video_route(app, video, lambda sealed, camera_id: orders.open(sealed, camera_id, _now()))
    named: dict[str, Callable[[], Awaitable[None]]] = {
        "eyes": pipeline.eyes.run,
        "looks": pipeline.run,
        "reporter": pipeline.reporter.run,
        "cameras": lambda: _sweep(worker),
        "cache": worker.keeper.save,
        "states": worker.states.run,
        "steering": steering.run,
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


def _now() -> datetime:
    return datetime.now(UTC)
