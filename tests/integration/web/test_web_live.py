"""The live feed end to end: real Kafka, real server, real event streams."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import statistics
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import uvicorn

from tests.conftest import free_port
from yitong_command.bus.admin import ensure_topics
from yitong_command.bus.broker import KafkaNode, NodeOptions
from yitong_command.bus.messages import (
    AlertMessage,
    CameraStateMessage,
    CaseMessage,
    Message,
)
from yitong_command.bus.producer import Producer
from yitong_command.bus.topics import ALERTS, CAMERA_STATES, CASES, Topic
from yitong_command.settings.environment import Settings, load_settings
from yitong_command.web.app import create_app
from yitong_command.web.auth.passwords import Passwords
from yitong_command.web.context import build_web

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]
AT = datetime(2026, 11, 23, 4, tzinfo=UTC)
PLACE = {"lon": 125.3, "lat": 43.34}


def alert(number: int) -> AlertMessage:
    return AlertMessage.model_validate(
        {
            "change_id": UUID(int=number), "alert_id": f"A{number}", "case_id": f"C{number % 5}",
            "change": "opened", "severity": 3, "category": "cp_parking.no_parking_zone",
            "kind": "illegal_parking", "source": "camera_ai", "title_zh": "停车",
            "title_en": "parking", "place": PLACE, "began_at": AT, "opened_at": AT,
            "changed_at": AT, "case_state": "reported", "case_version": 1,
        }
    )  # fmt: skip


def case(number: int, holder: str | None = None) -> CaseMessage:
    return CaseMessage.model_validate(
        {
            "change_id": UUID(int=number), "case_id": f"C{number}", "version": 1,
            "state": "reported", "previous_state": None, "category": "cp_parking.other",
            "severity": 3, "title_zh": "停车", "title_en": "parking", "grid_code": None,
            "place": PLACE, "holder": holder, "due_at": None, "changed_at": AT,
            "changed_by": "system",
        }
    )  # fmt: skip


@dataclass
class Running:
    """A web process that can be stopped and started again on its port."""

    settings: Settings
    passwords: Passwords
    server: uvicorn.Server | None = None
    task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.web_port}"

    async def start(self) -> None:
        app = create_app(self.settings, build_web(self.settings, passwords=self.passwords))
        config = uvicorn.Config(
            app, port=self.settings.web_port, log_config=None, access_log=False,
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        self.server = _Server(config)
        self.task = asyncio.create_task(self.server.serve())
        async with asyncio.timeout(20):
            while not self.server.started:  # noqa: ASYNC110 - the server tells it no other way
                await asyncio.sleep(0.02)

    async def stop(self) -> None:
        assert self.server is not None
        assert self.task is not None
        self.server.should_exit = True
        await self.task

    async def restart(self) -> None:
        await self.stop()
        await self.start()


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass
class Screen:
    """A browser with an event source: keeps the last id and connects again with it."""

    url: str
    username: str = "desk"
    last_id: str | None = None
    got: list[dict[str, Any]] = field(default_factory=list)
    client: httpx.AsyncClient | None = None

    async def sign_in(self) -> None:
        self.client = httpx.AsyncClient(base_url=self.url, headers={"X-Yitong": "1"}, timeout=20)
        body = {"username": self.username, "password": f"correct horse {self.username}"}
        answer = await self.client.post("/api/auth/session", json=body)
        assert answer.status_code == 200, answer.text

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        assert self.client is not None
        headers = {"Last-Event-ID": self.last_id} if self.last_id else {}
        async with self.client.stream("GET", "/api/live", headers=headers) as answer:
            assert answer.status_code == 200
            yield self._events(answer)

    async def _events(self, answer: httpx.Response) -> AsyncIterator[dict[str, Any]]:
        fields: dict[str, str] = {}
        async for line in answer.aiter_lines():
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
                continue
            self.last_id = fields.get("id", self.last_id)
            if "event" in fields:
                event = {"event": fields["event"], **json.loads(fields["data"])}
                if event["event"] in {"alert", "case", "task", "camera"}:
                    self.got.append(event)
                yield event
            fields = {}

    async def read(self, enough: int, seconds: float = 20) -> None:
        """Read until so many messages were got in all, or the time is over."""
        try:
            async with asyncio.timeout(seconds), self.connected() as events:
                async for _ in events:
                    if len(self.got) >= enough:
                        return
        except (TimeoutError, httpx.HTTPError):
            return

    async def wait_for(self, event: str, **values: Any) -> dict[str, Any]:
        async with asyncio.timeout(60), self.connected() as events:
            async for found in events:
                wanted = all(found.get(name) == value for name, value in values.items())
                if found["event"] == event and wanted:
                    return found
        raise AssertionError(f"the stream ended without {event} {values}")


def settings_for(tmp_path: Path, seeded_data: Path, kafka: str) -> Settings:
    shutil.copytree(seeded_data, tmp_path / "data")
    return load_settings(
        {
            "YITONG_DATA": str(tmp_path / "data"),
            "YITONG_KAFKA": kafka,
            "YITONG_TOPIC_PREFIX": f"t{uuid4().hex[:8]}",
            "YITONG_WEB_PORT": str(free_port()),
        }
    )


@pytest.fixture
async def web(
    tmp_path: Path, seeded_data: Path, kafka: str, cheap: Passwords
) -> AsyncIterator[Running]:
    running = Running(settings_for(tmp_path, seeded_data, kafka), cheap)
    await ensure_topics(kafka, running.settings.topic_prefix)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def screens() -> AsyncIterator[list[Screen]]:
    """Screens to be closed at the end."""
    opened: list[Screen] = []
    yield opened
    for screen in opened:
        if screen.client is not None:
            await screen.client.aclose()


async def open_screen(screens: list[Screen], url: str, username: str = "desk") -> Screen:
    screen = Screen(url, username)
    screens.append(screen)
    await screen.sign_in()
    return screen


@pytest.fixture
async def producer(web: Running) -> AsyncIterator[Producer]:
    producer = Producer(web.settings.kafka, web.settings.topic_prefix, "/yitong/test")
    yield producer
    await producer.close()


async def send(producer: Producer, *messages: tuple[Topic, Message]) -> None:
    await producer.send_all([(topic, message, AT) for topic, message in messages])


async def test_nothing_is_missed_or_doubled_over_broken_lines_and_restarts(
    web: Running, producer: Producer, screens: list[Screen]
) -> None:
    chance = random.Random(7)
    screen = await open_screen(screens, web.url)
    await screen.wait_for("hello")
    sent = 0
    for round_number in range(14):
        for _ in range(chance.randint(1, 12)):
            topic, message = chance.choice([(ALERTS, alert(sent)), (CASES, case(sent))])
            await send(producer, (topic, message))
            sent += 1
        await screen.read(len(screen.got) + chance.randint(1, 9), seconds=0.3)
        if round_number % 5 == 4:
            await web.restart()
    while len(screen.got) < sent:
        before = len(screen.got)
        await screen.read(sent, seconds=5)
        assert len(screen.got) > before, f"{before} of {sent} came"
    await screen.read(sent + 1, seconds=0.5)
    numbers = [UUID(event["change_id"]).int for event in screen.got]
    assert sorted(numbers) == list(range(sent))
    alerts = [UUID(e["change_id"]).int for e in screen.got if e["event"] == "alert"]
    assert alerts == sorted(alerts)


async def test_all_screens_see_one_order_and_soon(
    web: Running, producer: Producer, screens: list[Screen], record_property: Any
) -> None:
    count = 200
    opened = [await open_screen(screens, web.url) for _ in range(3)]
    sent_at: dict[int, float] = {}
    seen_after: list[float] = []

    async def watch(screen: Screen, ready: asyncio.Event) -> None:
        async with screen.connected() as events:
            async for event in events:
                ready.set()
                if "change_id" in event:
                    number = UUID(event["change_id"]).int
                    seen_after.append(time.perf_counter() - sent_at[number])
                if len(screen.got) >= count:
                    return

    ready = [asyncio.Event() for _ in opened]
    watching = [asyncio.create_task(watch(s, r)) for s, r in zip(opened, ready, strict=True)]
    await asyncio.gather(*(event.wait() for event in ready))
    for number in range(count):
        sent_at[number] = time.perf_counter()
        topic, message = (ALERTS, alert(number)) if number % 3 else (CASES, case(number))
        await send(producer, (topic, message))
    async with asyncio.timeout(30):
        await asyncio.gather(*watching)
    orders = [[event["change_id"] for event in screen.got] for screen in opened]
    assert orders[0] == orders[1] == orders[2]
    assert len(set(orders[0])) == count
    quantiles = statistics.quantiles(seen_after, n=100)
    for name, value in (("p50_ms", quantiles[49]), ("p99_ms", quantiles[98])):
        record_property(name, round(value * 1000, 1))
        print(f"feed latency {name} {value * 1000:.1f}")


async def test_what_happened_before_the_start_can_still_be_resumed(
    web: Running, producer: Producer, screens: list[Screen]
) -> None:
    screen = await open_screen(screens, web.url)
    await screen.wait_for("hello")
    await web.stop()
    await send(producer, *[(ALERTS, alert(number)) for number in range(50)])
    await web.start()
    await screen.read(50)
    assert [UUID(event["change_id"]).int for event in screen.got] == list(range(50))


async def test_a_worker_gets_own_cases_and_no_alerts(
    web: Running, producer: Producer, screens: list[Screen]
) -> None:
    worker = await open_screen(screens, web.url, "worker1")
    async with worker.connected() as events:
        while (await anext(events))["event"] != "hello":
            pass  # the feed may still be filling
        await send(producer, (ALERTS, alert(1)), (CASES, case(2, "worker2")))
        await send(producer, (CASES, case(3, "worker1")))
        event = await anext(events)
    assert (event["event"], event["case_id"]) == ("case", "C3")


async def test_camera_states_are_known_from_the_compacted_topic(
    web: Running, producer: Producer, screens: list[Screen]
) -> None:
    now = datetime.now(UTC)
    body = {
        "camera_id": "cam-001",
        "state": "frozen",
        "since": now,
        "at": now,
        "reason_zh": "画面静止",
    }
    await send(producer, (CAMERA_STATES, CameraStateMessage.model_validate(body)))
    await web.restart()
    screen = await open_screen(screens, web.url)
    await screen.wait_for("hello")
    assert screen.client is not None
    items = (await screen.client.get("/api/cameras")).json()["items"]
    states = {item["camera_id"]: item["state"] for item in items}
    assert states["cam-001"]["state"] == "frozen"
    assert states["cam-001"]["reason_zh"] == "画面静止"
    assert states["cam-002"]["state"] == "off"


async def test_garbage_on_a_topic_is_skipped(
    web: Running, producer: Producer, screens: list[Screen]
) -> None:
    screen = await open_screen(screens, web.url)
    async with screen.connected() as events:
        while (await anext(events))["event"] != "hello":
            pass  # the feed may still be filling
        raw = await producer.open()
        for value in (b"\x00garbage", b"{}", b"[]", None):
            await raw.send_and_wait(f"{web.settings.topic_prefix}.alerts", value, key=b"k")
        await send(producer, (ALERTS, alert(1)))
        event = await anext(events)
    assert event["event"] == "alert"


async def test_signing_out_ends_the_stream(web: Running, screens: list[Screen]) -> None:
    screen = await open_screen(screens, web.url)
    assert screen.client is not None
    async with screen.connected() as events:
        while (await anext(events))["event"] != "hello":
            pass  # the feed may still be filling
        await screen.client.delete("/api/auth/session")
        event = await anext(events)
        assert (event["state"], event["reason"]) == ("closing", "signed_out")
    async with screen.client.stream("GET", "/api/live") as answer:
        assert answer.status_code == 401


async def test_the_stream_is_not_compressed_and_not_cached(
    web: Running, screens: list[Screen]
) -> None:
    screen = await open_screen(screens, web.url)
    assert screen.client is not None
    async with screen.client.stream("GET", "/api/live") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"


async def test_ready_means_database_and_broker(web: Running, screens: list[Screen]) -> None:
    screen = await open_screen(screens, web.url)
    await screen.wait_for("hello")
    assert screen.client is not None
    answer = await screen.client.get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert set(answer.json()["checks"]) == {"database", "broker", "config", "audit"}


async def test_missing_topics_and_a_lost_broker_are_said_and_waited_for(
    tmp_path: Path, seeded_data: Path, cheap: Passwords, screens: list[Screen]
) -> None:
    node = KafkaNode(NodeOptions(tmp_path / "kafka", free_port(), free_port()))
    settings = settings_for(tmp_path, seeded_data, node.bootstrap)
    web = Running(settings, cheap)
    await web.start()
    producer = Producer(node.bootstrap, settings.topic_prefix, "/yitong/test")
    try:
        screen = await open_screen(screens, web.url)
        await screen.wait_for("status", state="broker_down")
        assert screen.client is not None
        assert (await screen.client.get("/health/ready")).status_code == 503
        assert (await screen.client.get("/api/cases")).status_code == 200
        await asyncio.to_thread(node.start, 120)
        await screen.wait_for("status", state="topics_missing")
        await ensure_topics(node.bootstrap, settings.topic_prefix)
        await screen.wait_for("hello")
        await send(producer, (ALERTS, alert(1)))
        await screen.read(1)
        await producer.close()
        await asyncio.to_thread(node.kill)
        await screen.wait_for("status", state="broker_down")
        await asyncio.to_thread(node.start, 120)
        await send(producer, (ALERTS, alert(2)))
        await screen.read(2)
        assert [UUID(event["change_id"]).int for event in screen.got] == [1, 2]
    finally:
        await producer.close()
        await web.stop()
        await asyncio.to_thread(node.stop)
