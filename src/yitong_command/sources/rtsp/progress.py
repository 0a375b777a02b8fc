"""How one camera is doing: its newest keyframe, its state, its clock."""

from __future__ import annotations

import statistics
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from yitong_command.sources.keyframe import CodecName, Keyframe, SourceState, SourceStatus
from yitong_command.sources.rtsp.assembler import Picture
from yitong_command.sources.rtsp.failure import RtspFailure

_INTERVALS = 5
_IRREGULAR = 2
"""Servers begin with a keyframe they have kept, so the first interval says nothing."""
_NTP_EPOCH = datetime(1900, 1, 1, tzinfo=UTC)
_ERA_S = 2.0**32
_NO_WALL_CLOCK_S = 2.0**30


class Progress:
    """Written by the receiver's thread, read by any.

    Args:
        camera_id: The camera.
        clock: The current time, aware UTC; it never goes back.
    """

    def __init__(self, camera_id: str, clock: Callable[[], datetime]) -> None:
        self._camera_id = camera_id
        self._clock = clock
        self._lock = threading.Lock()
        self._newest: Keyframe | None = None
        self._intervals: deque[float] = deque(maxlen=_INTERVALS)
        self._in_a_row = 0
        self._status = SourceStatus(
            SourceState.CONNECTING, clock(), "正在连接", "connecting to the camera"
        )

    def take(self) -> Keyframe | None:
        """The newest keyframe, once."""
        with self._lock:
            newest, self._newest = self._newest, None
            return newest

    def status(self, damaged: int) -> SourceStatus:
        """How the camera is doing, with so many damaged keyframes so far."""
        with self._lock:
            interval_s = statistics.median(self._intervals) if self._intervals else None
            return replace(self._status, damaged=damaged, keyframe_interval_s=interval_s)

    def came(self, codec: CodecName, picture: Picture) -> None:
        """A complete keyframe came."""
        at = self._clock()
        keyframe = Keyframe(self._camera_id, codec, picture.annexb, at, picture.timestamp)
        with self._lock:
            before = self._status
            if self._in_a_row >= _IRREGULAR and before.last_keyframe_at is not None:
                self._intervals.append((at - before.last_keyframe_at).total_seconds())
            self._in_a_row += 1
            unread, self._newest = self._newest, keyframe
            live = before.state is SourceState.LIVE
            self._status = SourceStatus(
                SourceState.LIVE,
                before.since if live else at,
                "",
                "",
                before.keyframes + 1,
                before.dropped + (unread is not None),
                at,
                clock_offset_s=before.clock_offset_s,
            )

    def told_time(self, ntp_s: float) -> None:
        """The camera told what time it has, in seconds since 1900, wrapped; 0 for none."""
        ours_s = (self._clock() - _NTP_EPOCH).total_seconds()
        ahead_s = (ntp_s - ours_s + _ERA_S / 2) % _ERA_S - _ERA_S / 2
        # Cameras without a calendar count from when they were switched on (RFC 3550, 6.4.1).
        counted = ntp_s < _NO_WALL_CLOCK_S < ours_s % _ERA_S
        with self._lock:
            offset_s = None if counted else round(ahead_s, 3)
            self._status = replace(self._status, clock_offset_s=offset_s)

    def failed(self, failure: RtspFailure) -> bool:
        """The camera is off; returns whether that, or the reason, is news."""
        with self._lock:
            before = self._status
            self._in_a_row = 0
            known = before.state is SourceState.OFF
            self._status = replace(
                before,
                state=SourceState.OFF,
                since=before.since if known else self._clock(),
                reason_zh=failure.zh,
                reason_en=failure.en,
            )
        return not known or before.reason_en != failure.en
