"""Reads the feed's topics from Kafka, without a group: every web process sees every message."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from yitong_command.bus.topics import ALERTS, CAMERA_STATES, CASES, TASKS, Topic, topic_name
from yitong_command.web.live.feed import LiveFeed

log = structlog.get_logger()

FEED_TOPICS = (ALERTS, CASES, TASKS, CAMERA_STATES)


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
        self._ends: dict[TopicPartition, int] = {}

    async def run(self) -> None:
        """Read until cancelled; a broker that is down is waited for."""
        pause = 0.25
        while True:
            try:
                await self._session()
            except TopicsMissing as exc:
                self._feed.set_state("topics_missing", str(exc))
            except (KafkaError, OSError, TimeoutError) as exc:
                self._feed.set_state("broker_down", f"{self._kafka}: {exc!r}")
            if self._feed.filled:
                pause = 0.25
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311
            self._feed.look_for_silence()
            pause = min(pause * 2, 3.0)

    async def _session(self) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._kafka,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            request_timeout_ms=8_000,
            retry_backoff_ms=200,
            fetch_max_wait_ms=500,
        )
        try:
            await consumer.start()
            await self._place(consumer)
            await self._read(consumer)
        finally:
            await consumer.stop()

    async def _place(self, consumer: AIOKafkaConsumer) -> None:
        """Assign all partitions and seek each to where reading goes on."""
        # Listing all topics is the one request that does not make a missing topic by accident.
        missing = set(self._topics) - set(await consumer.topics())
        if missing:
            raise TopicsMissing(", ".join(sorted(missing)))
        parts = [
            TopicPartition(name, number)
            for name in sorted(self._topics)
            for number in sorted(consumer.partitions_for_topic(name) or ())
        ]
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
        loop = asyncio.get_running_loop()
        probed_at = loop.time()
        while True:
            if self._filled():
                self._feed.set_state("live")
            batch = await consumer.getmany(timeout_ms=500, max_records=1000)
            for part, records in batch.items():
                self._take(part, records)
            if batch:
                self._feed.wake()
            await self._note_gaps(consumer)
            if loop.time() - probed_at >= self._probe_s:
                # getmany hides a lost broker behind silence; this question does not.
                async with asyncio.timeout(5):
                    self._ends = await consumer.end_offsets(list(self._ends))
                self._feed.look_for_silence()
                probed_at = loop.time()

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
