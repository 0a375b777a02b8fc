"""The contract over the API: who may read it, and what never appears in its samples."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer

from tests.integration.web.conftest import Time, World, cheap_passwords, seed, web_settings
from yitong_command.bus.admin import ensure_topics
from yitong_command.bus.contract.samples import SAMPLE_AT, sample
from yitong_command.bus.messages import Message
from yitong_command.bus.producer import Producer
from yitong_command.bus.topics import ALERTS, CAMERAS, CASES, DEAD_LETTERS, TASKS, TOPICS, Topic
from yitong_command.domain.taxonomy import Group
from yitong_command.storage.migrate import upgrade
from yitong_command.web.app import create_app
from yitong_command.web.context import build_web

pytestmark = [pytest.mark.broker, pytest.mark.timeout(120)]


@pytest.fixture
async def on_kafka(kafka: str, tmp_path: Path) -> AsyncIterator[World]:
    """A web service with a broker whose topics were made."""
    prefix = f"t{uuid4().hex[:8]}"
    await ensure_topics(kafka, prefix)
    settings = web_settings(tmp_path, YITONG_KAFKA=kafka, YITONG_TOPIC_PREFIX=prefix)
    time = Time()
    web = build_web(settings, clock=time.read, passwords=cheap_passwords())
    upgrade(settings.database_url)
    await seed(web)
    async with AsyncExitStack() as stack:
        yield World(settings, web, create_app(settings, web), stack, time)
    await web.close()


async def send(world: World, *batch: tuple[Topic, Message]) -> None:
    producer = Producer(world.settings.kafka, world.settings.topic_prefix, "/yitong/test")
    try:
        for topic, message in batch:
            await producer.send(topic, message, SAMPLE_AT)
    finally:
        await producer.close()


async def test_the_desk_reads_every_topic_and_a_worker_none(world: World) -> None:
    for name in ("desk", "admin"):
        answer = await (await world.client(name)).get("/api/topics")
        items = {item["name"]: item for item in answer.json()["items"]}
        assert set(items) == set(TOPICS)
        for found in items.values():
            assert found["example_headers"]["ce_type"] == found["event_type"]
            assert all(field["zh"] and field["en"] for field in found["fields"])
    for path in ("/api/topics", "/api/topics/cases/sample"):
        assert (await (await world.client("worker1")).get(path)).status_code == 403
        assert (await (await world.client()).get(path)).status_code == 401
    unknown = await (await world.client("desk")).get("/api/topics/nonsense/sample")
    assert unknown.status_code == 404


async def test_a_broker_that_is_down_is_a_503(world: World) -> None:
    answer = await (await world.client("desk")).get("/api/topics/cases/sample")
    assert answer.status_code == 503
    assert answer.json()["code"] == "broker_down"


async def test_the_newest_message_is_shown(on_kafka: World) -> None:
    desk = await on_kafka.client("desk")
    empty = (await desk.get("/api/topics/cases/sample")).json()
    assert empty["value"] is None
    assert empty["at"] is None
    old = sample(CASES)
    new = old.model_copy(update={"title_zh": "更新的", "version": 9})
    await send(on_kafka, (CASES, old), (CASES, new))
    shown = (await desk.get("/api/topics/cases/sample")).json()
    assert shown["value"] == new.model_dump(mode="json")
    assert shown["headers"]["ce_subject"] == shown["key"] == new.key
    assert shown["withheld"] == []


async def test_logins_and_what_came_broken_are_never_shown(on_kafka: World) -> None:
    secret = "sealed-by-the-vault"
    login = sample(CAMERAS).model_copy(update={"login": secret})
    letter = sample(DEAD_LETTERS).model_copy(update={"value_b64": "c2VjcmV0", "reason": secret})
    await send(on_kafka, (CAMERAS, login), (DEAD_LETTERS, letter))
    raw = AIOKafkaProducer(bootstrap_servers=on_kafka.settings.kafka)
    await raw.start()
    name = f"{on_kafka.settings.topic_prefix}.alerts"
    await raw.send_and_wait(name, json.dumps({"case_id": secret}).encode(), key=secret.encode())
    await raw.stop()
    desk = await on_kafka.client("desk")
    answers = {n: await desk.get(f"/api/topics/{n}/sample") for n in
               ("cameras", "dead-letters", "alerts")}  # fmt: skip
    for answer in answers.values():
        assert answer.status_code == 200
        assert secret not in answer.text
        assert "c2VjcmV0" not in answer.text
    assert answers["cameras"].json()["withheld"] == ["login"]
    assert answers["cameras"].json()["value"]["camera_id"] == login.key
    assert "value_b64" in answers["dead-letters"].json()["withheld"]
    assert answers["alerts"].json()["problem"].startswith("AlertMessage: ")


async def test_key_population_is_never_shown(on_kafka: World) -> None:
    categories = on_kafka.web.county.taxonomy.categories
    code = next(c for c, found in categories.items() if found.group is Group.KEY_POPULATION)
    quiet = {"category": code, "title_zh": "不可显示", "title_en": "not to be shown"}
    detailed = quiet | {"category": f"{code}.{next(iter(categories[code].subtypes))}"}
    words = {"title_zh": "不可显示"}
    await send(
        on_kafka,
        (ALERTS, sample(ALERTS)),
        (ALERTS, sample(ALERTS).model_copy(update=quiet)),
        (CASES, sample(CASES).model_copy(update=detailed)),
        (TASKS, sample(TASKS).model_copy(update=words)),
    )
    desk = await on_kafka.client("desk")
    for topic, shown in ((ALERTS, sample(ALERTS)), (CASES, None), (TASKS, None)):
        answer = await desk.get(f"/api/topics/{topic.name}/sample")
        assert "不可显示" not in answer.text
        wanted = shown.model_dump(mode="json") if shown else None
        assert answer.json()["value"] == wanted, topic.name
