"""The one-machine broker: real Apache Kafka, started and stopped by us."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.conftest import free_port
from yitong_command.bus.admin import ensure_topics
from yitong_command.bus.broker import KafkaNode, NodeOptions, cluster_id
from yitong_command.bus.messages import DeadLetter
from yitong_command.bus.producer import Producer
from yitong_command.bus.topics import DEAD_LETTERS, TOPICS
from yitong_command.bus.wire import decode
from yitong_command.errors import BrokerDown

pytestmark = [pytest.mark.broker, pytest.mark.timeout(120)]
AT = datetime(2026, 1, 1, tzinfo=UTC)
LETTER = DeadLetter(
    source_topic="t.incidents", partition=0, offset=1, key_b64=None, value_b64="", reason="r", at=AT
)


async def _read_one(kafka: str, topic: str) -> tuple[bytes | None, dict[str, bytes]]:
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        record = await consumer.getone()
        return record.value, dict(record.headers)
    finally:
        await consumer.stop()


async def test_topics_come_from_our_table_and_only_once(kafka: str) -> None:
    assert len(await ensure_topics(kafka, "table")) == len(TOPICS)
    assert await ensure_topics(kafka, "table") == ()


async def test_a_message_arrives_whole_with_cloudevents_headers(kafka: str) -> None:
    await ensure_topics(kafka, "whole")
    producer = Producer(kafka, "whole", "/yitong/test")
    try:
        await producer.send(DEAD_LETTERS, LETTER, AT)
    finally:
        await producer.close()
    value, headers = await _read_one(kafka, "whole.dead-letters")
    assert decode(DeadLetter, value) == LETTER
    assert headers["ce_specversion"] == b"1.0"
    assert headers["ce_source"] == b"/yitong/test"
    assert headers["ce_type"] == b"yitong.deadletter.v1"


async def test_no_broker_is_said_with_its_address() -> None:
    address = f"127.0.0.1:{free_port()}"
    producer = Producer(address, "x", "/yitong/test")
    with pytest.raises(BrokerDown, match=address):
        await producer.send(DEAD_LETTERS, LETTER, AT)
    with pytest.raises(BrokerDown, match=address):
        await ensure_topics(address, "x")


async def test_messages_survive_a_power_cut_of_the_broker(tmp_path: Path) -> None:
    node = KafkaNode(NodeOptions(tmp_path, free_port(), free_port()))
    node.start()
    pid = node.pid
    await ensure_topics(node.bootstrap, "cut")
    producer = Producer(node.bootstrap, "cut", "/yitong/test")
    await producer.send(DEAD_LETTERS, LETTER, AT)
    await producer.close()
    node.kill()
    assert pid is not None
    assert not psutil.pid_exists(pid)
    node.start()
    try:
        value, _ = await _read_one(node.bootstrap, "cut.dead-letters")
        assert decode(DeadLetter, value) == LETTER
    finally:
        node.stop()


def test_a_cluster_id_never_looks_like_an_option() -> None:
    dash = UUID(bytes=b"\xf8" + bytes(15))
    plain = UUID(bytes=bytes(16))
    ids = iter([dash, dash, plain])
    assert cluster_id(lambda: next(ids)) == "A" * 22
    assert next(ids, None) is None, "the two that begin with a dash were passed over"


def test_a_port_in_use_says_where_to_look(tmp_path: Path, kafka: str) -> None:
    taken = int(kafka.rpartition(":")[2])
    node = KafkaNode(NodeOptions(tmp_path, free_port(), taken))
    with pytest.raises(BrokerDown, match=r"broker\.log"):
        node.start()
