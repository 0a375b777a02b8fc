"""From records to rows: read, store. Nothing is left out: stored, or a dead letter."""

from __future__ import annotations

import traceback
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Generic, TypeVar

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from streams.dead_letters import Record, bury, dead_letter
from streams.metrics import BATCH, RETRIES
from streams.retry import until_done
from yitong_command.bus.messages import DeadLetter
from yitong_command.bus.producer import Producer
from yitong_command.errors import BadMessage
from yitong_command.storage.session import Sessions, transaction

log = structlog.get_logger()
CONFLICTS = 5
T = TypeVar("T")
R = TypeVar("R")


class Taking(ABC, Generic[T]):
    """Takes batches of records of one topic.

    Args:
        sessions: Where they are stored.
        producer: Sends dead letters.
        stored: Called after every commit, to have the outbox relayed at once.
    """

    def __init__(self, sessions: Sessions, producer: Producer, stored: Callable[[], None]) -> None:
        self._sessions = sessions
        self._producer = producer
        self._stored = stored

    async def take(self, records: Sequence[Record]) -> None:
        """Store every record or send it to the dead letters; then, and only then, come back.

        A database or broker that can't be reached is waited for.
        """
        letters: list[DeadLetter] = []
        good: list[tuple[Record, T]] = []
        for record in records:
            try:
                good.append((record, self.read(record)))
            except BadMessage as exc:
                letters.append(dead_letter(record, str(exc), datetime.now(UTC)))
        letters += await self._store(good)
        await bury(self._producer, letters)

    @abstractmethod
    def read(self, record: Record) -> T:
        """What a record says.

        Raises:
            BadMessage: If it is no such message, or may not be taken.
        """

    @abstractmethod
    async def write(self, items: Sequence[T]) -> None:
        """Store a batch, in one transaction; :meth:`in_transaction` helps."""

    async def in_transaction(self, action: Callable[[AsyncSession], Awaitable[R]]) -> R:
        """The result of an action in a transaction of its own, tried again after a conflict."""
        with BATCH.time():
            for left in reversed(range(CONFLICTS)):
                try:
                    async with transaction(self._sessions) as session:
                        result = await action(session)
                    break
                except IntegrityError:
                    # Another worker opened a case of the same subject first: now it is there.
                    RETRIES.labels("conflict").inc()
                    if not left:
                        raise
        self._stored()
        return result

    async def _store(self, batch: Sequence[tuple[Record, T]]) -> list[DeadLetter]:
        """Store a batch; if it fails for a reason of its own, halve it to find the culprit."""
        if not batch:
            return []
        try:
            await until_done("database", lambda: self.write([item for _, item in batch]))
        except Exception as exc:  # noqa: BLE001 - Faust acknowledges what raised: guard it here
            if len(batch) == 1:
                return [_culprit(batch[0][0], exc)]
            middle = len(batch) // 2
            return await self._store(batch[:middle]) + await self._store(batch[middle:])
        return []


def _culprit(record: Record, exc: Exception) -> DeadLetter:
    reason = f"{type(exc).__name__}: {exc}"[:2000]
    where = "".join(traceback.format_tb(exc.__traceback__)[-3:])
    place = f"{record.topic}/{record.partition}/{record.offset}"
    log.error("record_failed", record=place, reason=reason, where=where)
    return dead_letter(record, reason, datetime.now(UTC))
