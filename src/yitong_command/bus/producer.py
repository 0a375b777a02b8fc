"""Sending messages to Kafka: acknowledged by all in-sync replicas, or an error."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from yitong_command.bus.messages import Message, Tombstone
from yitong_command.bus.topics import Topic, topic_name
from yitong_command.bus.wire import headers, value_of
from yitong_command.errors import BrokerDown

Outgoing = tuple[Topic, Message | Tombstone, datetime]


class Producer:
    """An idempotent Kafka producer that speaks in topics and messages.

    Args:
        kafka: Bootstrap servers, ``host:port[,host:port]``.
        prefix: Prefix of all topic names.
        source: CloudEvents source, for example ``/yitong/ingest/worker-1``.
    """

    def __init__(self, kafka: str, prefix: str, source: str) -> None:
        self._kafka = kafka
        self._prefix = prefix
        self._source = source
        self._producer: AIOKafkaProducer | None = None

    async def open(self) -> AIOKafkaProducer:
        """Connect.

        Raises:
            BrokerDown: If no broker answers.
        """
        producer = AIOKafkaProducer(
            bootstrap_servers=self._kafka,
            enable_idempotence=True,
            acks="all",
            linger_ms=5,
            compression_type="lz4",
            request_timeout_ms=10_000,
        )
        try:
            await producer.start()
        except (KafkaError, OSError) as exc:
            await producer.stop()
            raise BrokerDown(f"Kafka at {self._kafka}: {exc}") from exc
        self._producer = producer
        return producer

    async def close(self) -> None:
        """Flush and disconnect."""
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await producer.stop()

    async def send_all(self, batch: Iterable[Outgoing]) -> None:
        """Send messages in order and wait until the broker acknowledged every one.

        Args:
            batch: Topic, message (or what ends a key of a compacted topic) and time of the fact.

        Raises:
            BrokerDown: If any was not acknowledged; the caller sends the batch again.
        """
        producer = self._producer or await self.open()
        try:
            pending = [
                await producer.send(
                    topic_name(topic, self._prefix),
                    key=item.key.encode(),
                    value=value,
                    headers=headers(item, at, self._source, value),
                )
                for topic, item, at in batch
                for value in (value_of(item),)
            ]
            await asyncio.gather(*pending)
        except (KafkaError, OSError) as exc:
            raise BrokerDown(f"Kafka at {self._kafka}: {exc}") from exc

    async def send(self, topic: Topic, message: Message, at: datetime) -> None:
        """Send one message and wait for its acknowledgement.

        Raises:
            BrokerDown: If it was not acknowledged.
        """
        await self.send_all([(topic, message, at)])
