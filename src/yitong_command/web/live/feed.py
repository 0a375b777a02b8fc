"""The live feed of one web process: takes Kafka records in, gives event streams out.

Every screen reads the same ring with its own position, so nothing is copied per screen and a
screen that does not read costs nothing but its socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import orjson
import structlog
from prometheus_client import Counter, Histogram

from yitong_command.bus.messages import (
    CameraStateMessage,
    CaseMessage,
    Message,
    TaskMessage,
)
from yitong_command.bus.topics import CAMERA_STATES, Topic
from yitong_command.bus.wire import decode
from yitong_command.errors import BadMessage
from yitong_command.web.live.cameras import CameraStates
from yitong_command.web.live.ring import Entry, Ring
from yitong_command.web.live.view import Sight, View
from yitong_command.web.live.wire import sse

log = structlog.get_logger()

Piece = tuple[bytes, str]
"""Encoded events, and the position after the last of them; both empty if there are none."""

MESSAGES = Counter("yitong_web_feed_messages_total", "Records taken from Kafka", ["topic"])
GARBAGE = Counter("yitong_web_feed_garbage_total", "Records that could not be decoded", ["topic"])
AGE = Histogram(
    "yitong_web_feed_age_seconds",
    "From the time of a Kafka record to its place in the feed",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 30),
)

EVENT_NAMES = {
    "alerts": "alert", "cases": "case", "tasks": "task", "camera-states": "camera",
    "camera-faults": "fault", "escalations": "escalation",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FeedLimits:
    """Bounds of the feed.

    Attributes:
        ring: How many messages are kept for resuming.
        lag: How many messages a screen may be behind before it is disconnected.
        lifetime_s: Longest life of one connection: signed-out and expired sessions end, and
            after an update of one of several web processes screens spread over all again.
        beat_s: After this many quiet seconds a screen is told the position again.
        catch_up_s: How long to wait for what another web process has already shown.
    """

    ring: int = 20_000
    lag: int = 10_000
    lifetime_s: float = 1800.0
    beat_s: float = 15.0
    catch_up_s: float = 2.0


@dataclass(eq=False, slots=True)
class Screen:
    """One connected screen.

    Attributes:
        view: What it may show.
        token_hash: The session that opened it.
        last_id: Where it wants to resume, or None for a new one.
        ended: Why it must connect again, or "" while it may stay.
    """

    view: View
    token_hash: str
    last_id: str | None = None
    ended: str = ""


class LiveFeed:
    """Takes records of the feed's topics and streams them to any number of screens.

    Args:
        cameras: Newest camera states, kept up to date by this feed.
        clock: Reads the time, aware UTC.
        limits: Bounds.
    """

    def __init__(
        self,
        cameras: CameraStates,
        clock: Callable[[], datetime],
        limits: FeedLimits | None = None,
    ) -> None:
        self.cameras = cameras
        self.limits = limits or FeedLimits()
        self.ring = Ring(self.limits.ring)
        self.state = "starting"
        self.detail = ""
        self.filled = False
        self._clock = clock
        self._since = clock()
        self._wake = asyncio.Event()
        self.screens: set[Screen] = set()
        self._pieces: dict[tuple[Sight, int, int], Piece] = {}
        self._pieces_at = 0

    def take(
        self, topic: Topic, partition: int, offset: int, value: bytes | None, at_ms: int
    ) -> None:
        """Take one record; garbage is counted and skipped.

        Args:
            topic: Its topic.
            partition: Partition number.
            offset: Its offset.
            value: The record's value; None is a tombstone.
            at_ms: Time of the record, milliseconds since 1970.
        """
        name = f"{topic.name}-{partition}"
        MESSAGES.labels(topic.name).inc()
        if topic is CAMERA_STATES:
            self._take_camera(name, offset, value)
            return
        try:
            message = decode(topic.payload, value)
        except BadMessage as exc:
            self._skip(topic, name, offset, exc)
            return
        entry = Entry(
            name, offset, EVENT_NAMES[topic.name], _body(topic, message), _reader_of(message),
            getattr(message, "grid_code", None), tuple(getattr(message, "cameras", ())),
        )  # fmt: skip
        if self.ring.append(entry) and self.filled:
            AGE.observe(max(0.0, self._clock().timestamp() - at_ms / 1000))

    def _take_camera(self, name: str, offset: int, value: bytes | None) -> None:
        try:
            message = decode(CameraStateMessage, value)
        except BadMessage as exc:
            self._skip(CAMERA_STATES, name, offset, exc)
            return
        changed = self.cameras.take(name, offset, message)
        if changed and self.filled:
            body, about = _body(CAMERA_STATES, message), (message.camera_id,)
            self.ring.append(Entry(name, offset, "camera", body, cameras=about))
        else:
            self.ring.advance(name, offset)

    def _skip(self, topic: Topic, name: str, offset: int, exc: BadMessage) -> None:
        GARBAGE.labels(topic.name).inc()
        log.warning("feed_garbage_skipped", partition=name, offset=offset, reason=str(exc))
        self.ring.advance(name, offset)

    def set_state(self, state: str, detail: str = "") -> None:
        """Say how the connection to Kafka is; screens are told when it changes.

        Args:
            state: ``starting``, ``live``, ``broker_down`` or ``topics_missing``.
            detail: For the log and the health page.
        """
        self.detail = detail
        self.filled = self.filled or state == "live"
        if state != self.state:
            self.state, self._since = state, self._clock()
            log.info("feed_state", state=state, detail=detail)
            self.wake()

    def start_over(self) -> None:
        """Forget everything: the topics were made anew or messages expired unseen."""
        self.ring = Ring(self.limits.ring)
        self.cameras.forget_all()
        self.filled = False
        for screen in self.screens:
            screen.ended = "started_over"
        self.wake()

    def wake(self) -> None:
        """Let all screens look at the ring."""
        wake, self._wake = self._wake, asyncio.Event()
        wake.set()

    def tell_desks(self, event: str, data: str, grid_code: str | None) -> None:
        """Tell the desks that cover a grid something that is not in Kafka; it is never replayed."""
        self.ring.note(event, sse(event, data), grid_code=grid_code)
        self.wake()

    def look_for_silence(self) -> None:
        """Tell screens about cameras of which nothing was heard for too long."""
        silent = self.cameras.newly_silent(self._clock())
        for message in silent:
            self.ring.note("camera", _body(CAMERA_STATES, message), (message.camera_id,))
        if silent:
            first = [message.camera_id for message in silent[:5]]
            log.warning("cameras_silent", count=len(silent), first=first)
            self.wake()

    def end_session(self, token_hash: str) -> None:
        """Disconnect the screens of a session that was signed out."""
        for screen in self.screens:
            if screen.token_hash == token_hash:
                screen.ended = "signed_out"
        self.wake()

    def now(self) -> datetime:
        """The time, aware UTC."""
        return self._clock()

    def status(self) -> str:
        """The state as the data of a ``status`` event."""
        body = {"state": self.state, "since": self._since, "at": self._clock()}
        return orjson.dumps(body).decode()

    def piece(self, view: View, start: int, stop: int) -> Piece:
        """What a screen gets of the ring from ``start`` to before ``stop``, as one piece.

        Screens wake together and mostly see the same: it is encoded once for all of them.
        """
        if self._pieces_at != self.ring.head:
            self._pieces.clear()
            self._pieces_at = self.ring.head
        key = (view.sight, start, stop)
        known = self._pieces.get(key)
        if known is None:
            shown = [slot for slot in self.ring.slots(start, stop) if view.shows(slot.entry)]
            data = b"".join(part for slot in shown for part in (slot.head, view.body(slot.entry)))
            known = self._pieces[key] = (data, shown[-1].event_id if shown else "")
        return known

    def next_change(self) -> asyncio.Event:
        """Set when something new is in the ring or the state changes.

        Take it before looking at either: what comes between looking and waiting is not missed.
        """
        return self._wake


async def wait_for(change: asyncio.Event, timeout_s: float) -> None:
    """Wait for a change, but not longer than this."""
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await change.wait()


def _body(topic: Topic, message: Message) -> bytes:
    return sse(EVENT_NAMES[topic.name], message.model_dump_json())


def _reader_of(message: Message) -> str | None:
    if isinstance(message, TaskMessage):
        return message.assignee
    if isinstance(message, CaseMessage):
        return message.holder
    return None
