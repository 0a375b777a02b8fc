"""From a partner's request to the topic `reports`, with a broker that is not there at first."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from streams.relay import Relay
from tests.conftest import free_port
from tests.integration.web.conftest import World
from tests.integration.web.test_web_gateway import ITEM, partner
from yitong_command.bus.admin import ensure_topics
from yitong_command.bus.broker import KafkaNode, NodeOptions
from yitong_command.bus.producer import Producer
from yitong_command.bus.report_messages import ReportMessage
from yitong_command.bus.tail import tail
from yitong_command.bus.topics import REPORTS

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]
PREFIX = "gateway"


async def _on_the_topic(kafka: str) -> list[ReportMessage]:
    found: list[ReportMessage] = []
    async for seen in tail(kafka, PREFIX, REPORTS, from_beginning=True, stop_at_end=True):
        assert not seen.problem
        assert seen.headers["ce_type"] == "yitong.report.v1"
        assert isinstance(seen.message, ReportMessage)
        assert seen.key == seen.message.key
        found.append(seen.message)
    return found


async def test_what_was_answered_while_the_broker_was_down_arrives_once_it_is_back(
    world: World, tmp_path: Path
) -> None:
    node = KafkaNode(NodeOptions(tmp_path / "kafka", free_port(), free_port()))
    producer = Producer(node.bootstrap, PREFIX, "/yitong/test")
    relay = Relay(world.web.sessions, world.web.readers, producer, "w1")
    running = asyncio.create_task(relay.run())
    city = await partner(world)
    try:
        for start in range(0, 40, 10):
            items = [{**ITEM, "taskNum": f"CG-{n}"} for n in range(start, start + 10)]
            assert (await city.send(items)).json()["accepted"] == 10
        updates = [{**ITEM, "taskNum": f"CG-{n}", "seq": 1, "action": "更新"} for n in range(40)]
        assert (await city.send(updates)).json()["accepted"] == 40
        assert (await city.send(updates)).json()["repeated"] == 40
        for _ in range(400):
            if relay.problem and node.bootstrap in relay.problem:
                break
            await asyncio.sleep(0.05)
        assert node.bootstrap in (relay.problem or "")
        await asyncio.to_thread(node.start)
        await ensure_topics(node.bootstrap, PREFIX)
        found: dict[str, ReportMessage] = {}
        async with asyncio.timeout(60):
            while len(found) < 80:
                await asyncio.sleep(0.5)
                messages = await _on_the_topic(node.bootstrap)
                found = {str(message.report_id): message for message in messages}
        assert {m.external_id for m in found.values()} == {f"CG-{n}" for n in range(40)}
        for number in range(40):
            order = [m.sequence for m in messages if m.external_id == f"CG-{number}"]
            assert order[0] == 0
            assert sorted(set(order)) == [0, 1]
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await producer.close()
        await asyncio.to_thread(node.kill)
