"""Starts the worker anew when its lag grows while it does nothing.

A Faust worker can lose its consumer and stay up, healthy to look at. Everything it does is safe
to repeat, so the cure is the simplest: the process replaces itself by a fresh one.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from streams.metrics import BEGUN, LAG, RETRIES

log = structlog.get_logger()

Partitions = list[tuple[str, int]]
LOOK_S = 10.0
STUCK_S = 90.0
"""Longer than any rebalance, and than a database that is waited for is ever silent."""


@dataclass(frozen=True, slots=True)
class Sight:
    """How the worker stands at one moment.

    Attributes:
        lag: Records that its group has not acknowledged.
        taken: Batches it has begun or tried again since it started: anything it does.
    """

    lag: int
    taken: int


@dataclass(slots=True)
class Idleness:
    """For how long a worker has had work and done nothing (pure)."""

    since_s: float | None = None
    last: Sight | None = None

    def see(self, sight: Sight, now_s: float) -> float:
        """Seconds for which there was work and nothing happened.

        Args:
            sight: How it stands now.
            now_s: Any clock that does not go back.
        """
        moved = self.last is None or sight.taken != self.last.taken or sight.lag < self.last.lag
        if sight.lag == 0 or moved:
            self.since_s = None
        elif self.since_s is None:
            self.since_s = now_s
        self.last = sight
        return 0.0 if self.since_s is None else now_s - self.since_s


class Watchdog:
    """Looks every few seconds, with a consumer of its own that joins no group.

    Args:
        look: How the worker stands; None if that can't be said now.
        restart: Called once the worker has been stuck for too long.
        look_s: Seconds between looks.
        stuck_s: How long is too long.
    """

    def __init__(
        self,
        look: Callable[[], Awaitable[Sight | None]],
        restart: Callable[[], None],
        look_s: float = LOOK_S,
        stuck_s: float = STUCK_S,
    ) -> None:
        self._look = look
        self._restart = restart
        self._look_s = look_s
        self._stuck_s = stuck_s

    async def run(self) -> None:
        """Watch until cancelled."""
        idleness = Idleness()
        while True:
            await asyncio.sleep(self._look_s)
            sight = await self._look()
            if sight is None:  # without a broker nobody can work
                idleness = Idleness()
                continue
            LAG.set(sight.lag)
            idle_s = idleness.see(sight, asyncio.get_running_loop().time())
            if idle_s > self._stuck_s:
                log.critical("worker_stuck", lag=sight.lag, idle_s=round(idle_s))
                self._restart()


class LagReader:
    """Counts what lies on a topic's partitions and was not acknowledged by a group.

    Args:
        kafka: Bootstrap servers.
        group: The consumer group.
        assigned: Topic and partition of what this worker reads now, or of all that its group
            reads if it was given nothing: it may have been forgotten.
    """

    def __init__(self, kafka: str, group: str, assigned: Callable[[], Partitions]) -> None:
        self._kafka = kafka
        self._group = group
        self._assigned = assigned

    async def look(self) -> Sight | None:
        """How the worker stands; None if the broker does not say."""
        lag = await self.lag()
        return None if lag is None else Sight(lag, _done_so_far())

    async def lag(self) -> int | None:
        """Records ahead of this worker; None if the broker does not say."""
        parts = [TopicPartition(*part) for part in self._assigned()]
        # With a group's name it may ask for the group's positions; it never subscribes, so it
        # does not become a member.
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._kafka, group_id=self._group, enable_auto_commit=False,
            request_timeout_ms=8_000,
        )  # fmt: skip
        try:
            async with asyncio.timeout(15):
                await consumer.start()
                consumer.assign(parts)
                ends = await consumer.end_offsets(parts)
                done = [await consumer.committed(part) or 0 for part in parts]
        except (KafkaError, OSError, TimeoutError):
            return None
        finally:
            await consumer.stop()
        return int(sum(max(0, ends[part] - at) for part, at in zip(parts, done, strict=True)))


def _done_so_far() -> int:
    """Batches begun and tries after failures: a worker that waits for its database is not stuck."""
    samples = [*next(iter(BEGUN.collect())).samples, *next(iter(RETRIES.collect())).samples]
    return int(sum(one.value for one in samples if one.name.endswith("_total")))


def start_anew() -> None:
    """Become a fresh process with the same id, arguments and environment."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606
