"""Several workers share the cameras out; whoever dies, every fact stays one incident."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.partitioner import DefaultPartitioner

from tests.conftest import free_port
from yitong_command.bus.broker import KafkaNode, NodeOptions
from yitong_command.bus.camera_messages import IngestStateMessage
from yitong_command.bus.camera_topic import publish_cameras
from yitong_command.bus.messages import CameraStateMessage, IncidentMessage
from yitong_command.bus.spool import Spool
from yitong_command.bus.topics import CAMERA_STATES, CAMERAS, INCIDENTS, INGEST_STATES, topic_name
from yitong_command.bus.wire import decode
from yitong_command.demo.farm.farm import Farm
from yitong_command.domain.camera import Camera, CameraState, Zone
from yitong_command.domain.incident import Change
from yitong_command.settings.cameras import load_cameras
from yitong_command.settings.environment import load_settings

pytestmark = [pytest.mark.broker, pytest.mark.timeout(360)]
QUICK = {"dwell_s": 6.0, "recheck_s": 2.0, "clear_after_s": 4.0, "miss_s": 5.0}


def named(word: str, partition: int) -> str:
    """A camera id whose records lie in a partition."""
    every = list(range(CAMERAS.partitions))
    names = (f"{word}-{number}" for number in range(1000))
    return next(n for n in names if DefaultPartitioner()(n.encode(), every, every) == partition)


def renamed(camera: Camera, name: str) -> Camera:
    """The same camera under another name, with quick rules."""
    zones: tuple[Zone, ...] = tuple(
        replace(zone, camera_id=name, settings=QUICK if "dwell_s" in zone.settings else {})
        for zone in camera.zones
    )
    return replace(camera, camera_id=name, zones=zones)


@dataclass
class Seen:
    """Everything on three topics so far."""

    incidents: list[IncidentMessage] = field(default_factory=list)
    told: list[CameraStateMessage] = field(default_factory=list)
    states: dict[str, IngestStateMessage | None] = field(default_factory=dict)

    def take(self, topic: str, key: str, value: bytes | None) -> None:
        if topic.endswith(INGEST_STATES.name):
            self.states[key] = decode(IngestStateMessage, value) if value else None
        elif topic.endswith(INCIDENTS.name):
            self.incidents.append(decode(IncidentMessage, value))
        elif value is not None:
            self.told.append(decode(CameraStateMessage, value))

    def of(self, camera_id: str, change: Change) -> list[IncidentMessage]:
        return [m for m in self.incidents if (m.camera_id, m.change) == (camera_id, change)]

    def parked(self, camera_id: str) -> list[dict[str, Any]]:
        """Vehicles that a successor would know of."""
        state = self.states.get(camera_id)
        entries = state.zones.values() if state is not None else ()
        return [car for entry in entries for car in entry.state["cars"]]

    def watcher(self, camera_id: str) -> str | None:
        """Who told of a camera last, if it is live."""
        last = [m for m in self.told if m.camera_id == camera_id][-1:]
        return last[0].worker if last and last[0].state is CameraState.LIVE else None


@contextlib.asynccontextmanager
async def listening(kafka: str, prefix: str) -> AsyncIterator[Seen]:
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest")
    await consumer.start()
    consumer.assign(
        [
            TopicPartition(topic_name(topic, prefix), number)
            for topic in (INCIDENTS, CAMERA_STATES, INGEST_STATES)
            for number in range(topic.partitions)
        ]
    )
    seen = Seen()

    async def follow() -> None:
        async for record in consumer:
            seen.take(record.topic, record.key.decode(), record.value)

    task = asyncio.create_task(follow())
    try:
        yield seen
    finally:
        task.cancel()
        await consumer.stop()


async def watched(worker: Any) -> set[str]:
    """Cameras that a worker has looked at and still has."""
    answer = await worker.ask("/looks")
    return set(answer.json()) if answer is not None else set()


async def play(farm: Farm, camera_id: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.post(f"http://127.0.0.1:{farm.control_port}/cameras/{camera_id}/play")


async def truth(farm: Farm) -> dict[str, Any]:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"http://127.0.0.1:{farm.control_port}/ground-truth")
    return {fact["camera_id"]: fact for fact in answer.json()}


async def shared_out(workers: Iterable[Any], names: Iterable[str]) -> bool:
    """Whether every camera is watched by exactly one worker, and every worker watches one."""
    sets = [await watched(worker) for worker in workers]
    return sorted(name for own in sets for name in own) == sorted(names) and all(sets)


def is_one_fact(seen: Seen, camera_id: str, fact: dict[str, Any]) -> None:
    opened, cleared = seen.of(camera_id, Change.OPENED), seen.of(camera_id, Change.CLEARED)
    assert len({m.incident_id for m in [*opened, *cleared]}) == 1
    assert len(cleared) == 1
    late = opened[0].began_at - datetime.fromisoformat(fact["began_at"])
    assert timedelta(seconds=-2) < late < timedelta(seconds=5), (fact, opened[0])


async def test_a_car_that_stays_while_workers_come_and_go_is_one_incident(
    kafka: str, farm: Farm, make_worker: Callable[..., Any], until: Any
) -> None:
    prefix = f"t{uuid4().hex[:8]}"
    workers = {
        name: make_worker(name, YITONG_KAFKA=kafka, YITONG_TOPIC_PREFIX=prefix) for name in "ab"
    }
    first, second, third = named("open", 20), named("begun", 20), named("later", 20)
    elsewhere = named("elsewhere", 3)
    known = {c.camera_id: c for c in load_cameras(load_settings(workers["a"].env))}
    at_start = {
        first: renamed(known["cam-001"], first),
        second: renamed(known["cam-004"], second),
        elsewhere: renamed(known["cam-003"], elsewhere),
    }
    await publish_cameras(kafka, prefix, at_start.values(), datetime.now(UTC))
    for worker in workers.values():
        worker.start()
    async with listening(kafka, prefix) as seen:
        await until(lambda: shared_out(workers.values(), at_start), 150)
        victim, heir = ("a", "b") if first in await watched(workers["a"]) else ("b", "a")
        assert {first, second} <= await watched(workers[victim])
        await play(farm, "cam-001")
        await asyncio.sleep(5)
        await play(farm, "cam-004")

        async def one_is_open_the_other_has_begun() -> bool:
            is_open = any(car["is_open"] for car in seen.parked(first))
            return bool(is_open and seen.of(first, Change.OPENED) and seen.parked(second))

        await until(one_is_open_the_other_has_begun)
        assert seen.of(second, Change.OPENED) == []
        killed = time.monotonic()
        await workers[victim].end(signal.SIGKILL)

        async def heir_watches() -> bool:
            return seen.watcher(first) == seen.watcher(second) == heir

        await until(heir_watches, 25)
        print("take_over_after_kill_s", round(time.monotonic() - killed, 1))
        assert time.monotonic() - killed < 15
        workers[victim].start()

        async def back() -> bool:
            return await watched(workers[victim]) >= {first, second}

        await until(back, 150)  # moved while cars are parked, without anybody dying
        await publish_cameras(
            kafka, prefix, [renamed(known["cam-002"], third)], datetime.now(UTC),
            removed=[elsewhere],
        )  # fmt: skip
        asked = time.monotonic()

        async def third_is_live() -> bool:
            return seen.watcher(third) == victim and not await watched(workers[heir])

        await until(third_is_live, 10)
        print("added_is_live_after_s", round(time.monotonic() - asked, 1))
        left = time.monotonic()
        workers[victim].process.send_signal(signal.SIGTERM)

        async def all_moved() -> bool:
            return all(seen.watcher(name) == heir for name in (first, second, third))

        await until(all_moved, 10)
        print("take_over_after_stop_s", round(time.monotonic() - left, 1))
        assert await asyncio.to_thread(workers[victim].process.wait, 20) == 0

        async def both_cleared() -> bool:
            return bool(seen.of(first, Change.CLEARED) and seen.of(second, Change.CLEARED))

        await until(both_cleared)
        facts = await truth(farm)
        is_one_fact(seen, first, facts["cam-001"])
        is_one_fact(seen, second, facts["cam-004"])
        assert len(seen.of(first, Change.OPENED)) == 1
        assert CameraState.OFF not in {message.state for message in seen.told}
        assert seen.states[elsewhere] is None


@pytest.fixture
def node(tmp_path: Path) -> Iterator[KafkaNode]:
    """A broker of this test's own, to be stopped and started."""
    made = KafkaNode(NodeOptions(tmp_path / "kafka", free_port(), free_port()))
    made.start(120)
    yield made
    made.stop()


