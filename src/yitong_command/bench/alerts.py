"""From an incident in Kafka to the alert on open screens: how long it takes, also in a storm."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import sqlite3
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from yitong_command.bench.figures import percentile, significant
from yitong_command.bench.machine import Meter, Say, machine, now, versions
from yitong_command.bench.processes import (
    Child,
    broker,
    child,
    is_ok,
    module,
    ports,
    result_of,
    wait_for,
    yitong,
)
from yitong_command.bench.storm import storm_incident
from yitong_command.bus.messages import IncidentMessage
from yitong_command.bus.topics import ALERTS, INCIDENTS, topic_name
from yitong_command.bus.wire import encode, headers
from yitong_command.domain.incident import Change
from yitong_command.errors import YitongError
from yitong_command.settings.environment import Settings
from yitong_command.storage import users
from yitong_command.storage.session import make_engine, make_sessions, transaction
from yitong_command.storage.views import User

READY_S = 120.0
SETTLE_S = 8.0
DRAIN_S = 240.0
STORM_INCIDENTS, STORM_S = 5810, 60.0
STORM_KIND = "ar_sewer.blocked_overflow"
CALM_PER_S, CALM_S = 10.0, 20.0
CLOSELY = 20


@dataclass(frozen=True, slots=True)
class Phase:
    """Incidents sent evenly: each a new fact, so each an alert that opens."""

    name: str
    count: int
    for_s: float


def phases(*, is_storm: bool) -> tuple[Phase, ...]:
    """What is sent: calm alone, or calm, a storm of ten incidents per camera, and calm again."""
    calm = int(CALM_PER_S * CALM_S)
    if not is_storm:
        return (Phase("calm", calm, CALM_S),)
    return (
        Phase("before", calm, CALM_S), Phase("storm", STORM_INCIDENTS, STORM_S),
        Phase("after", calm, CALM_S),
    )  # fmt: skip


def bench_alerts(
    screens: int, *, is_storm: bool, settings: Settings, folder: Path, say: Say, kafka: str | None
) -> dict[str, Any]:
    """Measure, and return the figures.

    Args:
        screens: How many are open.
        is_storm: Whether a storm comes.
        settings: Of this installation: the county's files.
        folder: An empty one, for everything that is written.
        say: Told about progress.
        kafka: A broker to use, or None for one of our own.

    Raises:
        YitongError: If a part does not come up, stops, or an alert is lost.
    """
    begun = machine()
    with ExitStack() as stack:
        address, _ = stack.enter_context(broker(kafka, folder, say))
        chosen = ports("route", "web")
        env = {
            "YITONG_CONFIG": str(settings.config_dir), "YITONG_DATA": str(folder),
            "YITONG_KAFKA": address, "YITONG_TOPIC_PREFIX": f"bench{secrets.token_hex(4)}",
            "YITONG_ROUTE_PORT": str(chosen["route"]), "YITONG_WEB_PORT": str(chosen["web"]),
        }  # fmt: skip
        parts = [stack.enter_context(child("route", yitong("route"), env, folder))]
        _ready(f"http://127.0.0.1:{chosen['route']}/health/ready", parts[0])
        parts.append(stack.enter_context(child("web", yitong("web"), env, folder)))
        _ready(f"http://127.0.0.1:{chosen['web']}/health/ready", parts[1])
        out, stop = folder / "screens.json", folder / "stop"
        asyncio.run(_sign_in(folder, screens))
        job = {
            "host": "127.0.0.1", "port": chosen["web"], "tokens": str(folder / "tokens"),
            "closely": min(CLOSELY, screens), "out": str(out), "stop": str(stop),
        }  # fmt: skip
        parts.append(stack.enter_context(child("screens", module("screens", job), {}, folder)))
        if not wait_for(Path(f"{out}.ready").exists, READY_S, *parts):
            raise parts[2].failure("屏幕未连上 / the screens did not connect")
        say(f"{screens} 个屏幕 / screens")
        meters = {part.name: Meter(part.pid) for part in parts}
        sent: list[tuple[Phase, list[datetime]]] = []
        for phase in phases(is_storm=is_storm):
            say(f"  {phase.name}: {phase.count} / {phase.for_s:.0f} s")
            first = sum(len(old) for _, old in sent)
            topic = topic_name(INCIDENTS, env["YITONG_TOPIC_PREFIX"])
            times = asyncio.run(_send(address, topic, phase, first, is_storm=is_storm))
            sent.append((phase, times))
            if phase.name == "storm":
                _drained(folder, first + phase.count, parts)
        total = sum(len(old) for _, old in sent)
        _drained(folder, total, parts)
        time.sleep(2)
        cpu_s = {name: round(meter.cpu_s(), 2) for name, meter in meters.items()}
        stamps = asyncio.run(_stamps(address, topic_name(ALERTS, env["YITONG_TOPIC_PREFIX"])))
        stop.touch()
        shown = result_of(parts[2], out, READY_S)
        time.sleep(SETTLE_S if is_storm else 0)
        stored = {
            "incidents": _one(folder, "SELECT count(*) FROM incidents"),
            "cases": _one(folder, "SELECT count(*) FROM cases"),
            "groups": _one(folder, "SELECT count(*) FROM event_groups"),
            "grouped_cases": _one(folder, "SELECT count(*) FROM group_members"),
        }
    _complete(shown["opened"], stored, total)
    result = {phase.name: _figures(phase, times, shown["shown"], stamps) for phase, times in sent}
    return {
        "screens": screens,
        "closely": min(CLOSELY, screens),
        "incidents": total,
        **result,
        "stored": stored,
        "shown_per_screen": sorted(set(shown["opened"])),
        "cpu_s": cpu_s,
        "machine": begun | {"load_1m_end": machine()["load_1m"]},
        "versions": versions(),
    }


def _ready(url: str, part: Child) -> None:
    if not wait_for(lambda: is_ok(url), READY_S, part):
        raise part.failure(f"{READY_S:.0f} 秒内未就绪 / not ready in {READY_S:.0f} s")


async def _sign_in(folder: Path, screens: int) -> None:
    """One operator of the whole county, signed in at every screen."""
    tokens = [secrets.token_urlsafe(32) for _ in range(screens)]
    engine = make_engine(f"sqlite+aiosqlite:///{folder}/yitong.db")
    until = now() + timedelta(hours=2)
    async with transaction(make_sessions(engine)) as session:
        operator = User(
            username="bench", name_zh="压测", name_en="Bench", role="operator",
            password_hash="!",  # noqa: S106 - nobody signs in with a password
        )  # fmt: skip
        await users.create_user(session, operator)
        for token in tokens:
            name = hashlib.sha256(token.encode()).hexdigest()
            await users.create_session(session, name, "bench", until, now())
    await engine.dispose()
    (folder / "tokens").write_text(" ".join(tokens), encoding="utf-8")


async def _send(
    kafka: str, topic: str, phase: Phase, first: int, *, is_storm: bool
) -> list[datetime]:
    """Send a phase evenly; gives the moment at which each incident was handed to Kafka."""
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka, enable_idempotence=True, acks="all", linger_ms=5,
        compression_type="lz4",
    )  # fmt: skip
    await producer.start()
    times, begun_s = [], time.monotonic()
    try:
        for number in range(phase.count):
            late_s = begun_s + phase.for_s * number / phase.count - time.monotonic()
            await asyncio.sleep(max(0.0, late_s))
            at = now()
            made = replace(storm_incident(first + number, Change.OPENED, at), changed_at=at)
            if is_storm and phase.name == "storm":
                made = replace(made, category=STORM_KIND)
            message = IncidentMessage.of(made, "bench")
            extra = headers(message, at, "/yitong/bench")
            await producer.send(topic, key=message.key.encode(), value=encode(message),
                                headers=extra)  # fmt: skip
            times.append(at)
        await producer.flush()
    finally:
        await producer.stop()
    return times


async def _stamps(kafka: str, topic: str) -> dict[int, float]:
    """When each alert was handed to Kafka, seconds since 1970, by offset."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
    await consumer.start()
    try:
        part = TopicPartition(topic, 0)
        consumer.assign([part])
        await consumer.seek_to_beginning(part)
        end = (await consumer.end_offsets([part]))[part]
        found: dict[int, float] = {}
        while len(found) < end:
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                found |= {record.offset: record.timestamp / 1000 for record in records}
        return found
    finally:
        await consumer.stop()


