"""One screen's event stream: hello or replay, then everything new, in the ring's order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

import orjson
import structlog
from prometheus_client import Counter, Gauge

from yitong_command.web.live.feed import LiveFeed, Screen, wait_for
from yitong_command.web.live.ring import Slot
from yitong_command.web.live.vector import Vector, format_vector, parse_vector
from yitong_command.web.live.wire import id_line, sse

log = structlog.get_logger()

CLIENTS = Gauge("yitong_web_feed_clients", "Screens connected to the live feed")
RESETS = Counter("yitong_web_feed_resets_total", "Screens told to reload", ["reason"])
CHUNK = 500


class Stream:
    """Writes the feed for one screen.

    Args:
        feed: The process's feed.
        screen: Who watches and where to resume.
    """

    def __init__(self, feed: LiveFeed, screen: Screen) -> None:
        self._feed = feed
        self._screen = screen
        self._told_state = ""
        self._told_id = ""
        self._told_at = 0.0
        self._cursor = 0
        self._ahead: Vector = {}

    async def events(self) -> AsyncIterator[bytes]:
        """Encoded events until the screen is to connect again.

        Every message after the screen's position comes exactly once and in the ring's order; if
        that can't be kept, a ``reset`` tells the screen to load its lists again.
        """
        self._feed.screens.add(self._screen)
        CLIENTS.set(len(self._feed.screens))
        deadline = asyncio.get_running_loop().time() + self._feed.limits.lifetime_s
        try:
            async for part in self._until_filled(deadline):
                yield part
            if self._feed.filled:
                async for part in self._begin():
                    yield part
                async for part in self._follow(deadline):
                    yield part
            yield self._closing()
        finally:
            self._feed.screens.discard(self._screen)
            CLIENTS.set(len(self._feed.screens))

    async def _until_filled(self, deadline: float) -> AsyncIterator[bytes]:
        while not self._feed.filled and not self._screen.ended and _left(deadline) > 0:
            change = self._feed.next_change()
            if self._told_state != self._feed.state:
                yield self._status()
            await wait_for(change, min(self._feed.limits.beat_s, _left(deadline)))

    async def _begin(self) -> AsyncIterator[bytes]:
        asked = self._screen.last_id
        if asked is None:
            yield self._hello(resumed=False)
            return
        vector = parse_vector(asked)
        if vector is None:
            yield self._reset("unknown_position")
            return
        if not await self._caught_up(vector):
            yield self._reset("ahead")
            return
        if not self._feed.ring.covers(vector):
            yield self._reset("too_old")
            return
        async for part in self._replay(vector):
            yield part

    async def _caught_up(self, vector: Vector) -> bool:
        """Whether this process has seen what the screen saw from another one."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._feed.limits.catch_up_s
        while not self._feed.ring.reached(vector):
            if set(vector) - set(self._feed.ring.vector) or loop.time() >= deadline:
                return False
            await wait_for(self._feed.next_change(), deadline - loop.time())
        return True

    async def _replay(self, vector: Vector) -> AsyncIterator[bytes]:
        """Newest camera states first, then every message after ``vector``."""
        ring = self._feed.ring
        head, at_start = ring.head, ring.vector
        states = list(self._feed.cameras.after(vector, self._feed.now()))
        vector |= {name: at_start[name] for name in at_start if name.startswith("camera-states-")}
        self._ahead = vector
        yield self._hello(resumed=True, event_id=self._screen.last_id)
        for state in states:
            if self._screen.view.shows_camera(state.camera_id):
                yield sse("camera", state.model_dump_json())
        self._cursor = ring.oldest
        while self._cursor < head and not self._fell_out():
            stop = min(self._cursor + CHUNK, head)
            missed = [
                slot
                for slot in ring.slots(self._cursor, stop)
                if slot.entry.event != "camera"
                and slot.entry.offset > vector.get(slot.entry.partition, -1)
            ]
            part = self._encoded(missed)
            if part:
                yield part
            self._cursor = stop
            await asyncio.sleep(0)
        self._ahead = {}

    def _fell_out(self) -> bool:
        """Whether messages this screen has not had yet are gone, or nearly."""
        ring = self._feed.ring
        return self._cursor < ring.oldest or (
            not self._ahead and ring.head - self._cursor > self._feed.limits.lag
        )

    async def _follow(self, deadline: float) -> AsyncIterator[bytes]:
        ring = self._feed.ring
        while not self._screen.ended and _left(deadline) > 0:
            change = self._feed.next_change()
            if self._told_state != self._feed.state:
                yield self._status()
            if self._fell_out():
                RESETS.labels("slow").inc()
                log.info("feed_slow_screen", behind=ring.head - self._cursor)
                yield sse("reset", '{"reason":"slow"}')
                return
            stop = min(self._cursor + CHUNK, ring.head)
            part, event_id = self._feed.piece(self._screen.view, self._cursor, stop)
            self._cursor = stop
            if event_id:
                self._tell(event_id)
            if part:
                yield part
            if self._cursor == ring.head:
                if self._position_is_old():
                    yield self._position()
                await wait_for(change, min(self._feed.limits.beat_s, _left(deadline)))

    def _encoded(self, slots: Iterable[Slot]) -> bytes:
        """All events of these that this screen may see, as one piece."""
        view = self._screen.view
        parts: list[bytes] = []
        for slot in slots:
            if view.shows(slot.entry):
                parts += (self._head(slot), view.body(slot.entry))
        return b"".join(parts)

    def _head(self, slot: Slot) -> bytes:
        own = parse_vector(slot.event_id) or {}
        names = own.keys() | self._ahead.keys()
        return id_line(
            self._tell(
                format_vector(
                    {name: max(own.get(name, -1), self._ahead.get(name, -1)) for name in names}
                )
            )
        )

    def _hello(self, *, resumed: bool, event_id: str | None = None) -> bytes:
        self._cursor = self._feed.ring.head
        self._told_state = self._feed.state
        body = {"resumed": resumed, "state": self._feed.state, "at": self._feed.now()}
        told = self._tell(event_id or format_vector(self._feed.ring.vector))
        return sse("hello", orjson.dumps(body).decode(), told)

    def _reset(self, reason: str) -> bytes:
        RESETS.labels(reason).inc()
        log.info("feed_reset", reason=reason)
        self._cursor = self._feed.ring.head
        told = self._tell(format_vector(self._feed.ring.vector))
        return sse("reset", orjson.dumps({"reason": reason}).decode(), told)

    def _status(self) -> bytes:
        self._told_state = self._feed.state
        return sse("status", self._feed.status())

    def _closing(self) -> bytes:
        body = {"state": "closing", "reason": self._screen.ended or "lifetime"}
        return sse("status", orjson.dumps(body).decode())

    def _position_is_old(self) -> bool:
        """True if nothing told a quiet screen for a while that the feed moved on."""
        quiet = asyncio.get_running_loop().time() - self._told_at >= self._feed.limits.beat_s
        return quiet and format_vector(self._feed.ring.vector) != self._told_id

    def _position(self) -> bytes:
        """An id without an event: the browser keeps it for the next time it connects."""
        self._tell(format_vector(self._feed.ring.vector))
        return id_line(self._told_id) + b"\r\n"

    def _tell(self, event_id: str) -> str:
        self._told_id, self._told_at = event_id, asyncio.get_running_loop().time()
        return event_id


def _left(deadline: float) -> float:
    return deadline - asyncio.get_running_loop().time()
