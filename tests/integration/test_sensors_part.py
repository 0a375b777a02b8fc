"""The sensor part as a process of its own, between a real MQTT broker and a real Kafka."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiomqtt
import httpx
import pytest
import yaml
from aiokafka import AIOKafkaConsumer
from amqtt.broker import Broker

from tests.conftest import free_port
from yitong_command.bus.admin import ensure_topics
from yitong_command.demo.sensors.main import make_broker
from yitong_command.domain.sensor import SensorState

pytestmark = [pytest.mark.broker, pytest.mark.timeout(120)]
COMMAND = Path(sys.executable).with_name("yitong")
CONFIG = Path(__file__).parents[2] / "config"
PLACE = {"lon": 125.3090, "lat": 43.3415}


def sensor(name: str, **other: Any) -> dict[str, Any]:
    return {
        "id": name, "kind": "manhole_tilt",
        "name_zh": f"示例井 {name}", "name_en": f"Sample {name}",
        "place": PLACE, "unit": "°", "valid": [0, 180], "report_interval_s": 1,
        "silent_after_s": 300, "topic": f"t/{name}",
        "payload": {"shape": "json", "value": "tilt", "at": "time", "seq": "n"},
        "levels": [{
            "id": "tilted", "category": "ar_manhole.missing_shifted", "open_at": 15,
            "clear_at": 10, "hold_s": 0.3, "clear_hold_s": 0.3, "name_zh": "井盖倾斜",
            "name_en": "Cover tilted",
        }],
    } | other  # fmt: skip


PENDANT = sensor(
    "pendant-001", kind="pendant", name_zh="示例小区3号楼2单元", name_en="Sample Court, unit 2",
    unit="", valid=[0, 1], payload={"shape": "json", "value": "pressed", "seq": "n"},
    care={"subject": "P-000417", "known_to_subject": True},
    levels=[{
        "id": "call", "category": "kp_elder_alone.pendant_call", "watch": "call", "open_at": 1,
        "hold_s": 60, "name_zh": "吊坠呼救", "name_en": "Call for help",
    }],
)  # fmt: skip
SENSORS = [sensor("tilt-1"), sensor("quiet", silent_after_s=2), PENDANT]


@dataclass
class Site:
    """The part with its surroundings."""

    kafka: str
    prefix: str
    folder: Path
    mqtt_port: int
    http_port: int
    seen: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def start(self) -> subprocess.Popen[bytes]:
        log = (self.folder / "log").open("ab")
        env = os.environ | {
            "YITONG_CONFIG": str(self.folder / "config"), "YITONG_DATA": str(self.folder / "data"),
            "YITONG_KAFKA": self.kafka, "YITONG_TOPIC_PREFIX": self.prefix,
            "YITONG_MQTT": f"mqtt://127.0.0.1:{self.mqtt_port}",
            "YITONG_SENSORS_PORT": str(self.http_port),
        }  # fmt: skip
        part = subprocess.Popen([COMMAND, "sensors"], stdout=log, stderr=log, env=env)
        log.close()
        return part

    async def health(self) -> dict[str, Any]:
        async with httpx.AsyncClient(trust_env=False) as http:
            try:
                answer = await http.get(f"http://127.0.0.1:{self.http_port}/health/ready")
            except httpx.HTTPError:
                return {}
        return dict(answer.json()["checks"])

    async def until_linked(self) -> None:
        await until(self.health, lambda checks: checks.get("mqtt", {}).get("ok") is True)

    def of(self, topic: str, **fields: Any) -> list[dict[str, Any]]:
        return [
            value
            for value in self.seen.get(topic, [])
            if all(value.get(name) == wanted for name, wanted in fields.items())
        ]

    async def wait_for(self, topic: str, count: int = 1, **fields: Any) -> list[dict[str, Any]]:
        end = time.monotonic() + 20
        while len(found := self.of(topic, **fields)) < count:
            assert time.monotonic() < end, (topic, fields, self.seen, self.log())
            await asyncio.sleep(0.05)
        return found

    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8")[-3000:]

    async def read(self) -> None:
        names = ("incidents", "sensor-states", "sensor-faults", "dead-letters")
        consumer = AIOKafkaConsumer(
            *(f"{self.prefix}.{name}" for name in names),
            bootstrap_servers=self.kafka, auto_offset_reset="earliest",
        )  # fmt: skip
        await consumer.start()
        try:
            async for record in consumer:
                name = record.topic.removeprefix(f"{self.prefix}.")
                self.seen.setdefault(name, []).append(json.loads(record.value))
        finally:
            await consumer.stop()


async def until(ask: Callable[[], Any], good: Callable[[Any], bool], within_s: float = 20) -> Any:
    end = time.monotonic() + within_s
    while not good(found := await ask()):
        assert time.monotonic() < end, found
        await asyncio.sleep(0.1)
    return found


@asynccontextmanager
async def mqtt_broker(port: int) -> AsyncIterator[Broker]:
    broker = make_broker(port)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.shutdown()


@pytest.fixture
async def site(kafka: str, tmp_path: Path) -> AsyncIterator[Site]:
    (tmp_path / "config").mkdir()
    shutil.copy(CONFIG / "taxonomy.yaml", tmp_path / "config")
    book = {"subscribe": ["t/#"], "sensors": SENSORS}
    (tmp_path / "config/sensors.yaml").write_text(yaml.safe_dump(book), encoding="utf-8")
    site = Site(kafka, f"s{uuid4().hex[:8]}", tmp_path, free_port(), free_port())
    await ensure_topics(kafka, site.prefix, 1)
    reading = asyncio.create_task(site.read())
    yield site
    reading.cancel()
    await asyncio.wait([reading])


async def tell(client: aiomqtt.Client, name: str, number: int, **fields: Any) -> None:
    value = fields | {"n": number, "time": datetime.now(UTC).isoformat()}
    await client.publish(f"t/{name}", json.dumps(value), qos=1)


async def hold(client: aiomqtt.Client, tilt: float, first: int) -> None:
    """Report a tilt for longer than the hold time."""
    for number in range(first, first + 5):
        await tell(client, "tilt-1", number, tilt=tilt)
        await asyncio.sleep(0.1)


async def test_readings_become_incidents_and_silence_becomes_a_fault(site: Site) -> None:
    async with mqtt_broker(site.mqtt_port):
        part = site.start()
        try:
            await site.until_linked()
            async with aiomqtt.Client("127.0.0.1", site.mqtt_port) as client:
                await _play(site, client)
        finally:
            began = time.monotonic()
            part.send_signal(signal.SIGTERM)
            code = part.wait(10)
    assert code == 0, site.log()
    assert time.monotonic() - began < 5
    assert "P-000417" not in json.dumps(site.seen) + site.log(), "the person's pseudonym got out"


async def _play(site: Site, client: aiomqtt.Client) -> None:
    await tell(client, "quiet", 1, tilt=1)
    await hold(client, 40, 1)
    opened = (await site.wait_for("incidents", change="opened", sensor_id="tilt-1"))[0]
    assert opened["kind"] == "sensor_manhole_tilt"
    assert (opened["source"], opened["camera_id"]) == ("sensor", "")
    assert "40 °" in opened["reason_en"]
    await site.wait_for("sensor-states", sensor_id="tilt-1", state=SensorState.ALARM)
    await hold(client, 2, 10)
    cleared = (await site.wait_for("incidents", change="cleared", sensor_id="tilt-1"))[0]
    assert cleared["incident_id"] == opened["incident_id"]

    for _ in range(2):  # sent twice, as radio protocols do
        await tell(client, "pendant-001", 7, pressed=1)
    call = (await site.wait_for("incidents", sensor_id="pendant-001"))[0]
    assert call["source"] == "care_device"
    state = (await site.wait_for("sensor-states", sensor_id="pendant-001", state="alarm"))[0]
    assert (state["place"], state["value"], state["name_zh"]) == (None, None, "")

    fault = (await site.wait_for("sensor-faults", kind="silent", sensors=["quiet"]))[0]
    assert fault["ended_at"] is None
    silent = (await site.wait_for("sensor-states", sensor_id="quiet", state="silent"))[0]
    assert silent["since"] == fault["began_at"]
    await tell(client, "quiet", 2, tilt=1)
    over = (await site.wait_for("sensor-faults", fault_id=fault["fault_id"], count=2))[1]
    assert over["ended_at"] is not None

    await client.publish("t/nobody", b"1", qos=1)
    await client.publish("t/tilt-1", b"{broken", qos=1)
    await client.publish("t/tilt-1", json.dumps({"tilt": 9999, "n": 99}), qos=1)
    await site.wait_for("dead-letters", count=3)
    reasons = " | ".join(letter["reason"] for letter in site.of("dead-letters"))
    assert "not in the registry" in reasons
    assert "not JSON" in reasons
    assert "tilt" in reasons and "outside 0..180" in reasons
    assert len(site.of("incidents")) == 3, "opened, cleared, one call; nothing of the silent one"


async def test_a_killed_part_and_a_lost_broker_forget_nothing(site: Site) -> None:
    async with mqtt_broker(site.mqtt_port):
        part = site.start()
        await site.until_linked()
        async with aiomqtt.Client("127.0.0.1", site.mqtt_port) as client:
            await hold(client, 40, 1)
            opened = (await site.wait_for("incidents", change="opened"))[0]
            await asyncio.sleep(3.5)  # what it remembers is written down every few seconds
        part.kill()
        part.wait()
        part = site.start()
        await site.until_linked()
    try:
        checks = await until(site.health, lambda found: not found["mqtt"]["ok"])
        assert "传感器消息代理连不上" in checks["mqtt"]["detail"]
        async with mqtt_broker(site.mqtt_port):
            await site.until_linked()
            async with aiomqtt.Client("127.0.0.1", site.mqtt_port) as client:
                await hold(client, 2, 50)
                cleared = (await site.wait_for("incidents", change="cleared"))[0]
    finally:
        part.send_signal(signal.SIGTERM)
        assert part.wait(10) == 0, site.log()
    assert cleared["incident_id"] == opened["incident_id"]
    assert len(site.of("incidents")) == 2
