"""A worker as one of the group that shares the cameras out: who watches what, the broker decides.

Only membership is the group's; what a partition holds is read from its beginning when it is given
to us, and changes are followed from there. What we hold stays ours through every rebalance that
does not take it away, also while the broker is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Protocol

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from yitong_command.bus.admin import ensure_topics
from yitong_command.bus.assignor import Claim, Cooperative
from yitong_command.bus.compacted import Content, Entry, entry_of, read_compacted
from yitong_command.bus.topics import CAMERAS, INGEST_STATES, topic_name
from yitong_command.errors import BrokerDown

_log = structlog.get_logger()

SESSION_S = 8.0
"""A worker that is silent for so long is dead, and its cameras are shared out. Kafka's least is 6,
which a worker on an overloaded machine may be silent for without being dead."""
HEARTBEAT_S = 1.0
REBALANCE_S = 10.0
POLL_MS = 300
RETRY_S = 1.0
STOP_WITHIN_S = 3.0


class Keeper(Protocol):
    """What watches the cameras of the partitions that the group gives to this worker."""

    async def take(self, cameras: Content, states: Content) -> None:
        """Partitions are ours from now on: with what they hold."""
        ...

    async def follow(self, entries: list[Entry]) -> None:
        """Cameras of our partitions changed."""
        ...

    async def let_go(self, partitions: frozenset[int], *, hand_over: bool) -> None:
        """Partitions are no longer ours: stop watching.

        Args:
            partitions: Which.
            hand_over: Whether nobody else watches them before this returns; else somebody may
                already, and nothing may be written that would cross with them.
        """
        ...

    async def settled(self, held: frozenset[int], members: int) -> None:
        """Nothing is left to be taken or let go for now.

        Args:
            held: Partitions that are ours.
            members: How many workers share the cameras.
        """
        ...


class CameraGroup(ConsumerRebalanceListener):  # type: ignore[misc]
    """This worker's place in the group.

    Args:
        kafka: Bootstrap servers.
        prefix: Prefix of all topic names; each installation is a group of its own.
        replication: Copies of every partition, where topics are made.
        worker: Name of this worker.
    """

    def __init__(self, kafka: str, prefix: str, replication: int, worker: str) -> None:
        self._kafka = kafka
        self._prefix = prefix
        self._replication = replication
        self._worker = worker
        self._topic = topic_name(CAMERAS, prefix)
        self._assignor = _Assignor()
        self._given: frozenset[int] = frozenset()
        self._held: frozenset[int] = frozenset()
        self._next: dict[int, int] = {}
        self._news = asyncio.Event()
        self._consumer: AIOKafkaConsumer | None = None

    async def run(self, keeper: Keeper) -> None:
        """Take part until cancelled; what is held stays held if this ends, until :meth:`leave`.

        Args:
            keeper: Watches the cameras.

        Raises:
            BrokerDown: If Kafka can't be reached, or gives up on us.
        """
        await self.close()
        await ensure_topics(self._kafka, self._prefix, self._replication)
        self._consumer = consumer = AIOKafkaConsumer(
            bootstrap_servers=self._kafka,
            group_id=f"{self._prefix}.ingest",
            client_id=self._worker,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=int(SESSION_S * 1000),
            heartbeat_interval_ms=int(HEARTBEAT_S * 1000),
            rebalance_timeout_ms=int(REBALANCE_S * 1000),
            request_timeout_ms=int(REBALANCE_S * 1000) + 5000,
            partition_assignment_strategy=(self._assignor.cooperative,),
        )
        try:
            consumer.subscribe([self._topic], listener=self)
            await consumer.start()
            await self._take_part(consumer, keeper)
        except (KafkaError, OSError) as exc:
            raise BrokerDown(f"Kafka at {self._kafka}: {exc or type(exc).__name__}") from exc

    async def leave(self, keeper: Keeper) -> None:
        """Let go of everything and leave, so that the others take over at once.

        Args:
            keeper: Watches the cameras until now.
        """
        held, self._held = self._held, frozenset()
        await keeper.let_go(held, hand_over=True)
        self._assignor.owned = frozenset()
        await self.close()

    async def close(self) -> None:
        """Disconnect; cameras are watched on."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await _stop(consumer)

    async def on_partitions_revoked(self, revoked: object) -> None:
        """Nothing: what we hold is only let go when it is not given to us again."""

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Note what was given; the main loop acts on it.

        Args:
            assigned: Everything we may hold from now on.
        """
        self._given = frozenset(part.partition for part in assigned)
        self._assignor.owned = self._held | self._given
        if self._consumer is not None:
            for part in assigned:
                if part.partition in self._next:
                    self._consumer.seek(part, self._next[part.partition])
        self._news.set()

    async def _take_part(self, consumer: AIOKafkaConsumer, keeper: Keeper) -> None:
        while True:
            if self._news.is_set():
                await self._settled(consumer, keeper)
            batches = await consumer.getmany(timeout_ms=POLL_MS)
            entries = [
                entry_of(record)
                for part, records in batches.items()
                if part.partition in self._held
                for record in records
                if record.offset >= self._next.get(part.partition, 0)
            ]
            if entries:
                await keeper.follow(entries)
                self._next |= {entry.partition: entry.offset + 1 for entry in entries}

    async def _settled(self, consumer: AIOKafkaConsumer, keeper: Keeper) -> None:
        """Act on what was given; without the broker try again, for leaving would help nobody."""
        self._news.clear()
        try:
            await self._settle(consumer, keeper)
        except BrokerDown as exc:
            _log.warning("partitions_not_read", detail=str(exc))
            self._news.set()
            await asyncio.sleep(RETRY_S)

    async def _settle(self, consumer: AIOKafkaConsumer, keeper: Keeper) -> None:
        """Let go of what is no longer ours, then take what is new."""
        lost, missed = self._held - self._given, self._assignor.missed
        self._assignor.missed = False
        if lost:
            _log.info("partitions_let_go", count=len(lost), missed_a_turn=missed)
            await keeper.let_go(lost, hand_over=not missed)
            self._held -= lost
            for number in lost:
                self._next.pop(number, None)
            self._assignor.owned = self._held | self._given
            consumer.subscribe([self._topic], listener=self)  # join again: others may have it now
        gained = self._given - self._held
        if gained:
            read = await read_compacted(self._kafka, self._prefix, (CAMERAS, INGEST_STATES), gained)
            _log.info(
                "partitions_taken", count=len(gained), records=len(read[CAMERAS.name].entries)
            )
            await keeper.take(read[CAMERAS.name], read[INGEST_STATES.name])
            self._next |= read[CAMERAS.name].ends
            self._held |= gained
            self._seek(consumer, gained)
        if not self._news.is_set():
            await keeper.settled(self._held, self._assignor.members)

    def _seek(self, consumer: AIOKafkaConsumer, numbers: frozenset[int]) -> None:
        assigned = consumer.assignment()
        for number in numbers:
            part = TopicPartition(self._topic, number)
            if part in assigned:
                consumer.seek(part, self._next[number])


class _Assignor:
    """What this member says when it joins, and what it hears when it has joined."""

    def __init__(self) -> None:
        self.owned: frozenset[int] = frozenset()
        self.generation = -1
        self.members = 0
        self.missed = False
        self.cooperative = Cooperative(self.claim, self.heard)

    def claim(self) -> Claim:
        """What we hold."""
        return Claim(self.owned, self.generation)

    def heard(self, generation: int, members: int) -> None:
        """We have joined.

        Args:
            generation: Counts the times that partitions were shared out.
            members: How many take part.
        """
        self.missed |= self.generation >= 0 and generation != self.generation + 1
        self.generation, self.members = generation, members


async def _stop(consumer: AIOKafkaConsumer) -> None:
    """Leave the group if it can be told, and disconnect."""
    with contextlib.suppress(KafkaError, OSError, TimeoutError):
        await asyncio.wait_for(consumer.stop(), STOP_WITHIN_S)
