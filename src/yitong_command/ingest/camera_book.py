"""What can be said of every camera now, and telling it when it changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from yitong_command.bus.messages import CameraStateMessage
from yitong_command.domain.camera import MAIN_VIEW, Camera, CameraState
from yitong_command.ingest import metrics
from yitong_command.sources.keyframe import SourceState, SourceStatus

REPEAT = timedelta(seconds=30)
LATE_INTERVALS = 3.0
LATEST_S = 10.0

Reason = tuple[str, str]
GOOD: Reason = ("", "")


@dataclass(slots=True)
class _Entry:
    camera: Camera
    state: CameraState = CameraState.CONNECTING
    since: datetime | None = None
    reason: Reason = ("正在连接", "connecting")
    view_id: str = MAIN_VIEW
    looked: CameraState = CameraState.CONNECTING
    looked_reason: Reason = GOOD
    looked_at: datetime | None = None
    looks: int = 0
    told_at: datetime | None = None


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
    limit_s = max(LATEST_S, LATE_INTERVALS * interval_s)
    newest = max(source.since, at) if at is not None else source.since
    waited_s = (now - newest).total_seconds()
    if waited_s > limit_s:
        return CameraState.LATE, (
            f"已{waited_s:.0f}秒没有新画面", f"no new picture for {waited_s:.0f} s"
        )  # fmt: skip
    return state, reason


class CameraBook:
    """State of all cameras of this worker; used from the event loop only.

    Args:
        cameras: All of them.
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

    def looked(
        self,
        camera_id: str,
        view_id: str,
        state: CameraState | None,
        at: datetime,
        reason: Reason = GOOD,
    ) -> None:
        """Take down what a look said.

        Args:
            camera_id: The camera.
            view_id: The view it showed, or "" while between views.
            state: ``live`` if it could be judged; None if it says nothing new of the camera.
            at: Its capture time.
            reason: Why it, or a part of it, could not be judged.
        """
        entry = self._entries[camera_id]
        if state is not None:
            entry.looked, entry.looked_reason = state, reason
        entry.view_id = view_id
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
            looked = (entry.looked, entry.looked_reason, entry.looked_at)
            state, reason = state_of(source, looked, entry.camera.look_interval_s, now)
            changed = entry.since is None or state is not entry.state
            if changed:
                entry.since, entry.state = now, state
            if changed or state is not CameraState.LATE:
                entry.reason = reason
            if changed or entry.told_at is None or now - entry.told_at >= REPEAT:
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

    def _message(self, entry: _Entry, dropped: int, now: datetime) -> CameraStateMessage:
        return CameraStateMessage(
            camera_id=entry.camera.camera_id,
            state=entry.state,
            since=entry.since or now,
            at=now,
            reason_zh=entry.reason[0],
            reason_en=entry.reason[1],
            view_id=entry.view_id,
            worker=self._worker,
            worker_url=self._worker_url,
            looks=entry.looks,
            dropped_frames=dropped,
        )
