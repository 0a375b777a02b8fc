"""What can be said of every camera now, and telling it when it changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from yitong_command.bus.messages import CameraStateMessage
from yitong_command.domain.camera import MAIN_VIEW, Camera, CameraKind, CameraState
from yitong_command.ingest import metrics
from yitong_command.rules import camera_steady
from yitong_command.rules.camera_steady import Reason, Steady
from yitong_command.sources.keyframe import SourceState, SourceStatus

REPEAT = timedelta(seconds=30)
LATE_INTERVALS = 3.0
LATEST_S = 10.0
LATE_KEYFRAMES = 2.0
SPARSE = 1.5
"""So many times the look interval between two keyframes is worth saying."""

GOOD: Reason = ("", "")
CONNECTING: Reason = ("正在连接", "connecting")


@dataclass(slots=True)
class _Entry:
    camera: Camera
    steady: Steady | None = None
    view_id: str = MAIN_VIEW
    looked: CameraState = CameraState.CONNECTING
    looked_reason: Reason = GOOD
    looked_at: datetime | None = None
    excused: bool = False
    looks: int = 0
    told_at: datetime | None = None

    @property
    def state(self) -> CameraState:
        return self.steady.state if self.steady else CameraState.CONNECTING

    @property
    def reason(self) -> Reason:
        return self.steady.reason if self.steady else CONNECTING


def state_of(
    source: SourceStatus,
    looked: tuple[CameraState, Reason, datetime | None],
    interval_s: float,
    now: datetime,
) -> tuple[CameraState, Reason]:
    """A camera's state from its source and its newest look.

    Args:
        source: How the stream is doing.
        looked: What the newest look said, why, and when; None before the first.
        interval_s: How often it should be looked at.
        now: The current time.
    """
    if source.state is not SourceState.LIVE:
        state = CameraState.OFF if source.state is SourceState.OFF else CameraState.CONNECTING
        return state, (source.reason_zh, source.reason_en)
    state, reason, at = looked
    keyframe_s = source.keyframe_interval_s or 0.0
    limit_s = max(LATEST_S, LATE_INTERVALS * interval_s, LATE_KEYFRAMES * keyframe_s)
    newest = max(source.since, at) if at is not None else source.since
    waited_s = (now - newest).total_seconds()
    if waited_s > limit_s:
        return CameraState.LATE, (
            f"已{waited_s:.0f}秒没有新画面", f"no new picture for {waited_s:.0f} s"
        )  # fmt: skip
    if state is CameraState.LIVE and reason == GOOD and keyframe_s > SPARSE * interval_s:
        return state, (
            f"摄像机每{keyframe_s:.0f}秒一个关键帧，只能如此查看",
            f"a keyframe every {keyframe_s:.0f} s, so no look is possible more often",
        )
    return state, reason


class CameraBook:
    """State of all cameras of this worker; used from the event loop only.

    Args:
        cameras: Those it has from the start.
        worker: Name of this worker.
        worker_url: Where its pictures can be fetched.
        tell: Called with every change and, for each camera, every 30 seconds.
    """

    def __init__(
        self,
        cameras: tuple[Camera, ...],
        worker: str,
        worker_url: str,
        tell: Callable[[CameraStateMessage], None],
    ) -> None:
        self._entries = {camera.camera_id: _Entry(camera) for camera in cameras}
        self._worker = worker
        self._worker_url = worker_url
        self._tell = tell

    def add(
        self, camera: Camera, state: CameraState | None = None, since: datetime | None = None
    ) -> None:
        """Have one camera more, or one with a new definition.

        Args:
            camera: The camera.
            state: What another worker told of it last, if anything.
            since: Since when.
        """
        steady = None
        if state is not None and since is not None:
            steady = camera_steady.begin(state, GOOD, since)
        known = self._entries.get(camera.camera_id)
        if known is not None:
            known.camera = camera
        else:
            self._entries[camera.camera_id] = _Entry(camera, steady)

    def remove(self, camera_id: str) -> None:
        """Forget a camera; one that is not known is none."""
        self._entries.pop(camera_id, None)

    def looked(
        self,
        camera_id: str,
        view_id: str,
        state: CameraState | None,
        at: datetime,
        reason: Reason = GOOD,
        *,
        excused: bool = False,
    ) -> None:
        """Take down what a look said.

        Args:
            camera_id: The camera; one that was removed meanwhile is none.
            view_id: The view it showed, or "" while between views.
            state: ``live`` if it could be judged; None if it says nothing new of the camera.
            at: Its capture time.
            reason: Why it, or a part of it, could not be judged.
            excused: Whether only because the camera turns from view to view.
        """
        entry = self._entries.get(camera_id)
        if entry is None:
            return
        if state is not None:
            entry.looked, entry.looked_reason = state, reason
        entry.view_id, entry.excused = view_id, excused
        entry.looked_at = at
        entry.looks += state is CameraState.LIVE

    def sweep(self, status: Callable[[str], SourceStatus], now: datetime) -> None:
        """Bring all states up to date and tell what changed or is due.

        Args:
            status: Gives the state of a camera's stream.
            now: The current time.
        """
        dropped = 0
        for camera_id, entry in self._entries.items():
            source = status(camera_id)
            dropped += source.dropped
            if self._settle(entry, source, now) or _due(entry, now):
                entry.told_at = now
                self._tell(self._message(entry, source.dropped, now))
        metrics.DROPPED.set(dropped)
        for name, number in self.counts().items():
            metrics.CAMERAS.labels(name).set(number)

    def counts(self) -> dict[str, int]:
        """Cameras by state; every state is listed."""
        found = Counter(entry.state for entry in self._entries.values())
        return {state.value: found[state] for state in CameraState}

    def state(self, camera_id: str) -> tuple[CameraState, Reason] | None:
        """State and reason of one camera, or None if it is not ours."""
        entry = self._entries.get(camera_id)
        return (entry.state, entry.reason) if entry else None

    def since(self, camera_id: str) -> datetime | None:
        """Since when a camera is in its state, or None if nothing was told of it yet."""
        entry = self._entries.get(camera_id)
        return entry.steady.since if entry and entry.steady else None

    def _settle(self, entry: _Entry, source: SourceStatus, now: datetime) -> bool:
        """Bring one camera up to date; True if a screen must hear of it at once."""
        looked = (entry.looked, entry.looked_reason, entry.looked_at)
        state, reason = state_of(source, looked, entry.camera.look_interval_s, now)
        before = entry.steady
        if before is None:
            entry.steady = camera_steady.begin(state, reason, now)
            return True
        turns = entry.camera.kind is CameraKind.BALL
        entry.steady = camera_steady.settle(before, state, reason, now, turns=turns)
        now_told = entry.steady
        if (before.state, before.since) != (now_told.state, now_told.since):
            return True
        counts = now_told.unstable_since is not None or now_told.state is CameraState.COVERED
        return counts and before.reason != now_told.reason

    def _message(self, entry: _Entry, dropped: int, now: datetime) -> CameraStateMessage:
        return CameraStateMessage(
            camera_id=entry.camera.camera_id,
            state=entry.state,
            since=entry.steady.since if entry.steady else now,
            at=now,
            reason_zh=entry.reason[0],
            reason_en=entry.reason[1],
            view_id=entry.view_id,
            worker=self._worker,
            worker_url=self._worker_url,
            looks=entry.looks,
            dropped_frames=dropped,
            excused=entry.excused and entry.state is CameraState.NOT_JUDGED,
        )


def _due(entry: _Entry, now: datetime) -> bool:
    return entry.told_at is None or now - entry.told_at >= REPEAT
