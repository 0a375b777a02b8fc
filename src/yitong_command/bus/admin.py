"""Creating the topics of our own table; the broker never makes one by itself."""

from __future__ import annotations

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, for_code

from yitong_command.bus.topics import TOPICS, Topic, topic_name
from yitong_command.errors import BrokerDown

TOPIC_ALREADY_EXISTS = 36
COMPACTED = {
    "cleanup.policy": "compact",
    # Only closed segments are compacted, and whoever takes over a partition reads all that is left.
    "segment.bytes": str(4 * 1024 * 1024),
    "segment.ms": str(10 * 60 * 1000),
    "min.cleanable.dirty.ratio": "0.2",
}


async def ensure_topics(kafka: str, prefix: str, replication: int = 1) -> tuple[str, ...]:
    """Create every topic of the table that is not there yet.

    Args:
        kafka: Bootstrap servers.
        prefix: Prefix of all topic names.
        replication: Copies of every partition; 3 in a county, 1 on one machine.

    Returns:
        Full names of the topics created now.

    Raises:
        BrokerDown: If the broker can't be reached or refuses.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka, request_timeout_ms=10_000)
    try:
        await admin.start()
        response = await admin.create_topics(
            [_new_topic(topic, prefix, replication) for topic in TOPICS.values()]
        )
    except (KafkaError, OSError) as exc:
        raise BrokerDown(f"Kafka at {kafka}: {exc}") from exc
    finally:
        await admin.close()
    created = []
    for name, code, *rest in response.topic_errors:
        if code == 0:
            created.append(name)
        elif code != TOPIC_ALREADY_EXISTS:
            detail = rest[0] if rest else for_code(code).__name__
            raise BrokerDown(f"Kafka at {kafka}: topic {name} can't be created: {detail}")
    return tuple(created)


def _new_topic(topic: Topic, prefix: str, replication: int) -> NewTopic:
    settings = {"min.insync.replicas": str(min(2, replication))}
    if topic.compacted:
        settings |= COMPACTED
    else:
        settings["retention.ms"] = str(topic.retention_ms)
    return NewTopic(
        name=topic_name(topic, prefix),
        num_partitions=topic.partitions,
        replication_factor=replication,
        topic_configs=settings,
    )
