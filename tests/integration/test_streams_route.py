"""The route worker as a process of its own, on a real Kafka: nothing is lost, nothing doubled."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from tests.conftest import free_port
from tests.kit import AT, DESK, county, incident
from yitong_command.bus.admin import ensure_topics
from yitong_command.bus.broker import KafkaNode, NodeOptions
from yitong_command.bus.messages import (
    AlertMessage,
    CaseMessage,
    DeadLetter,
    IncidentMessage,
)
from yitong_command.bus.producer import Producer
from yitong_command.bus.topics import INCIDENTS
from yitong_command.bus.wire import decode
from yitong_command.domain.case import State
from yitong_command.domain.geometry import Place
from yitong_command.domain.incident import Incident
from yitong_command.storage.asks import TransitionRequest
from yitong_command.storage.cases import transition
from yitong_command.storage.session import make_engine, make_sessions, transaction

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]
COMMAND = Path(sys.executable).with_name("yitong")


@dataclass(frozen=True)
class Worksite:
    """One worker's surroundings."""

    kafka: str
    prefix: str
    data: Path
    port: int

    @property
    def database(self) -> Path:
        return self.data / "yitong.db"

    @property
    def health(self) -> str:
        return f"http://127.0.0.1:{self.port}/health/ready"

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.database, timeout=10)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()


@pytest.fixture
def here(kafka: str, tmp_path: Path) -> Worksite:
    return Worksite(kafka, f"t{uuid4().hex[:8]}", tmp_path, free_port())


def start(here: Worksite) -> subprocess.Popen[bytes]:
    env = {k: v for k, v in os.environ.items() if not k.startswith("YITONG_")} | {
        "YITONG_KAFKA": here.kafka,
        "YITONG_TOPIC_PREFIX": here.prefix,
        "YITONG_DATA": str(here.data),
        "YITONG_ROUTE_PORT": str(here.port),
        "YITONG_LOG": "json",
    }
    with (here.data / "route.log").open("ab") as log:
        return subprocess.Popen([COMMAND, "route"], env=env, stdout=log, stderr=log)


