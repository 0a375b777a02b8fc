"""The ledger's reader: counts what was captured, delivered and cased, and alarms what differs.

It reads the topics on its own, apart from the Faust agents, from positions kept with the counts:
what the agents should ever skip, it has counted.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import structlog

from streams.counting import count
from streams.metrics import LEDGER_BEHIND, LEDGER_MISSING
from streams.relay import Relay
from streams.retry import back_off
from yitong_command.bus.positioned import PositionedReader, Raw
from yitong_command.bus.topics import DEAD_LETTERS, INCIDENTS, LEDGER, topic_name
from yitong_command.domain.ledger import GRACE, compare
from yitong_command.errors import Transient
from yitong_command.storage import ledger, ledger_alarms, outbox
from yitong_command.storage.session import Sessions, transaction

log = structlog.get_logger()

HOLD_S = 15.0
BATCH = 1000
WAIT_S = 0.5
CHECK_EVERY = timedelta(seconds=5)
LOOK_BACK = timedelta(days=7)
FORGET_EVERY = timedelta(hours=1)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
TOPICS = (LEDGER, INCIDENTS, DEAD_LETTERS)


class LedgerKeeper:
    """Keeps the ledger, on the one worker that has its lease.

    Args:
        sessions: Writing sessions.
        reader: Reads the topics.
        relay: Told of new alarms.
        worker: Name of this worker.
        incidents_topic: Full name of the incidents topic.
        grace: How long a difference may last.
    """

    def __init__(
        self,
        sessions: Sessions,
        reader: PositionedReader,
        relay: Relay,
        worker: str,
        incidents_topic: str,
        grace: timedelta = GRACE,
    ) -> None:
        self._sessions = sessions
        self._reader = reader
        self._relay = relay
        self._owner = f"{worker}/{uuid4()}"
        self._incidents_topic = incidents_topic
        self._grace = grace
        self._open = False
        self._arrived = self._checked = self._forgotten = self._held_until = LONG_AGO

    async def run(self) -> None:
        """Count and compare until cancelled; a broker or database that is down is waited for."""
        tries = 0
        try:
            while True:
                try:
                    held = await self._lease(datetime.now(UTC))
                    if held:
                        await self._turn(datetime.now(UTC))
                    tries = 0
                except Transient as exc:
                    tries += 1
                    if tries == 1:
                        log.warning("ledger_waiting", reason=str(exc))
                    await self._shut()
                    await asyncio.sleep(back_off(tries))
                    continue
                if not held:
                    await self._shut()
                    await asyncio.sleep(HOLD_S / 3)
        finally:
            await self._shut()

    async def check(self, now: datetime) -> int:
        """Compare the counts and tell what differs for too long; how many alarms changed.

        Raises:
            DatabaseDown: If the database can't be reached.
        """
        async with transaction(self._sessions) as session:
            await ledger.find_cased(session, now)
            missing = await ledger.missing(
                session, now - LOOK_BACK, before=now - self._grace, arrived=self._arrived
            )
            lasting = await ledger.alarms(session)
            changed, ended = compare(missing, lasting, now)
            await ledger_alarms.save(session, (*changed, *ended), now)
        LEDGER_MISSING.set(sum(item.count for item in missing))
        for alarm in (*changed, *ended):
            log.warning("ledger_alarm", alarm=alarm.missing.alarm_id, count=alarm.missing.count,
                        ended=alarm.ended_at is not None)  # fmt: skip
        if changed or ended:
            self._relay.kick()
        return len(changed) + len(ended)

    async def _turn(self, now: datetime) -> None:
        if not self._open:
            async with transaction(self._sessions) as session:
                known = await ledger.positions(session, [topic.name for topic in TOPICS])
            await self._reader.open(known)
            self._open = True
        records = await self._reader.take(BATCH, WAIT_S)
        if records:
            await self._write(records, now)
        if now - self._checked < CHECK_EVERY:
            return
        self._checked = now
        behind = await self._reader.behind()
        LEDGER_BEHIND.set(behind)
        if behind == 0:
            self._arrived = now
        await self.check(now)
        if now - self._forgotten > FORGET_EVERY:
            self._forgotten = now
            async with transaction(self._sessions) as session:
                await ledger.forget(session, now)

    async def _write(self, records: list[Raw], now: datetime) -> None:
        found = count(records, self._incidents_topic)
        offsets = {(raw.topic, raw.partition): raw.offset + 1 for raw in records}
        async with transaction(self._sessions) as session:
            await ledger.delivered(session, found.delivered, now)
            await ledger.captured(session, found.captured, now)
            await ledger.dead(session, found.dead, now)
            await ledger.move_on(session, offsets)

    async def _lease(self, now: datetime) -> bool:
        if now < self._held_until - timedelta(seconds=HOLD_S / 2):
            return True
        async with transaction(self._sessions) as session:
            held = await outbox.take_lease(session, self._owner, now, HOLD_S, ledger.LEASE)
        self._held_until = now + timedelta(seconds=HOLD_S if held else 0)
        return held

    async def _shut(self) -> None:
        self._open = False
        await self._reader.close()


def make_keeper(
    kafka: str, prefix: str, sessions: Sessions, relay: Relay, worker: str
) -> LedgerKeeper:
    """The keeper of an installation's ledger."""
    reader = PositionedReader(kafka, prefix, TOPICS)
    return LedgerKeeper(sessions, reader, relay, worker, topic_name(INCIDENTS, prefix))