async def test_a_broker_that_goes_and_comes_back_changes_nothing(
    node: KafkaNode, farm: Farm, make_worker: Callable[..., Any], until: Any
) -> None:
    prefix = "county"
    worker = make_worker("w1", YITONG_KAFKA=node.bootstrap, YITONG_TOPIC_PREFIX=prefix)
    known = {c.camera_id: c for c in load_cameras(load_settings(worker.env))}
    car, cover = named("car", 1), named("cover", 2)
    await publish_cameras(
        node.bootstrap, prefix, [renamed(known["cam-001"], car)], datetime.now(UTC)
    )
    worker.start()

    async def live() -> bool:
        return "live 1" in await worker.check("cameras")

    await until(live)
    await asyncio.to_thread(node.stop)
    await play(farm, "cam-001")

    async def found() -> bool:
        return bool(await worker.count("illegal_parking", "opened") == 1)

    await until(found)  # watched on without a broker
    assert await live()
    await asyncio.to_thread(node.start, 120)
    async with listening(node.bootstrap, prefix) as seen:

        async def told() -> bool:
            return bool(seen.of(car, Change.OPENED))

        await until(told)
        await publish_cameras(
            node.bootstrap, prefix, [renamed(known["cam-002"], cover)], datetime.now(UTC)
        )
        await garbage(node.bootstrap, prefix, car)

        async def follows_again() -> bool:
            return seen.watcher(cover) == "w1" and car in await worker.check("definitions")

        await until(follows_again)
        assert "live 2" in await worker.check("cameras")  # the refused version changed nothing

        async def cleared() -> bool:
            return bool(seen.of(car, Change.CLEARED))

        await until(cleared)
        is_one_fact(seen, car, (await truth(farm))["cam-001"])


async def garbage(kafka: str, prefix: str, key: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    await producer.send_and_wait(topic_name(CAMERAS, prefix), b'{"camera_id": 7}', key.encode())
    await producer.stop()


async def test_a_data_folder_has_one_worker(
    make_worker: Callable[..., Any], tmp_path: Path
) -> None:
    worker = make_worker("w1")
    spool = Spool(tmp_path / "w1" / "spool")  # as another worker has it open
    worker.start()
    assert await asyncio.to_thread(worker.process.wait, 60) == 2
    spool.close()
    said = worker.log.read_text(encoding="utf-8")
    assert "another ingest worker uses" in said
    assert "另一个识别进程正在使用" in said
    assert "YITONG_DATA" in said
    assert "Traceback" not in said
