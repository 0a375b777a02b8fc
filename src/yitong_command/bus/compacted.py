"""Reading what a compacted topic holds now, as far as it goes."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from yitong_command.bus.topics import Topic, topic_name
from yitong_command.errors import BrokerDown

READ_WITHIN_S = 20.0
POLL_MS = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of a compacted topic.

    Attributes:
        key: Record key; "" if it has none or is not UTF-8.
        value: Record value; None ends the key.
        partition: Where it lies.
        offset: Its place there.
    """

    key: str
    value: bytes | None
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Content:
    """What partitions of a topic held when they were read.

    Attributes:
        entries: In order within each partition; older records of a key may still be among them.
        ends: Offset behind the last record, by partition.
    """

    entries: tuple[Entry, ...]
    ends: dict[int, int]


def entry_of(record: object) -> Entry:
    """A record as the client library gives it."""
    key = getattr(record, "key", None) or b""
    return Entry(
        key.decode("utf-8", "replace"),
        record.value,  # type: ignore[attr-defined]
        record.partition,  # type: ignore[attr-defined]
        record.offset,  # type: ignore[attr-defined]
    )


async def read_compacted(
    kafka: str, prefix: str, topics: Iterable[Topic], partitions: Collection[int]
) -> dict[str, Content]:
    """Everything that lies in some partitions now, by topic name without the prefix.

    Args:
        kafka: Bootstrap servers.
        prefix: Prefix of all topic names.
        topics: Which.
        partitions: Their numbers.

    Raises:
        BrokerDown: If Kafka can't be read within :data:`READ_WITHIN_S`.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka,
        enable_auto_commit=False,
        auto_offset_reset="earliest",  # not sought: a reset to the end might still be under way
        request_timeout_ms=10_000,
    )
    try:
        async with asyncio.timeout(READ_WITHIN_S):
            await consumer.start()
            names = {topic_name(topic, prefix): topic.name for topic in topics}
            return await _read(consumer, names, partitions)
    except (KafkaError, OSError, TimeoutError) as exc:
        raise BrokerDown(f"Kafka at {kafka}: {exc or type(exc).__name__}") from exc
    finally:
        await consumer.stop()


async def _read(
    consumer: AIOKafkaConsumer, names: dict[str, str], partitions: Collection[int]
) -> dict[str, Content]:
    parts = [TopicPartition(name, number) for name in names for number in sorted(partitions)]
    found: dict[str, list[Entry]] = {name: [] for name in names}
    if not parts:
        return {own: Content((), {}) for own in names.values()}
    consumer.assign(parts)
    ends = await consumer.end_offsets(parts)
    for part in parts:
        while await consumer.position(part) < ends[part]:
            batches = await consumer.getmany(timeout_ms=POLL_MS)
            for where, records in batches.items():
                found[where.topic] += map(entry_of, records)
    return {
        own: Content(tuple(found[name]), {p.partition: ends[p] for p in parts if p.topic == name})
        for name, own in names.items()
    }
