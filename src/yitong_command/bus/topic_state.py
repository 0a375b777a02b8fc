"""Topics as the broker has them: partitions, settings, how much is in them and who is behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import GroupCoordinatorNotAvailableError, KafkaError

from yitong_command.bus.topics import TOPICS, Topic, topic_name
from yitong_command.errors import BrokerDown

_CONFIGS = ("cleanup.policy", "retention.ms")


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic on the broker.

    Attributes:
        partitions: Number of partitions.
        replication: Copies of every partition.
        cleanup: ``delete`` or ``compact``.
        retention_ms: How long records are kept.
        records: Offsets from the first kept to the end, all partitions together; a compacted
            topic holds fewer records than that.
        lag: Offsets that the route worker has not read yet; None if it never read the topic.
    """

    partitions: int
    replication: int
    cleanup: str
    retention_ms: int
    records: int
    lag: int | None


async def read_states(kafka: str, prefix: str) -> dict[str, TopicState]:
    """Those of our topics that the broker has, by name without prefix.

    Args:
        kafka: Bootstrap servers.
        prefix: Prefix of all topic names.

    Raises:
        BrokerDown: If the broker can't be reached.
    """
    async with _clients(kafka) as (admin, consumer):
        # Describing all topics is the one question that makes no missing one by accident.
        named = {topic_name(topic, prefix): topic for topic in TOPICS.values()}
        found = {
            item["topic"]: item["partitions"]
            for item in await admin.describe_topics()
            if item["topic"] in named and not item["error_code"]
        }
        if not found:
            return {}
        configs = await _configs(admin, found)
        parts = [TopicPartition(t, p["partition"]) for t, ps in found.items() for p in ps]
        first, last = await consumer.beginning_offsets(parts), await consumer.end_offsets(parts)
        read = await _read_by(admin, f"{prefix}.route")
    states = {}
    for name, listed in found.items():
        own = [part for part in parts if part.topic == name]
        known = [part for part in own if part in read and read[part].offset >= 0]
        states[named[name].name] = TopicState(
            partitions=len(listed),
            replication=len(listed[0]["replicas"]),
            cleanup=configs[name]["cleanup.policy"],
            retention_ms=int(configs[name]["retention.ms"]),
            records=sum(last[part] - first[part] for part in own),
            lag=sum(last[p] - read[p].offset for p in known) if known else None,
        )
    return states


def differs(topic: Topic, state: TopicState) -> tuple[str, ...]:
    """How a topic on the broker differs from our table, with the reason why it stays so."""
    found = []
    if state.partitions != topic.partitions:
        found.append(
            f"分区 {state.partitions}, 应为 {topic.partitions}; 改变分区数会使同一键换分区、"
            f"打乱顺序, 不自动修改 / {state.partitions} partitions, not {topic.partitions}; not "
            "changed, because keys would move and lose their order"
        )
    wanted = "compact" if topic.compacted else "delete"
    if state.cleanup != wanted:
        found.append(
            f"清理策略 {state.cleanup}, 应为 {wanted}; 可能删数据, 不自动改 / cleanup.policy is "
            f"{state.cleanup}, not {wanted}; not changed, because records could be deleted"
        )
    elif not topic.compacted and state.retention_ms != topic.retention_ms:
        found.append(
            f"保留 {state.retention_ms} ms, 应为 {topic.retention_ms}; 运维者可自定, 不自动修改 / "
            f"retention.ms is {state.retention_ms}, not {topic.retention_ms}; not changed, because "
            "whoever runs the broker may have chosen it, and shorter would delete records"
        )
    return tuple(found)


async def _read_by(admin: AIOKafkaAdminClient, group: str) -> dict[TopicPartition, Any]:
    try:
        return dict(await admin.list_consumer_group_offsets(group))
    except GroupCoordinatorNotAvailableError:
        # A broker that never had a group has no coordinator: nobody has read anything.
        return {}


async def _configs(admin: AIOKafkaAdminClient, names: Any) -> dict[str, dict[str, str]]:
    wanted = dict.fromkeys(_CONFIGS)
    answers = await admin.describe_configs(
        [ConfigResource(ConfigResourceType.TOPIC, name, wanted) for name in names]
    )
    return {
        resource[3]: {entry[0]: entry[1] for entry in resource[4]}
        for answer in answers
        for resource in answer.resources
    }


@asynccontextmanager
async def _clients(kafka: str) -> AsyncIterator[tuple[AIOKafkaAdminClient, AIOKafkaConsumer]]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka, request_timeout_ms=8_000)
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, request_timeout_ms=8_000)
    try:
        await admin.start()
        await consumer.start()
        yield admin, consumer
    except (KafkaError, OSError) as exc:
        raise BrokerDown(f"消息代理连不上 / Kafka at {kafka} can't be reached: {exc}") from exc
    finally:
        await consumer.stop()
        await admin.close()
