"""From the worker to Kafka: incidents through the spool, camera states newest first.

An incident counts as reported when it lies in the spool. If the spool's disk is full, it waits in
memory, in order, and is stored as soon as there is room; meanwhile the worker's health says so.
What was captured is stated on the ledger before the spool lets go of it.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import random
from collections import Counter, deque
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Protocol

import structlog

from yitong_command.bus.messages import (
    CameraStateMessage,
    DeadLetter,
    IncidentMessage,
    Message,
)
from yitong_command.bus.producer import Outgoing
from yitong_command.bus.spool import Record, Spool
from yitong_command.bus.stay_messages import ObservationMessage
from yitong_command.bus.tally import Tally
from yitong_command.bus.topics import (
    CAMERA_STATES,
    DEAD_LETTERS,
    INCIDENTS,
    LEDGER,
    OBSERVATIONS,
    Topic,
)
from yitong_command.bus.wire import decode, encode
from yitong_command.domain.incident import Incident
from yitong_command.domain.stay import Stay
from yitong_command.errors import BadMessage, BrokerDown
from yitong_command.ingest import metrics
from yitong_command.ingest.health import Health

_log = structlog.get_logger()

BATCH = 200
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 10.0
RETRY_DISK_S = 1.0
IDLE_S = 5.0
MOST_WAITING = 5000
"""With so many in memory no more stays are kept: the record of what was not reported has a gap."""
SLOW_S = 3.0
CLOSE_WITHIN_S = 25.0
"""Longer than a message waits for its acknowledgement: a producer that is cut short while it
flushes leaves its connections behind."""


class Sender(Protocol):
    """What the reporter needs of a Kafka producer."""

    async def send_all(self, batch: list[Outgoing]) -> None:
        """Send in order and wait for the acknowledgements; BrokerDown if any is missing."""
        ...

    async def close(self) -> None:
        """Disconnect."""
        ...


class Reporter:
    """Reports incidents and camera states.

    Args:
        spool: For what must not be lost.
        sender: The producer.
        worker: Name of this worker, part of every message.
        health: Told about broker and disk.
    """

    def __init__(self, spool: Spool, sender: Sender, worker: str, health: Health) -> None:
        self._spool = spool
        self._sender = sender
        self._worker = worker
        self._health = health
        self._unspooled: deque[bytes] = deque()
        self._newest: dict[tuple[str, str], Outgoing] = {}
        self._news = asyncio.Event()
        self._disk = asyncio.Lock()
        self._tally = Tally(worker)
        waiting = list(filter(None, map(_incident_of, spool.peek(spool.depth))))
        self._pending = Counter(message.camera_id for message in waiting)
        for message in waiting:
            self._tally.add_incident(message)

    @property
    def all_spooled(self) -> bool:
        """Whether every incident reported so far lies on the disk."""
        return not self._unspooled

    def pending(self, camera_id: str) -> int:
        """How many incidents of a camera the broker has not acknowledged yet."""
        return self._pending[camera_id]

    async def report(self, incident: Incident) -> None:
        """Report an incident; afterwards it survives a crash, or waits for room on the disk."""
        message = IncidentMessage.of(incident, self._worker)
        self._tally.add_incident(message)
        self._unspooled.append(encode(message))
        self._pending[incident.camera_id] += 1
        metrics.INCIDENTS.labels(incident.kind, incident.change).inc()
        _log.info(
            "incident",
            kind=incident.kind.value,
            change=incident.change.value,
            subject=incident.subject,
            began_at=incident.began_at.isoformat(),
            state=incident.state,
            incident_id=str(incident.incident_id),
            pictures=len(incident.evidence),
        )
        await self._store_waiting()

    def observe(self, stay: Stay) -> None:
        """Record a stay for trying other limits; a new one is dropped where too many wait."""
        if self.waiting < MOST_WAITING:
            message = ObservationMessage.of(stay, self._worker)
            self.newest(OBSERVATIONS, str(stay.stay_id), message, stay.seen_at)

    def camera_state(self, message: CameraStateMessage) -> None:
        """Report a camera's state; only the newest of a camera is sent."""
        self.newest(CAMERA_STATES, message.camera_id, message, message.at)

    def newest(self, topic: Topic, key: str, message: Message, at: datetime) -> None:
        """Send a message of which only the newest counts; one of the same key takes its place.

        Args:
            topic: Where to.
            key: What it is about, unique in its topic.
            message: What is to be sent, once the broker can be reached.
            at: Time of the fact.
        """
        self._newest[topic.name, key] = (topic, message, at)
        self._news.set()

    @property
    def waiting(self) -> int:
        """How many of those wait in memory."""
        return len(self._newest)

    def forget(self, camera_id: str) -> None:
        """Send no state of a camera that somebody else watches now, or nobody."""
        self._newest.pop((CAMERA_STATES.name, camera_id), None)

    async def run(self) -> None:
        """Send what waits, until cancelled."""
        wait_s = FIRST_WAIT_S
        while True:
            await self._store_waiting()
            try:
                sent = await self._send()
            except BrokerDown as exc:
                self._health.say("kafka", False, str(exc))
                _log.warning("broker_down", detail=str(exc), spool=self._spool.depth)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._sender.close(), CLOSE_WITHIN_S)
                await asyncio.sleep(wait_s * random.uniform(0.7, 1.3))  # noqa: S311 - jitter
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)
                continue
            wait_s = FIRST_WAIT_S
            if sent:
                self._health.say("kafka", True)
            else:
                await self._wait_for_news()

    async def _store_waiting(self) -> None:
        async with self._disk:
            while self._unspooled:
                try:
                    await asyncio.to_thread(
                        self._spool.append, self._unspooled[0], datetime.now(UTC)
                    )
                except OSError as exc:
                    self._health.say(
                        "spool", False, f"事件暂存盘写入失败 / {exc}: {len(self._unspooled)}"
                    )
                    _log.error("spool_failed", detail=str(exc), waiting=len(self._unspooled))
                    return
                self._unspooled.popleft()
                self._news.set()
            self._say_depth()

    def _say_depth(self) -> None:
        oldest = self._spool.oldest_at
        age_s = (datetime.now(UTC) - oldest).total_seconds() if oldest else 0.0
        metrics.SPOOL_DEPTH.set(self._spool.depth)
        metrics.SPOOL_AGE_S.set(age_s)
        self._health.say("spool", True, f"{self._spool.depth} waiting, oldest {age_s:.0f} s")

    async def _send(self) -> bool:
        """Send one batch; False if there was nothing to send."""
        self._news.clear()
        records = self._spool.peek(BATCH)
        newest, self._newest = self._newest, {}
        if not records and not newest and not self._tally.depth:
            return False
        batch: list[Outgoing] = [self._of(record) for record in records]
        batch += newest.values()
        slow = asyncio.get_running_loop().call_later(
            SLOW_S,
            self._health.say,
            "kafka",
            False,
            f"{SLOW_S:.0f} s: 没有确认 / no acknowledgement",
        )
        try:
            await self._sender.send_all(batch)
            await self._state()
        except BrokerDown:
            self._newest = newest | self._newest
            raise
        finally:
            slow.cancel()
        if records:
            async with self._disk:
                sent = [message.camera_id for message in filter(None, map(_incident_of, records))]
                await self._acknowledge(records[-1].end, sent)
        return True

    async def _state(self) -> None:
        """Say on the ledger what was captured, all of it."""
        while (statement := self._tally.statement(datetime.now(UTC))) is not None:
            await self._sender.send_all([(LEDGER, statement, statement.at)])
            self._tally.said(statement)

    async def _acknowledge(self, end: int, sent: Iterable[str]) -> None:
        try:
            await asyncio.to_thread(self._spool.acknowledge, end)
        except OSError as exc:  # sent again after a restart, which receivers tolerate
            _log.error("acknowledgement_not_written", detail=str(exc))
        self._pending.subtract(sent)
        self._say_depth()

    def _of(self, record: Record) -> tuple[Topic, Message, datetime]:
        try:
            message = decode(IncidentMessage, record.payload)
        except BadMessage as exc:
            return DEAD_LETTERS, _dead_letter(record, str(exc)), record.at
        return INCIDENTS, message, message.changed_at

    async def _wait_for_news(self) -> None:
        timeout_s = RETRY_DISK_S if self._unspooled else IDLE_S
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), timeout_s)


def _incident_of(record: Record) -> IncidentMessage | None:
    try:
        return decode(IncidentMessage, record.payload)
    except BadMessage:
        return None


def _dead_letter(record: Record, reason: str) -> DeadLetter:
    return DeadLetter(
        source_topic="spool",
        partition=0,
        offset=record.end,
        key_b64=None,
        value_b64=base64.b64encode(record.payload).decode("ascii"),
        reason=reason,
        at=record.at,
    )
