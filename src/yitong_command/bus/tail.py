"""Reading a topic as it is, without a group: nobody's position moves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from yitong_command.bus.messages import Message
from yitong_command.bus.topics import Topic, topic_name
from yitong_command.bus.wire import decode
from yitong_command.errors import BadMessage, BrokerDown, ConfigError

_NEWEST_BACK = 20
_WAIT_MS = 500


@dataclass(frozen=True, slots=True)
class Seen:
    """A record of a topic.

    Attributes:
        partition: Where it stands.
        offset: Where it stands in there.
        at: The broker's time of it, aware UTC.
        key: Its key, or None.
        headers: Its headers.
        message: What it says; None for a removal, and for what can't be decoded.
        problem: Why it can't be decoded, or "".
        value: The bytes of its value; None for a removal.
    """

    partition: int
    offset: int
    at: datetime
    key: str | None
    headers: dict[str, str]
    message: Message | None
    problem: str
    value: bytes | None


async def tail(
    kafka: str, prefix: str, topic: Topic, *, from_beginning: bool, stop_at_end: bool = False
) -> AsyncIterator[Seen]:
    """Records of a topic, in order per partition, for ever.

    Args:
        kafka: Bootstrap servers.
        prefix: Prefix of all topic names.
        topic: Which topic.
        from_beginning: From the oldest kept record; else only what comes from now on.
        stop_at_end: Stop at what was the end when reading began.

    Raises:
        BrokerDown: If the broker can't be reached.
        ConfigError: If the topic does not exist.
    """
    async with _reading(kafka, prefix, topic) as (consumer, parts):
        ends = await consumer.end_offsets(parts)
        starts = await consumer.beginning_offsets(parts) if from_beginning else ends
        for part in parts:
            consumer.seek(part, starts[part])
        while not (stop_at_end and await _reached(consumer, ends)):
            for record in await _some(consumer):
                yield _seen(topic, record)


async def newest(kafka: str, prefix: str, topic: Topic) -> tuple[Seen, ...]:
    """A few of the newest records of a topic, newest first.

    Raises:
        BrokerDown: If the broker can't be reached.
        ConfigError: If the topic does not exist.
    """
    found: list[Seen] = []
    async with _reading(kafka, prefix, topic) as (consumer, parts):
        ends = await consumer.end_offsets(parts)
        starts = await consumer.beginning_offsets(parts)
        for part in parts:
            consumer.seek(part, max(starts[part], ends[part] - _NEWEST_BACK))
        while not await _reached(consumer, ends):
            found += [_seen(topic, record) for record in await _some(consumer)]
    return tuple(sorted(found, key=lambda seen: (seen.at, seen.offset), reverse=True))


async def _some(consumer: AIOKafkaConsumer) -> list[Any]:
    batches = await consumer.getmany(timeout_ms=_WAIT_MS, max_records=500)
    records = [record for batch in batches.values() for record in batch]
    return sorted(records, key=lambda record: (record.timestamp, record.offset))


async def _reached(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
    for part, end in ends.items():
        if await consumer.position(part) < end:
            return False
    return True


@asynccontextmanager
async def _reading(
    kafka: str, prefix: str, topic: Topic
) -> AsyncIterator[tuple[AIOKafkaConsumer, list[TopicPartition]]]:
    name = topic_name(topic, prefix)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka, group_id=None, enable_auto_commit=False, request_timeout_ms=8_000,
        fetch_max_wait_ms=100,
    )  # fmt: skip
    try:
        numbers = await _partitions(kafka, name)
        await consumer.start()
        parts = [TopicPartition(name, number) for number in numbers]
        consumer.assign(parts)
        yield consumer, parts
    except (KafkaError, OSError, TimeoutError) as exc:
        raise BrokerDown(f"消息代理连不上 / Kafka at {kafka} can't be reached: {exc}") from exc
    finally:
        await asyncio.shield(consumer.stop())


async def _partitions(kafka: str, name: str) -> list[int]:
    """Asked of all topics together: asking for one that is missing could make it."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka, request_timeout_ms=8_000)
    try:
        await admin.start()
        for item in await admin.describe_topics():
            if item["topic"] == name and not item["error_code"]:
                return sorted(part["partition"] for part in item["partitions"])
    finally:
        await admin.close()
    hint = "没有这个主题, 请先 yitong topics create / there is no such topic: yitong topics create"
    raise ConfigError(f"Kafka {kafka}", name, hint)


def _seen(topic: Topic, record: Any) -> Seen:
    message, problem = None, ""
    if record.value is not None:
        try:
            message = decode(topic.payload, record.value)
        except BadMessage as exc:
            problem = str(exc)
    return Seen(
        partition=record.partition,
        offset=record.offset,
        at=datetime.fromtimestamp(record.timestamp / 1000, UTC),
        key=None if record.key is None else record.key.decode(errors="replace"),
        headers={name: value.decode(errors="replace") for name, value in record.headers},
        message=message,
        problem=problem,
        value=record.value,
    )
