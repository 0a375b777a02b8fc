"""The relay: outbox rows become Kafka records, in order, by the one worker with the lease."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import orjson
import structlog
from pydantic import ValidationError

from streams.dead_letters import Record, dead_letter
from streams.metrics import BACKLOG, LEASE, RELAYED
from streams.retry import back_off
from yitong_command.bus.messages import Message, Tombstone
from yitong_command.bus.producer import Outgoing, Producer
from yitong_command.bus.topics import DEAD_LETTERS, TOPICS, Topic
from yitong_command.errors import BrokerDown, Transient
from yitong_command.storage import outbox
from yitong_command.storage.session import Sessions, transaction
from yitong_command.storage.views import OutboxRow

log = structlog.get_logger()
HOLD_S = 4.0
POLL_S = 0.1
BATCH = 500
KEEP = timedelta(days=1)
CLOSE_S = 3.0
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Relay:
    """Sends what the outbox holds.

    Sent at least once: a worker that dies between sending and marking has its last batch sent
    again by the next, with the same ``change_id``; the order per case stays. While Kafka is slow
    to acknowledge a batch the lease is renewed, so that no other worker overtakes it.

    Args:
        sessions: Writing sessions.
        readers: Reading sessions.
        producer: Sends to Kafka.
        worker: Name of this worker.
    """

    def __init__(
        self, sessions: Sessions, readers: Sessions, producer: Producer, worker: str
    ) -> None:
        self._sessions = sessions
        self._readers = readers
        self._producer = producer
        self._owner = f"{worker}/{uuid4()}"
        self._leased_until = LONG_AGO
        self._kick = asyncio.Event()
        self._forget_at = LONG_AGO
        self.problem: str | None = "not started"

    @property
    def has_lease(self) -> bool:
        """Whether this worker is the one that relays."""
        return datetime.now(UTC) < self._leased_until

    def kick(self) -> None:
        """There is something to send: do it now."""
        self._kick.set()

    async def run(self) -> None:
        """Relay until cancelled; then give the lease back."""
        tries = 0
        try:
            while True:
                try:
                    sent = await self.send_once()
                except Transient as exc:
                    if self.problem is None or tries == 0:
                        log.warning("relay_waiting", reason=str(exc))
                    self.problem = str(exc)
                    await self._recover(exc, tries)
                    tries += 1
                    continue
                if tries:
                    log.info("relay_going_on", tries=tries)
                tries, self.problem = 0, None
                if sent < BATCH:
                    await self._rest()
        finally:
            await self._stop()

    async def send_once(self) -> int:
        """Send one batch of the outbox; 0 if there is nothing, or another worker relays.

        Raises:
            BrokerDown: If Kafka did not acknowledge all of it; it is sent again.
            DatabaseDown: If the database can't be reached.
        """
        if not await self._lease():
            return 0
        async with transaction(self._readers) as session:
            rows = await outbox.waiting(session, BATCH)
        if not rows:
            BACKLOG.set(0)
            await self._forget()
            return 0
        await self._send([_outgoing(row) for row in rows])
        async with transaction(self._sessions) as session:
            await outbox.mark_relayed(session, [row.id for row in rows], datetime.now(UTC))
            waiting, _ = await outbox.backlog(session)
        RELAYED.inc(len(rows))
        BACKLOG.set(waiting)
        return len(rows)

    async def _send(self, batch: list[Outgoing]) -> None:
        sent = asyncio.Event()
        keeper = asyncio.create_task(self._keep_lease(sent))
        try:
            await self._producer.send_all(batch)
        finally:
            # Not cancelled: a transaction is never cut off half-way.
            sent.set()
            await keeper

    async def _keep_lease(self, sent: asyncio.Event) -> None:
        while True:
            try:
                await asyncio.wait_for(sent.wait(), HOLD_S / 4)
            except TimeoutError:
                try:
                    await self._lease()
                except Transient as exc:
                    log.warning("lease_not_renewed", reason=str(exc))
            else:
                return

    async def _lease(self) -> bool:
        now = datetime.now(UTC)
        if now < self._leased_until - timedelta(seconds=HOLD_S / 2):
            return True
        async with transaction(self._sessions) as session:
            held = await outbox.take_lease(session, self._owner, now, HOLD_S)
        self._leased_until = now + timedelta(seconds=HOLD_S if held else 0)
        LEASE.set(held)
        return held

    async def _forget(self) -> None:
        now = datetime.now(UTC)
        if now < self._forget_at:
            return
        self._forget_at = now + timedelta(hours=1)
        async with transaction(self._sessions) as session:
            await outbox.forget(session, now - KEEP)

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._kick.wait(), POLL_S if self.has_lease else HOLD_S / 4)
        except TimeoutError:
            return
        self._kick.clear()

    async def _recover(self, exc: Transient, tries: int) -> None:
        if isinstance(exc, BrokerDown):
            # A producer whose batch failed may have lost its place; a new one starts clean.
            await _within(self._producer.close)
        await asyncio.sleep(back_off(tries))

    async def _stop(self) -> None:
        if self.has_lease:
            await _within(self._drop_lease)
        LEASE.set(0)

    async def _drop_lease(self) -> None:
        async with transaction(self._sessions) as session:
            await outbox.drop_lease(session, self._owner)


def message_of(row: OutboxRow) -> tuple[Topic, Message | Tombstone]:
    """Topic and message of an outbox row."""
    topic = TOPICS[row.topic]
    if row.payload is None:
        return topic, Tombstone(key=row.key, model=topic.payload)
    return topic, topic.payload.model_validate(row.payload)


def _outgoing(row: OutboxRow) -> Outgoing:
    """What is sent for a row; one that is no message must not stop those behind it."""
    try:
        return (*message_of(row), row.at)
    except (KeyError, ValidationError) as exc:
        reason = f"{row.topic}: {exc}"
    log.error("outbox_row_is_no_message", id=row.id, reason=reason)
    record = Record("outbox", 0, row.id, row.key.encode(), orjson.dumps(row.payload))
    return DEAD_LETTERS, dead_letter(record, reason, row.at), row.at


async def _within(action: Callable[[], Awaitable[None]]) -> None:
    """Do it if it can be done soon; what is left undone heals by itself."""
    try:
        await asyncio.wait_for(action(), CLOSE_S)
    except (Transient, TimeoutError) as exc:
        log.warning("left_undone", reason=str(exc) or type(exc).__name__)
