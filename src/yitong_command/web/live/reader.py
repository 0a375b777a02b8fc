"""Reads the feed's topics from Kafka, without a group: every web process sees every message."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from yitong_command.bus.topics import (
    ALERTS,
    CAMERA_FAULTS,
    CAMERA_STATES,
    CASES,
    ESCALATIONS,
    TASKS,
    Topic,
    topic_name,
)
from yitong_command.web.live.feed import LiveFeed

log = structlog.get_logger()

PROBE_TIMEOUT_S = 3.0
STOP_TIMEOUT_S = 3.0
TOGETHER_S = 0.02
"""What comes within this time after a message is told together: each telling wakes every screen."""
FIRST_PAUSE_S = 0.25
LAST_PAUSE_S = 3.0
FEED_TOPICS = (ALERTS, CASES, TASKS, CAMERA_STATES, CAMERA_FAULTS, ESCALATIONS)


class TopicsMissing(Exception):
    """The topics were not made yet; the route part makes them when it starts."""


class FeedReader:
    """Keeps one consumer running and feeds what it reads to the live feed.

    Args:
        feed: Where records go.
        kafka: Bootstrap servers.
        prefix: Prefix of all topic names.
        back: How many messages of every partition are read back at start.
        probe_s: Seconds between two checks that the broker still answers.
    """

    def __init__(
        self, feed: LiveFeed, kafka: str, prefix: str, back: int = 2000, probe_s: float = 2.0
    ) -> None:
        self._feed = feed
        self._kafka = kafka
        self._topics = {topic_name(topic, prefix): topic for topic in FEED_TOPICS}
        self._back = back
        self._probe_s = probe_s
        self._pause = FIRST_PAUSE_S
        self._ends: dict[TopicPartition, int] = {}

    async def run(self) -> None:
        """Read until cancelled; a broker that is down is waited for."""
        while True:
            consumer = self._consumer()
            try:
                await consumer.start()
                await self._place(consumer)
                await self._read(consumer)
            except TopicsMissing as exc:
                self._feed.set_state("topics_missing", str(exc))
            except (KafkaError, OSError, TimeoutError) as exc:
                self._feed.set_state("broker_down", f"{self._kafka}: {exc!r}")
            finally:
                await _stop(consumer)
            await asyncio.sleep(self._pause * random.uniform(0.5, 1.0))  # noqa: S311
            self._pause = min(self._pause * 2, LAST_PAUSE_S)
            self._feed.look_for_silence()

    def _consumer(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            bootstrap_servers=self._kafka,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            request_timeout_ms=8_000,
            retry_backoff_ms=200,
            fetch_max_wait_ms=500,
        )

    async def _partitions(self) -> list[TopicPartition]:
        """All partitions of the feed's topics.

        Describing all topics is the one question that does not make a missing one by accident.
        """
        admin = AIOKafkaAdminClient(bootstrap_servers=self._kafka, request_timeout_ms=8_000)
        try:
            await admin.start()
            described = {item["topic"]: item for item in await admin.describe_topics()}
        finally:
            await admin.close()
        missing = [name for name in sorted(self._topics) if not _ready(described.get(name))]
        if missing:
            raise TopicsMissing(", ".join(missing))
        return [
            TopicPartition(name, number)
            for name in sorted(self._topics)
            for number in sorted(part["partition"] for part in described[name]["partitions"])
        ]

    async def _place(self, consumer: AIOKafkaConsumer) -> None:
        """Assign all partitions and seek each to where reading goes on."""
        parts = await self._partitions()
        consumer.assign(parts)
        async with asyncio.timeout(10):
            first = await consumer.beginning_offsets(parts)
            self._ends = await consumer.end_offsets(parts)
        known = self._feed.ring.vector
        if not all(self._goes_on(part, known, first[part]) for part in parts):
            log.warning("feed_started_over")
            self._feed.start_over()
            known = {}
        for part in parts:
            consumer.seek(part, self._start(part, known, first[part]))

    def _goes_on(self, part: TopicPartition, known: Mapping[str, int], first: int) -> bool:
        """False if the topic was made anew, or messages expired before they were read."""
        goes_on = known.get(self._name(part), -1) + 1
        expired = self._name(part) in known and goes_on < first
        return goes_on <= self._ends[part] and not (
            expired and not self._topics[part.topic].compacted
        )

    def _start(self, part: TopicPartition, known: Mapping[str, int], first: int) -> int:
        name, topic = self._name(part), self._topics[part.topic]
        if name in known and known[name] + 1 >= first:
            return known[name] + 1
        start = first if topic.compacted else max(first, self._ends[part] - self._back)
        self._feed.ring.begin(name, start, replayed=not topic.compacted)
        return start

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        """Read until the broker is lost.

        The question whether it still answers is asked beside the reading: on the wire it waits
        behind the consumer's long poll, and messages must not wait with it.
        """
        both = [
            asyncio.create_task(self._pump(consumer)),
            asyncio.create_task(self._probe(consumer)),
        ]
        try:
            done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for ended in done:
                ended.result()
        finally:
            for task in both:
                task.cancel()
            await asyncio.wait(both)

    async def _pump(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            if self._filled():
                self._feed.set_state("live")
                self._pause = FIRST_PAUSE_S
            batch = await consumer.getmany(timeout_ms=500, max_records=1000)
            for part, records in batch.items():
                self._take(part, records)
            if batch:
                self._feed.wake()
            await self._note_gaps(consumer)
            if batch:
                await asyncio.sleep(TOGETHER_S)

    async def _probe(self, consumer: AIOKafkaConsumer) -> None:
        """Notice a lost broker: reading hides it behind silence, this question does not."""
        while True:
            await asyncio.sleep(self._probe_s)
            self._feed.look_for_silence()
            async with asyncio.timeout(PROBE_TIMEOUT_S):
                self._ends = await consumer.end_offsets(list(self._ends))

    def _take(self, part: TopicPartition, records: list[Any]) -> None:
        topic: Topic = self._topics[part.topic]
        for record in records:
            self._feed.take(topic, part.partition, record.offset, record.value, record.timestamp)

    async def _note_gaps(self, consumer: AIOKafkaConsumer) -> None:
        """Positions may move past offsets that hold no record (compaction, transactions)."""
        if self._feed.state == "live":
            return
        for part in self._ends:
            self._feed.ring.advance(self._name(part), await consumer.position(part) - 1)

    def _filled(self) -> bool:
        seen = self._feed.ring.vector
        return all(seen.get(self._name(part), -1) + 1 >= end for part, end in self._ends.items())

    def _name(self, part: TopicPartition) -> str:
        return f"{self._topics[part.topic].name}-{part.partition}"


async def keep_reading(reader: FeedReader, feed: LiveFeed, pause_s: float = 5.0) -> None:
    """Run a reader until cancelled, and start it again should it ever end by a fault of ours.

    Args:
        reader: Reads into the feed.
        feed: Says so to screens and to the readiness check meanwhile.
        pause_s: Seconds before it is started again.
    """
    while True:
        reading = asyncio.create_task(reader.run())
        try:
            await asyncio.wait([reading])
        finally:
            reading.cancel()
            await asyncio.wait([reading])
        fault = "cancelled" if reading.cancelled() else repr(reading.exception())
        log.error("live_feed_ended", reason=fault)
        feed.set_state("ended", fault)
        await asyncio.sleep(pause_s)


async def _stop(consumer: AIOKafkaConsumer) -> None:
    """Stop a consumer; after a lost broker this may raise a stray cancellation, or take long."""
    stopping = asyncio.ensure_future(consumer.stop())
    await asyncio.wait([stopping], timeout=STOP_TIMEOUT_S)
    if not stopping.done():
        stopping.cancel()
    elif not stopping.cancelled() and stopping.exception():
        log.warning("feed_consumer_stop_failed", reason=repr(stopping.exception()))


def _ready(described: dict[str, Any] | None) -> bool:
    return described is not None and not described["error_code"] and bool(described["partitions"])
