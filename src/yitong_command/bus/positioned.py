"""Reading topics from positions that the reader keeps itself, apart from every consumer group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from yitong_command.bus.topics import Topic, topic_name
from yitong_command.errors import BrokerDown

FAILURES = (KafkaError, OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Raw:
    """A record as it lies on its topic.

    Attributes:
        topic: Name without the prefix.
        partition: Where it stands.
        offset: Where it stands in there.
        at: The broker's time of it, aware UTC.
        value: Its bytes, or None.
    """

    topic: str
    partition: int
    offset: int
    at: datetime
    value: bytes | None


class PositionedReader:
    """Reads some topics in order per partition, from given positions on.

    Args:
        kafka: Bootstrap servers.
        prefix: Prefix of all topic names.
        topics: Which topics; all must be there.
    """

    def __init__(self, kafka: str, prefix: str, topics: Iterable[Topic]) -> None:
        self._kafka = kafka
        self._names = {topic_name(topic, prefix): topic.name for topic in topics}
        self._counts = {topic_name(topic, prefix): topic.partitions for topic in topics}
        self._consumer: AIOKafkaConsumer | None = None

    async def open(
        self, positions: Mapping[tuple[str, int], int], since: datetime | None = None
    ) -> None:
        """Connect and go to the positions; where none is known, or it is gone, to the oldest.

        Args:
            positions: Next offset by topic (without prefix) and partition.
            since: If given, go to what came from this time on instead.

        Raises:
            BrokerDown: If no broker answers.
        """
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._kafka,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            request_timeout_ms=10_000,
            fetch_max_wait_ms=250,
        )
        try:
            await consumer.start()
            parts = [
                TopicPartition(name, number)
                for name, count in self._counts.items()
                for number in range(count)
            ]
            consumer.assign(parts)
            first = await consumer.beginning_offsets(parts)
            ends = await consumer.end_offsets(parts)
            if since is not None:
                positions = await self._positions_at(consumer, parts, since, ends)
            for part in parts:
                wanted = positions.get((self._names[part.topic], part.partition), first[part])
                inside = first[part] <= wanted <= ends[part]
                consumer.seek(part, wanted if inside else first[part])
        except FAILURES as exc:
            await consumer.stop()
            raise self._down(exc) from exc
        self._consumer = consumer

    async def close(self) -> None:
        """Disconnect."""
        if self._consumer is not None:
            consumer, self._consumer = self._consumer, None
            await consumer.stop()

    async def take(self, most: int, wait_s: float) -> list[Raw]:
        """The next records; none if none came in time.

        Raises:
            BrokerDown: If Kafka can't be reached.
        """
        try:
            found = await self._opened().getmany(timeout_ms=int(wait_s * 1000), max_records=most)
        except FAILURES as exc:
            raise self._down(exc) from exc
        return [
            Raw(
                self._names[part.topic], part.partition, record.offset,
                datetime.fromtimestamp(record.timestamp / 1000, UTC), record.value,
            )
            for part, records in found.items()
            for record in records
        ]  # fmt: skip

    async def behind(self) -> int:
        """How many records lie ahead of the positions now.

        Raises:
            BrokerDown: If Kafka can't be reached.
        """
        consumer = self._opened()
        try:
            ends = await consumer.end_offsets(list(consumer.assignment()))
            return sum([max(0, end - await consumer.position(part)) for part, end in ends.items()])
        except FAILURES as exc:
            raise self._down(exc) from exc

    async def _positions_at(
        self,
        consumer: AIOKafkaConsumer,
        parts: list[TopicPartition],
        since: datetime,
        ends: Mapping[TopicPartition, int],
    ) -> dict[tuple[str, int], int]:
        at = int(since.timestamp() * 1000)
        found = await consumer.offsets_for_times(dict.fromkeys(parts, at))
        return {
            (self._names[part.topic], part.partition): hit.offset if hit else ends[part]
            for part, hit in found.items()
        }

    def _opened(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            raise BrokerDown(f"Kafka at {self._kafka}: not connected")
        return self._consumer

    def _down(self, exc: BaseException) -> BrokerDown:
        return BrokerDown(f"Kafka at {self._kafka}: {exc}")
