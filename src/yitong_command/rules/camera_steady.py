"""What is told of a camera: a state that held for a while, and one word for one that flaps.

Pure: what is seen and the event time in, what is told out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from yitong_command.domain.camera import CameraState

Reason = tuple[str, str]

HOLD: dict[CameraState, timedelta] = {
    CameraState.OFF: timedelta(seconds=5),
    CameraState.CONNECTING: timedelta(seconds=5),
    CameraState.COVERED: timedelta(seconds=3),
    CameraState.NOT_JUDGED: timedelta(seconds=5),
    CameraState.LIVE: timedelta(seconds=2),
}
"""How long a state must be seen before it is told; late and frozen are durations already."""
WINDOW = timedelta(minutes=5)
FLAPS = 4
"""So many falls within the window are one unstable camera."""
CALM = timedelta(minutes=2)
"""An unstable camera is believed again after being live for so long."""

_STREAM = frozenset({CameraState.OFF, CameraState.CONNECTING, CameraState.LATE})


@dataclass(frozen=True, slots=True)
class Steady:
    """What is told of a camera.

    Attributes:
        state: The state told.
        since: Since when it is so; when it was first seen, not when it was first told.
        reason: Why, Chinese and English.
        seen: The state seen last.
        seen_since: Since when.
        falls: When it fell from live, within the window; the newest last.
        unstable_since: Since when it is one unstable camera, or None.
        fell: The state it fell into last.
    """

    state: CameraState
    since: datetime
    reason: Reason
    seen: CameraState
    seen_since: datetime
    falls: tuple[datetime, ...] = ()
    unstable_since: datetime | None = None
    fell: CameraState = CameraState.LATE


def begin(state: CameraState, reason: Reason, at: datetime) -> Steady:
    """What is told of a camera that was just added."""
    return Steady(state, at, reason, state, at)


def settle(
    before: Steady, state: CameraState, reason: Reason, at: datetime, *, turns: bool = False
) -> Steady:
    """What is told after the camera was seen in a state.

    Args:
        before: What was told so far.
        state: What is seen now.
        reason: Why.
        at: Now; never earlier than before.
        turns: True for a ball camera, which is not judged while it turns: that is no fault, told
            at once and never counted.
    """
    known = _noted(before, state, at)
    if turns and {state, before.state} <= {CameraState.LIVE, CameraState.NOT_JUDGED}:
        return _told(known, state, reason)
    if known.unstable_since is not None:
        return _unstable(known, reason, at)
    if state is known.state:
        return replace(known, reason=known.reason if state is CameraState.LATE else reason)
    if known.state is CameraState.CONNECTING or at - known.seen_since >= HOLD.get(
        state, timedelta()
    ):
        return _told(known, state, reason)
    return known


def _noted(before: Steady, state: CameraState, at: datetime) -> Steady:
    """Take down what is seen; a fall from live is counted, told or not."""
    falls = tuple(fall for fall in before.falls if at - fall < WINDOW)
    if state is before.seen:
        return replace(before, falls=falls)
    noted = replace(before, seen=state, seen_since=at, falls=falls)
    quiet = {CameraState.LIVE, CameraState.NOT_JUDGED}
    if before.seen is CameraState.LIVE and state not in quiet:
        falls = (*falls, at)
        unstable = before.unstable_since or (falls[0] if len(falls) >= FLAPS else None)
        noted = replace(noted, falls=falls, fell=state, unstable_since=unstable)
    return noted


def _told(known: Steady, state: CameraState, reason: Reason) -> Steady:
    if state is known.state:
        return replace(known, reason=reason)
    return replace(known, state=state, since=known.seen_since, reason=reason)


def _unstable(known: Steady, reason: Reason, at: datetime) -> Steady:
    """One state for all its falls; when it is calm again it is what it is seen to be."""
    since = known.unstable_since or at
    if at - known.seen_since >= CALM:
        calm = replace(known, falls=(), unstable_since=None)
        return _told(calm, known.seen, reason)
    count = max(len(known.falls), 1)
    minutes = WINDOW // timedelta(minutes=1)
    why = (
        f"不稳定：{minutes}分钟内中断{count}次",
        f"unstable: {count} interruptions within {minutes} min",
    )
    state = CameraState.LATE if known.fell in _STREAM else known.fell
    return replace(known, state=state, since=since, reason=why)
