"""What a camera gives: keyframes, and how its source is doing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

CodecName = Literal["h264", "h265"]


@dataclass(frozen=True, slots=True)
class Keyframe:
    """One complete picture that decodes by itself.

    Attributes:
        camera_id: The camera that sent it.
        codec: Which codec it is in.
        annexb: Parameter sets and slices, each after a start code (Annex B).
        received_at: When its last packet was read, aware UTC.
        rtp_timestamp: The camera's own clock, wraps at 2**32.
    """

    camera_id: str
    codec: CodecName
    annexb: bytes
    received_at: datetime
    rtp_timestamp: int


class SourceState(StrEnum):
    """What can be said of a source now."""

    CONNECTING = "connecting"
    LIVE = "live"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How a source is doing.

    Attributes:
        state: ``connecting`` before the first answer, ``live`` while keyframes come, ``off``
            from the first failure until the next keyframe.
        since: When it went into this state, aware UTC.
        reason_zh: Why it is not live, in Chinese; "" while live.
        reason_en: The same in English.
        keyframes: Complete keyframes received so far.
        dropped: Of those, how many nobody took before a newer one came.
        last_keyframe_at: When the newest complete one came, or None.
        damaged: Keyframes that lost packets on the way, or that were malformed.
        keyframe_interval_s: Usual time between two keyframes: nobody can look at this camera more
            often, whatever its look interval; None before the third.
        clock_offset_s: How far the camera's clock was ahead of ours when it last reported, or
            None if it never told a time. Nothing is dated by the camera's clock.
    """

    state: SourceState
    since: datetime
    reason_zh: str
    reason_en: str
    keyframes: int = 0
    dropped: int = 0
    last_keyframe_at: datetime | None = None
    damaged: int = 0
    keyframe_interval_s: float | None = None
    clock_offset_s: float | None = None