@contextmanager
def running(here: Worksite) -> Iterator[subprocess.Popen[bytes]]:
    process = start(here)
    try:
        wait_until(lambda: is_ready(here, process), 60)
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def is_ready(here: Worksite, process: subprocess.Popen[bytes] | None = None) -> bool:
    if process is not None and process.poll() is not None:
        raise AssertionError((here.data / "route.log").read_text())
    try:
        return httpx.get(here.health, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


async def metrics_of(here: Worksite) -> str:
    async with httpx.AsyncClient() as client:
        return (await client.get(here.health.replace("health/ready", "metrics"))).text


def wait_until(condition: Any, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come true in time")


@contextmanager
def locked(here: Worksite) -> Iterator[None]:
    """The database belongs to somebody else for a while."""
    blocker = sqlite3.connect(here.database, isolation_level=None, timeout=10)
    blocker.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        blocker.execute("ROLLBACK")
        blocker.close()


def stream(subjects: int, each: int) -> list[Incident]:
    """``each`` incidents at each of ``subjects`` places far apart, every second one cleared."""
    found = []
    for n in range(each):
        for k in range(subjects):
            opened = incident(
                f"cam-{k:03d}x/main/lane", minutes=n, place=Place(125 + k * 0.01, 43.3)
            )
            found.append(opened)
            if n % 2:
                found.append(
                    incident(opened.subject, minutes=n, change="cleared", place=opened.place)
                )
    return found


async def send(here: Worksite, incidents: list[Incident]) -> None:
    producer = Producer(here.kafka, here.prefix, "/yitong/test")
    try:
        batch = [(INCIDENTS, IncidentMessage.of(item, "w1"), item.changed_at) for item in incidents]
        await producer.send_all(batch)
    finally:
        await producer.close()


async def send_raw(here: Worksite, values: list[bytes | None]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=here.kafka)
    await producer.start()
    try:
        for value in values:
            await producer.send_and_wait(f"{here.prefix}.incidents", value, key=b"k", partition=0)
    finally:
        await producer.stop()


async def read_all(here: Worksite, topic: str) -> list[bytes]:
    consumer = AIOKafkaConsumer(bootstrap_servers=here.kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        name = f"{here.prefix}.{topic}"
        await consumer._client.force_metadata_update()
        partitions = [TopicPartition(name, p) for p in consumer.partitions_for_topic(name) or ()]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        found = []
        for partition in partitions:
            while await consumer.position(partition) < ends[partition]:
                records = await consumer.getmany(partition, timeout_ms=1000)
                found += [record.value for record in records.get(partition, [])]
        return found
    finally:
        await consumer.stop()


def outbox_is_empty(here: Worksite) -> bool:
    return here.rows("SELECT count(*) FROM outbox WHERE relayed_at IS NULL") == [(0,)]


async def test_incidents_become_cases_and_messages(here: Worksite) -> None:
    await ensure_topics(here.kafka, here.prefix)
    batch = stream(5, 4)
    with running(here) as process:
        await send(here, [*batch, *batch[:7]])
        secret = replace(batch[0], category="kp_elder_alone.water_low", incident_id=uuid4())
        await send(here, [secret])
        await send_raw(here, [b"garbage", None, b"{}"])
        wait_until(lambda: here.rows("SELECT count(*) FROM incidents") == [(20,)], 30)
        wait_until(lambda: outbox_is_empty(here), 20)
        assert here.rows("SELECT count(*), sum(incident_count) FROM cases") == [(5, 20)]
        letters = []
        for _ in range(100):
            letters = [decode(DeadLetter, value) for value in await read_all(here, "dead-letters")]
            if len(letters) == 4:
                break
            await asyncio.sleep(0.1)
        reasons = sorted(letter.reason for letter in letters)
        assert len(reasons) == 4
        assert any("key-population category kp_elder_alone refuses" in text for text in reasons)
        assert any("empty value" in text for text in reasons)
        cases = [decode(CaseMessage, value) for value in await read_all(here, "cases")]
        assert len([case for case in cases if case.previous_state is None]) == 5
        assert len({incident_id for case in cases for incident_id in case.incident_ids}) == 20
        alerts = [decode(AlertMessage, value) for value in await read_all(here, "alerts")]
        assert [alert.change for alert in alerts].count("opened") == 5
        assert [alert.change for alert in alerts].count("repeated") == 15
        metrics = await metrics_of(here)
        assert 'yitong_route_incidents_total{result="new_cases"} 5.0' in metrics
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert time.monotonic() - began < 5
    log = (here.data / "route.log").read_text()
    assert "Traceback" not in log
    assert all(json.loads(line)["level"] for line in log.splitlines())


async def test_a_worker_killed_midway_loses_and_doubles_nothing(here: Worksite) -> None:
    await ensure_topics(here.kafka, here.prefix)
    batch = stream(30, 40)
    opened = sum(item.change == "opened" for item in batch)
    with running(here) as process:
        sending = asyncio.create_task(send(here, batch))
        await asyncio.to_thread(
            wait_until, lambda: here.rows("SELECT count(*) > 100 FROM incidents") == [(1,)], 30
        )
        process.kill()
        process.wait()
        await sending
    assert here.rows("SELECT count(*) FROM incidents") != [(opened,)]
    with running(here):
        wait_until(lambda: here.rows("SELECT count(*) FROM incidents") == [(opened,)], 60)
        wait_until(
            lambda: (
                here.rows("SELECT count(*) FROM incidents WHERE cleared_at IS NOT NULL")
                == [(len(batch) - opened,)]
            ),
            30,
        )
        wait_until(lambda: outbox_is_empty(here), 30)
    assert here.rows("SELECT count(*), sum(incident_count) FROM cases") == [(30, opened)]
    alerts = [decode(AlertMessage, value) for value in await read_all(here, "alerts")]
    rows = here.rows("SELECT change_id FROM outbox WHERE topic = 'alerts'")
    assert {str(alert.change_id) for alert in alerts} == {change_id for (change_id,) in rows}
    for case_id in {alert.case_id for alert in alerts}:
        seen = [alert.repeats for alert in alerts if alert.case_id == case_id]
        first = [n for n, value in enumerate(seen) if value not in seen[:n]]
        assert [seen[n] for n in first] == sorted(set(seen))


async def test_a_locked_database_is_waited_for_and_stopping_meanwhile_acknowledges_nothing(
    here: Worksite,
) -> None:
    await ensure_topics(here.kafka, here.prefix)
    log = here.data / "route.log"
    with running(here) as process:
        with locked(here):
            await send(here, stream(3, 2))
            await asyncio.to_thread(wait_until, lambda: "is locked" in log.read_text(), 20)
        wait_until(lambda: here.rows("SELECT count(*) FROM incidents") == [(6,)], 30)
        wait_until(lambda: outbox_is_empty(here), 20)
        with locked(here):
            await send(here, stream(4, 2))
            await asyncio.sleep(1.5)
            process.send_signal(signal.SIGTERM)
            process.wait(20)
    assert here.rows("SELECT count(*) FROM incidents") == [(6,)]
    with running(here):
        wait_until(lambda: here.rows("SELECT count(*) FROM incidents") == [(8,)], 30)
    assert "dead_letter" not in log.read_text()


async def test_two_workers_share_the_work_and_one_relays(here: Worksite) -> None:
    await ensure_topics(here.kafka, here.prefix)
    other = replace(here, port=free_port())
    batch = stream(20, 20)
    opened = sum(item.change == "opened" for item in batch)
    with running(here), running(other):
        wait_until(lambda: is_ready(here) and is_ready(other), 30)
        await send(here, batch)
        wait_until(lambda: here.rows("SELECT count(*) FROM incidents") == [(opened,)], 60)
        wait_until(lambda: outbox_is_empty(here), 30)
        leases = [
            float(line.split()[1])
            for place in (here, other)
            for line in (await metrics_of(place)).splitlines()
            if line.startswith("yitong_route_relay_lease_bool ")
        ]
        assert sorted(leases) == [0.0, 1.0]
    assert here.rows("SELECT count(*), sum(incident_count) FROM cases") == [(20, opened)]
    assert (
        len(await read_all(here, "alerts"))
        == here.rows("SELECT count(*) FROM outbox WHERE topic = 'alerts'")[0][0]
    )


async def test_a_broker_that_goes_away_and_comes_back_is_waited_for(tmp_path: Path) -> None:
    node = KafkaNode(NodeOptions(tmp_path / "kafka", free_port(), free_port()))
    (tmp_path / "kafka").mkdir()
    node.start(timeout_s=120)
    here = Worksite(node.bootstrap, "away", tmp_path, free_port())
    try:
        with running(here) as process:
            await send(here, stream(3, 2))
            wait_until(lambda: here.rows("SELECT count(*) FROM incidents") == [(6,)], 30)
            wait_until(lambda: outbox_is_empty(here), 20)
            node.stop()
            engine = make_engine(f"sqlite+aiosqlite:///{here.database}")
            ((case_id,),) = here.rows("SELECT min(case_id) FROM cases")
            async with transaction(make_sessions(engine)) as session:
                reject = TransitionRequest(
                    case_id=case_id, to=State.NOT_FILED, actor=DESK, at=AT, reason_code=1
                )
                await transition(session, reject, county())
            await engine.dispose()
            await asyncio.sleep(8)
            assert not outbox_is_empty(here)
            assert process.poll() is None
            node.start(timeout_s=120)
            wait_until(lambda: outbox_is_empty(here), 60)
            await send(here, stream(5, 2))
            wait_until(lambda: here.rows("SELECT count(*) FROM incidents") == [(10,)], 90)
            wait_until(lambda: is_ready(here, process), 30)
        alerts = [decode(AlertMessage, value) for value in await read_all(here, "alerts")]
        assert [alert.change for alert in alerts if alert.case_id == case_id][-1] == "rejected"
    finally:
        node.stop()
