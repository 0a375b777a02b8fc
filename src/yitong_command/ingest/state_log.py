"""Publishing what is remembered of the watched cameras, never ahead of acknowledged incidents."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog

from yitong_command.bus.camera_messages import IngestStateMessage
from yitong_command.bus.messages import Tombstone
from yitong_command.bus.producer import Outgoing
from yitong_command.bus.topics import INGEST_STATES
from yitong_command.errors import BrokerDown
from yitong_command.ingest import metrics
from yitong_command.ingest.changelog import Telling, telling_of
from yitong_command.ingest.fleet import Fleet
from yitong_command.ingest.reporter import Reporter, Sender

_log = structlog.get_logger()

EVERY_S = 1.0
REFRESH_S = 10.0
"""What changes with every look is published this often, where anything is going on."""
POLL_S = 0.05
CLOSE_WITHIN_S = 12.0


@dataclass(slots=True)
class _Published:
    telling: Telling
    looked_at: datetime | None
    at_s: float


class StateLog:
    """The changelog of the rules' memory.

    Args:
        fleet: The watched cameras.
        reporter: Knows which incidents were acknowledged.
        sender: A producer of its own.
        clock: The current time, aware UTC.
    """

    def __init__(
        self, fleet: Fleet, reporter: Reporter, sender: Sender, clock: Callable[[], datetime]
    ) -> None:
        self._fleet = fleet
        self._reporter = reporter
        self._sender = sender
        self._clock = clock
        self._published: dict[str, _Published] = {}
        self._over: set[str] = set()
        self._sending = asyncio.Lock()

    async def run(self) -> None:
        """Publish what changed, until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            with contextlib.suppress(BrokerDown):  # the reporter says it, and it is tried again
                await self._publish(self._fleet.watched, all_that_changed=False)

    async def flush(self, camera_ids: Iterable[str], within_s: float) -> bool:
        """Publish all that is remembered of some cameras, as somebody else will watch them.

        Args:
            camera_ids: Cameras that are not looked at any more.
            within_s: The successor does not wait for ever.

        Returns:
            Whether all was published; else the successor goes on from what was known before.
        """
        names = list(camera_ids)
        try:
            async with asyncio.timeout(within_s):
                while any(self._reporter.pending(name) for name in names):  # noqa: ASYNC110
                    await asyncio.sleep(POLL_S)
                await self._publish(names, all_that_changed=True)
        except (TimeoutError, BrokerDown) as exc:
            _log.warning("states_not_handed_over", cameras=len(names), detail=str(exc))
            return False
        return True

    def forget(self, camera_ids: Iterable[str], *, over: bool) -> None:
        """Cameras are not ours any more.

        Args:
            camera_ids: Which.
            over: Whether they are no more at all; then nobody needs to remember them.
        """
        for name in camera_ids:
            self._published.pop(name, None)
            if over:
                self._over.add(name)
            else:
                self._over.discard(name)

    def known(self, state: IngestStateMessage) -> None:
        """This is what the topic holds of a camera."""
        self._published[state.camera_id] = _Published(telling_of(state), state.at, _now_s())

    async def close(self) -> None:
        """Disconnect."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._sender.close(), CLOSE_WITHIN_S)

    async def _publish(self, names: Iterable[str], *, all_that_changed: bool) -> None:
        async with self._sending:  # what was captured first is sent first
            await self._publish_in_turn(names, all_that_changed)

    async def _publish_in_turn(self, names: Iterable[str], all_that_changed: bool) -> None:
        now_s, at = _now_s(), self._clock()
        batch: list[Outgoing] = []
        sent: dict[str, _Published] = {}
        for name in names:
            if self._reporter.pending(name):
                continue
            due = self._due(name, now_s, all_that_changed)
            if due is not None and (message := self._fleet.remembered(name)) is not None:
                batch.append((INGEST_STATES, message, at))
                sent[name] = due
        over = {name for name in self._over if not self._reporter.pending(name)}
        batch += [(INGEST_STATES, Tombstone(name, IngestStateMessage), at) for name in over]
        if not batch:
            return
        try:
            await self._sender.send_all(batch)
        except BrokerDown:
            await self.close()
            raise
        self._published |= sent
        self._over -= over
        metrics.STATES_PUBLISHED.inc(len(batch))

    def _due(self, name: str, now_s: float, all_that_changed: bool) -> _Published | None:
        """How a camera stands, if that is to be published now."""
        last, looked_at = self._published.get(name), self._fleet.looked_at(name)
        if last is not None and last.looked_at == looked_at:
            return None
        now = _Published(self._fleet.telling(name), looked_at, now_s)
        if last is None or now.telling != last.telling:
            return now
        if now.telling.is_busy and (all_that_changed or now_s - last.at_s >= REFRESH_S):
            return now
        last.looked_at = looked_at
        return None


def _now_s() -> float:
    return asyncio.get_running_loop().time()
