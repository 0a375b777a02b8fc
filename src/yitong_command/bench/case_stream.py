"""Messages into a full database: a steady flow, then a burst, through Kafka and the route part."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaProducer
from sqlalchemy import func, select

from yitong_command.bench.figures import significant
from yitong_command.bench.machine import Say, now
from yitong_command.bench.processes import Child, child, is_ok, ports, wait_for, yitong
from yitong_command.bench.storm import storm
from yitong_command.bench.worker import read_metrics
from yitong_command.bus.messages import IncidentMessage
from yitong_command.bus.topics import INCIDENTS, topic_name
from yitong_command.bus.wire import encode, headers
from yitong_command.errors import YitongError
from yitong_command.storage import tables as t
from yitong_command.storage.session import make_engine, make_readers, transaction

STEADY_PER_S, STEADY_S = 50, 20
BURST_PER_S, BURST_S = 500, 10
READY_S = 120.0
LIMIT_S = 180.0
POLL_S = 0.1
SLICE_S = 0.02
APART_DEG = 0.1


@dataclass(frozen=True, slots=True)
class Stream:
    """Where messages go.

    Attributes:
        kafka: Bootstrap address.
        prefix: Of the topics.
        url: Of the database.
        env: Environment of the parts.
        folder: For logs.
        say: Told about progress.
    """

    kafka: str
    prefix: str
    url: str
    env: dict[str, str]
    folder: Path
    say: Say


def measure_stream(stream: Stream) -> dict[str, Any]:
    """What is sustained, how late the last message is stored, and what is lost.

    Raises:
        YitongError: If the route part stops, or does not keep up at all.
    """
    port = ports("cases-route")["cases-route"]
    url = f"http://127.0.0.1:{port}"
    env = stream.env | {"YITONG_ROUTE_PORT": str(port), "YITONG_WORKER": "bench"}
    steady = storm(STEADY_PER_S * STEADY_S, now())
    burst = [_again(item) for item in storm(BURST_PER_S * BURST_S, now())]
    with child("route", yitong("route"), env, stream.folder) as route:
        if not wait_for(lambda: is_ok(f"{url}/health/ready"), READY_S, route):
            raise route.failure("未就绪 / not ready")
        flows: dict[str, Any] = {}
        for name, messages, per_s in (
            ("steady", steady, STEADY_PER_S),
            ("burst", burst, BURST_PER_S),
        ):
            stream.say(f"每秒 {per_s} 条 / {per_s} messages/s, {len(messages)} ...")
            flows[name] = _flow(stream, messages, per_s, url, route)
    wanted = {str(item.incident_id) for item in (*steady, *burst)}
    kept = asyncio.run(_kept(stream.url))
    return flows | {"messages": len(steady) + len(burst), "lost": len(wanted - kept)}


def _again(message: IncidentMessage) -> IncidentMessage:
    """The burst is of other conditions than the steady flow."""
    return message.model_copy(
        update={
            "camera_id": f"burst-{message.camera_id}",
            "subject": f"burst-{message.subject}",
            "incident_id": UUID(int=message.incident_id.int ^ 1),
            "place": message.place.model_copy(update={"lat": message.place.lat + APART_DEG}),
        }
    )


def _flow(
    stream: Stream, messages: Sequence[IncidentMessage], per_s: int, url: str, route: Child
) -> dict[str, Any]:
    before = _stored(url)
    begun, sent = asyncio.run(_send(stream, messages, per_s))
    end = time.monotonic() + LIMIT_S
    while _stored(url) - before < len(messages):
        route.check()
        if time.monotonic() > end:
            raise route.failure(f"{_stored(url) - before:.0f}/{len(messages)}")
        time.sleep(POLL_S)
    done = time.monotonic()
    return {
        "asked_per_s": per_s,
        "sent_per_s": significant(len(messages) / (sent - begun)),
        "per_s": significant(len(messages) / (done - begun)),
        "last_stored_after_s": round(done - sent, 2),
    }


def _stored(url: str) -> float:
    metrics = read_metrics(url)
    letters = metrics.total("yitong_route_dead_letters_total")
    if letters:
        raise YitongError(f"{letters:.0f} 条成为死信 / messages became dead letters")
    return metrics.total("yitong_route_incidents_total")


async def _send(
    stream: Stream, messages: Sequence[IncidentMessage], per_s: int
) -> tuple[float, float]:
    """Send them at an even pace; monotonic times of the first and of the last acknowledgement."""
    topic = topic_name(INCIDENTS, stream.prefix)
    ready = [
        (item.key.encode(), encode(item), headers(item, item.changed_at, "/yitong/bench"))
        for item in messages
    ]
    producer = AIOKafkaProducer(
        bootstrap_servers=stream.kafka, enable_idempotence=True, acks="all", linger_ms=5
    )
    await producer.start()
    try:
        begun = time.monotonic()
        for number, (key, value, extra) in enumerate(ready):
            wait = begun + number / per_s - time.monotonic()
            if wait > SLICE_S:
                await asyncio.sleep(wait)
            await producer.send(topic, key=key, value=value, headers=extra)
        await producer.flush()
        return begun, time.monotonic()
    finally:
        await producer.stop()


async def _kept(url: str) -> set[str]:
    """Incidents of the flow that are in the database, in a case."""
    engine = make_engine(url)
    i = t.incidents.c
    try:
        async with transaction(make_readers(engine)) as session:
            query = select(i.incident_id).where(
                i.case_id.is_not(None), func.strpos(i.camera_id, "bench-") > 0
            )
            return set(await session.scalars(query))
    finally:
        await engine.dispose()
