"""The Faust app: reads incidents, makes cases, relays the outbox."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import faust
import structlog
import uvloop

from streams.agents import add_agents, add_camera_agent, add_report_agent
from streams.assignor import TableAssignor
from streams.camera_desk import CameraDesk
from streams.desk import Desk
from streams.grouping import Grouping
from streams.http import make_server
from streams.ledger import make_keeper
from streams.relay import Relay
from streams.report_desk import ReportDesk
from streams.retry import until_done
from streams.seeding import seed_from_files
from streams.timers import TimerLoop
from streams.watchdog import LagReader, Watchdog, start_anew
from streams.webhooks import WebhookLoop
from yitong_command.bus.admin import ensure_topics
from yitong_command.bus.producer import Producer
from yitong_command.bus.topics import CAMERA_STATES, INCIDENTS, REPORTS, topic_name
from yitong_command.domain.county import County
from yitong_command.settings.county import load_county
from yitong_command.settings.environment import Settings
from yitong_command.settings.memory import settle
from yitong_command.storage.known_cameras import KnownCameras
from yitong_command.storage.migrate import upgrade
from yitong_command.storage.session import make_engine, make_readers, make_sessions

log = structlog.get_logger()


def run_route(settings: Settings) -> None:
    """Run the worker until SIGTERM or SIGINT.

    A broker or database that is not there yet is waited for.

    Raises:
        ConfigError: If the county's configuration is wrong.
        SystemExit: 0 when stopped by a signal, another code when Faust gave up.
    """
    county = load_county(settings)
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(_prepare(settings, county))
    app = make_app(settings, county)
    worker = faust.Worker(
        app,
        loop=loop,
        override_logging=False,
        redirect_stdouts=False,
        quiet=True,
        stdout=sys.stderr,
        loglevel="WARNING",
        workdir=str(settings.data_dir),
    )
    worker.spinner = None
    settle()
    worker.execute_from_commandline()


def make_app(settings: Settings, county: County) -> faust.App:
    """The app with everything in it; call it inside the loop that will run it."""
    engine = make_engine(settings.database_url)
    sessions, readers = make_sessions(engine), make_readers(engine)
    producer = Producer(settings.kafka, settings.topic_prefix, f"/yitong/route/{settings.worker}")
    relay = Relay(sessions, readers, producer, settings.worker)
    timers = TimerLoop(sessions, readers, county, relay, settings.worker)
    app = _faust_app(settings)
    known = KnownCameras(readers, county.cameras)
    add_agents(app, Desk(sessions, county, producer, relay.kick, known), settings.topic_prefix)
    reports = ReportDesk(sessions, county, producer, relay.kick)
    add_report_agent(app, reports, settings.topic_prefix)
    cameras = CameraDesk(sessions, producer, known, relay, settings.worker)
    add_camera_agent(app, cameras, settings.topic_prefix)
    keeper = make_keeper(settings.kafka, settings.topic_prefix, sessions, relay, settings.worker)
    grouping = Grouping(sessions, county.taxonomy.group_kinds, settings.worker)
    hooks = WebhookLoop(settings, sessions, readers)
    watchdog = Watchdog(_lag_of(app, settings).look, start_anew)
    server = make_server(settings, app, relay, readers)

    async def relay_outbox() -> None:
        try:
            await relay.run()
        finally:
            await producer.close()
            await engine.dispose()

    app.task(relay_outbox)
    app.task(cameras.run)
    app.task(grouping.run)
    app.task(keeper.run)
    app.task(hooks.run)
    app.task(watchdog.run)
    app.task(timers.run)
    app.task(server.run_until_cancelled)
    return app


READ = (INCIDENTS, CAMERA_STATES, REPORTS)


def _lag_of(app: faust.App, settings: Settings) -> LagReader:
    read = [(topic_name(topic, settings.topic_prefix), topic) for topic in READ]
    everything = [(name, number) for name, topic in read for number in range(topic.partitions)]

    def assigned() -> list[tuple[str, int]]:
        own = [(part.topic, part.partition) for part in app.consumer.assignment()]
        return [part for part in own if part in everything] or everything

    return LagReader(settings.kafka, app.conf.id, assigned)


def _faust_app(settings: Settings) -> faust.App:
    brokers = ";".join(f"kafka://{address}" for address in settings.kafka.split(","))
    return faust.App(
        f"{settings.topic_prefix}.route",
        broker=brokers,
        store="memory://",
        datadir=str(Path(settings.data_dir) / "faust"),
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        consumer_auto_offset_reset="earliest",
        broker_client_id=f"yitong-route-{settings.worker}",
        broker_session_timeout=6.0,
        broker_heartbeat_interval=1.0,
        broker_rebalance_timeout=6.0,
        broker_commit_interval=1.0,
        broker_max_poll_records=500,
        stream_wait_empty=False,
        PartitionAssignor=TableAssignor,
        stream_buffer_maxsize=2048,
        worker_redirect_stdouts=False,
    )


async def _prepare(settings: Settings, county: County) -> None:
    async def fill() -> None:
        await asyncio.to_thread(upgrade, settings.database_url)
        await seed_from_files(settings, county)

    await until_done("database", fill)
    created = await until_done(
        "kafka", lambda: ensure_topics(settings.kafka, settings.topic_prefix, settings.replication)
    )
    log.info("route_prepared", topics_created=list(created))
