"""The timer loop: fires what is due in the database, by the one worker with the lease."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol
from uuid import uuid4

import structlog
from sqlalchemy.exc import IntegrityError

from streams.clock import SteadyClock
from streams.metrics import TIMERS, TIMERS_LATE
from streams.retry import back_off
from yitong_command.domain.county import County
from yitong_command.errors import Permanent, Refusal, Transient
from yitong_command.storage import outbox, timers
from yitong_command.storage.session import Sessions, transaction

log = structlog.get_logger()
LEASE = "timers"
HOLD_S = 10.0
POLL_S = 0.25
BATCH = 100


class Kicked(Protocol):
    """What is told that there are new messages."""

    def kick(self) -> None:
        """Send them now."""


class TimerLoop:
    """Fires timers when they are due, each exactly once.

    The lease only keeps two workers from doing the same work; that nothing is done twice is the
    database's doing. After a restart whatever fell due meanwhile is fired at once, oldest first.

    Args:
        sessions: Writing sessions.
        readers: Reading sessions.
        county: Taxonomy, grids, cameras, and the roster where the database has none.
        relay: Told of new messages.
        worker: Name of this worker.
        clock: Reads the time.
    """

    def __init__(
        self,
        sessions: Sessions,
        readers: Sessions,
        county: County,
        relay: Kicked,
        worker: str,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._sessions = sessions
        self._readers = readers
        self._county = county
        self._relay = relay
        self._owner = f"{worker}/{uuid4()}"
        self._clock = clock or SteadyClock().now
        self._leased_until: datetime | None = None
        self.problem: str | None = "not started"

    async def run(self) -> None:
        """Fire until cancelled; a database that is down is waited for."""
        tries = 0
        try:
            while True:
                try:
                    fired = await self.fire_due()
                except Transient as exc:
                    if tries == 0:
                        log.warning("timers_waiting", reason=str(exc))
                    self.problem = str(exc)
                    await asyncio.sleep(back_off(tries))
                    tries += 1
                    continue
                tries, self.problem = 0, None
                if fired < BATCH:
                    await asyncio.sleep(POLL_S)
        finally:
            await self._let_go()

    async def fire_due(self) -> int:
        """Fire what is due now; how many were.

        Raises:
            DatabaseDown: If the database can't be reached; what was fired stays fired.
        """
        now = self._clock()
        async with transaction(self._readers) as session:
            due = await timers.due(session, now, BATCH)
        if not due or not await self._lease(now):
            return 0
        for timer_id in due:
            await self._fire(timer_id)
        self._relay.kick()
        return len(due)

    async def _fire(self, timer_id: int) -> None:
        now = self._clock()
        try:
            async with transaction(self._sessions) as session:
                late = await timers.fire(session, timer_id, self._county, now)
        except (Refusal, Permanent, IntegrityError) as exc:
            # One timer that can't be fired must not hold up those behind it.
            log.exception("timer_failed", timer_id=timer_id, reason=str(exc))
            async with transaction(self._sessions) as session:
                await timers.give_up(session, timer_id, now, str(exc))
            TIMERS.labels("failed").inc()
            return
        if late is not None:
            TIMERS.labels("fired").inc()
            TIMERS_LATE.observe(max(0.0, late.total_seconds()))

    async def _lease(self, now: datetime) -> bool:
        if self._leased_until is not None and now < self._leased_until:
            return True
        async with transaction(self._sessions) as session:
            held = await outbox.take_lease(session, self._owner, now, HOLD_S, LEASE)
        self._leased_until = now + timedelta(seconds=HOLD_S / 2) if held else None
        return held

    async def _let_go(self) -> None:
        if self._leased_until is None:
            return
        try:
            async with transaction(self._sessions) as session:
                await outbox.drop_lease(session, self._owner, LEASE)
        except Transient as exc:
            log.warning("left_undone", reason=str(exc))
