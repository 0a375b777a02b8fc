"""The sensor part: everything put together, started, and stopped cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from fastapi import FastAPI

from yitong_command.bus.producer import Producer
from yitong_command.bus.spool import Spool
from yitong_command.errors import ConfigError
from yitong_command.ingest.health import Health
from yitong_command.ingest.own_http import add_own_routes, serve
from yitong_command.ingest.reporter import Reporter
from yitong_command.ingest.sensor_desk import SensorDesk
from yitong_command.ingest.sensor_memory import MemoryFile
from yitong_command.ingest.supervisor import supervise
from yitong_command.settings.environment import Settings
from yitong_command.settings.sensors import load_sensors
from yitong_command.settings.taxonomy import load_taxonomy
from yitong_command.sources.mqtt import MqttAddress, MqttSource

log = structlog.get_logger()

TICK_S = 1.0
SAVE_EVERY_S = 3.0
STOP_WITHIN_S = 3.0


@dataclass(frozen=True, slots=True)
class SensorPart:
    """The part, put together but not running.

    Attributes:
        settings: What it was started with.
        desk: Judges messages.
        source: Receives them.
        reporter: Sends what comes of them.
        file: What is remembered.
        health: What it says of itself.
        spool: To be closed.
        sender: To be closed.
    """

    settings: Settings
    desk: SensorDesk
    source: MqttSource
    reporter: Reporter
    file: MemoryFile
    health: Health
    spool: Spool
    sender: Producer


async def run_sensors(settings: Settings) -> None:
    """Read the sensors until SIGTERM or SIGINT, or until cancelled.

    Raises:
        ConfigError: If a configuration file is wrong, or the HTTP port or the data folder is taken.
    """
    part = build_sensors(settings)
    stopping = asyncio.Event()
    try:
        with _set_by_signals(stopping):
            await part.desk.retire()
            loops: asyncio.Future[list[None]] = asyncio.gather(*_loops(part))
            stopped = asyncio.create_task(stopping.wait())
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
    finally:
        await _save(part)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(part.sender.close(), 1.0)
        part.spool.close()


def build_sensors(settings: Settings) -> SensorPart:
    """Read the registry and what was remembered.

    Raises:
        ConfigError: If a configuration file is wrong, or another process uses the data folder.
    """
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # the reporter says it once, plainly
    logging.getLogger("mqtt").setLevel(logging.ERROR)
    taxonomy = load_taxonomy(settings.config_dir / "taxonomy.yaml")
    book = load_sensors(settings.config_dir, taxonomy)
    address = MqttAddress.parse(
        settings.mqtt, settings.mqtt_user, settings.mqtt_password, settings.mqtt_ca_file
    )
    worker = f"sensors-{settings.worker}"
    folder = settings.data_dir / "sensors"
    spool = _open_spool(settings)
    health = Health()
    sender = Producer(settings.kafka, settings.topic_prefix, f"/yitong/sensors/{settings.worker}")
    reporter = Reporter(spool, sender, worker, health)
    file = MemoryFile(folder / "memory.json")
    desk = SensorDesk(book, file, reporter, worker, health, _Clock())
    desk.recall(file.load(), file.link_fault)
    source = MqttSource(
        address, book.subscribe, f"{settings.topic_prefix}-{worker}", desk.take, desk.link
    )
    if not book.sensors:
        health.say("registry", True, "没有传感器 / sensors.yaml lists no sensor")
    log.info("sensors_ready", sensors=len(book.sensors), mqtt=address.shown)
    return SensorPart(settings, desk, source, reporter, file, health, spool, sender)


class _Clock:
    """The time, which never goes back though the machine's clock may be set."""

    def __init__(self) -> None:
        self._last = datetime.now(UTC)

    def __call__(self) -> datetime:
        self._last = max(self._last, datetime.now(UTC))
        return self._last


def _open_spool(settings: Settings) -> Spool:
    folder = settings.data_dir / "sensors" / "spool"
    try:
        spool = Spool(folder)
    except BlockingIOError as exc:
        raise ConfigError(
            "environment", "YITONG_DATA",
            f"另一个传感器进程正在使用 / another sensor process uses {settings.data_dir}",
        ) from exc  # fmt: skip
    except OSError as exc:
        raise ConfigError("environment", "YITONG_DATA", f"{exc.strerror}: {folder}") from exc
    if spool.damaged_bytes:
        log.warning("spool_tail_cut_off", bytes=spool.damaged_bytes)
    return spool


def _loops(part: SensorPart) -> list[Awaitable[None]]:
    app = FastAPI(title="yitong sensors", openapi_url=None)
    add_own_routes(app, part.health)
    named: dict[str, Callable[[], Awaitable[None]]] = {
        "reporter": part.reporter.run,
        "ticks": lambda: _tick(part),
        "memory": lambda: _keep(part),
    }
    if part.desk.states():
        named["receiver"] = part.source.run
    settings = part.settings
    loops = [supervise(name, run, part.health) for name, run in named.items()]
    return [
        *loops,
        serve(app, settings.part_host, settings.sensors_port, "YITONG_SENSORS_PORT"),
    ]


async def _tick(part: SensorPart) -> None:
    while True:
        await part.desk.tick()
        await asyncio.sleep(TICK_S)


async def _keep(part: SensorPart) -> None:
    """Write down what is remembered, every few seconds."""
    while True:
        await asyncio.sleep(SAVE_EVERY_S)
        await _save(part)


async def _save(part: SensorPart) -> None:
    content = part.file.take_news()
    if content is None:
        return
    try:
        await asyncio.to_thread(part.file.write, content)
        part.health.say("memory", True)
    except OSError as exc:
        part.file.failed()
        part.health.say("memory", False, f"状态写入失败 / can't be written: {exc.strerror}")
        log.warning("sensor_memory_not_written", reason=str(exc))


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