def _drained(folder: Path, cases: int, parts: Sequence[Child]) -> None:
    def done() -> bool:
        return (
            _one(folder, "SELECT count(*) FROM incidents") >= cases
            and not _one(folder, "SELECT count(*) FROM outbox WHERE relayed_at IS NULL")
        )  # fmt: skip

    if not wait_for(done, DRAIN_S, *parts):
        raise parts[0].failure("事件未存完 / not every incident was stored")


def _complete(opened: Sequence[int], stored: dict[str, int], total: int) -> None:
    """Every incident is stored, and every case rang on every screen.

    Raises:
        YitongError: If something is missing.
    """
    if stored["incidents"] != total:
        raise YitongError(f"{stored['incidents']} 存入 / stored of {total}")
    if min(opened) < stored["cases"]:
        raise YitongError(f"屏幕缺 / a screen shows {min(opened)} of {stored['cases']} alerts")


def _figures(
    phase: Phase,
    times: Sequence[datetime],
    shown: Sequence[tuple[float, int, str]],
    stamps: dict[int, float],
) -> dict[str, Any]:
    """Latencies of a phase in milliseconds: the whole way, and from Kafka to the screen."""
    sent = {at.isoformat() for at in times}
    own = [
        (at_s, offset, at) for at_s, offset, text in shown
        if (at := datetime.fromisoformat(text)).isoformat() in sent
    ]  # fmt: skip
    whole = [(at_s - at.timestamp()) * 1000 for at_s, _, at in own]
    feed = [(at_s - stamps[offset]) * 1000 for at_s, offset, _ in own if offset in stamps]
    return {
        "sent": len(times), "sent_per_s": significant(phase.count / phase.for_s),
        "measured": len(own), "kafka_to_screen_ms": _spread(feed),
        "incident_to_screen_ms": _spread(whole),
    }  # fmt: skip


def _spread(values: Sequence[float]) -> dict[str, float | None]:
    found = {f"p{share}": percentile(values, share / 100) for share in (50, 95, 99)}
    return {name: None if value is None else round(value, 1) for name, value in found.items()}


def _one(folder: Path, query: str) -> int:
    with closing(sqlite3.connect(folder / "yitong.db", timeout=10)) as connection:
        return int(connection.execute(query).fetchone()[0])
