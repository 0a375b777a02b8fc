"""Trying cameras' streams: whether they can be watched, and how well."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import av
from av.error import FFmpegError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext

from yitong_command.domain.frame import Pixels
from yitong_command.errors import CorruptMedia
from yitong_command.sources.decoder import KeyframeDecoder
from yitong_command.sources.keyframe import Keyframe, SourceState, SourceStatus
from yitong_command.sources.rtsp.receiver import RtspReceiver
from yitong_command.sources.rtsp.tls import TlsPolicy

SWEEP_S = 0.1
_CODECS = {"h264": "h264", "h265": "hevc"}


@dataclass(frozen=True, slots=True)
class StreamCheck:
    """What a stream turned out to be.

    Attributes:
        camera_id: The camera.
        reachable: Whether a whole picture came.
        reason: Why not, Chinese and English; empty if it did.
        codec: ``h264`` or ``h265``, "" if unknown.
        width: Pixels, 0 if unknown.
        height: Pixels, 0 if unknown.
        fps: Pictures a second as the stream says, or None if it does not.
        keyframe_interval_s: Usual time between two keyframes, or None if fewer than three came.
        clock_offset_s: How far the camera's clock is ahead of ours, or None if it never told.
        first_picture_s: Seconds until the first whole picture, or None.
        pixels: The newest picture, or None. Not masked.
    """

    camera_id: str
    reachable: bool
    reason: tuple[str, str]
    codec: str = ""
    width: int = 0
    height: int = 0
    fps: float | None = None
    keyframe_interval_s: float | None = None
    clock_offset_s: float | None = None
    first_picture_s: float | None = None
    pixels: Pixels | None = None


def check_streams(
    targets: Mapping[str, tuple[str, tuple[str, str] | None]],
    clock: Callable[[], datetime],
    watch_s: float = 12.0,
    tls: TlsPolicy | None = None,
    progress: Callable[[int], None] = lambda _done: None,
    at_once: int = 64,
) -> dict[str, StreamCheck]:
    """Watch each stream until its keyframe interval is known, or for ``watch_s`` at most.

    Args:
        targets: Address and login by camera.
        clock: The current time, aware UTC.
        watch_s: Longest time for one camera, seconds; long enough for three keyframes.
        tls: Whom to believe on ``rtsps`` addresses.
        progress: Told how many are done.
        at_once: How many are watched at a time.
    """
    receiver = RtspReceiver(clock, tls=tls)
    receiver.start()
    try:
        run = _Run(receiver, watch_s)
        waiting = list(targets.items())
        while waiting or run.active:
            while waiting and len(run.active) < at_once:
                camera_id, (url, login) = waiting.pop(0)
                run.begin(camera_id, url, login)
            time.sleep(SWEEP_S)
            run.sweep()
            progress(len(run.done))
        return run.done
    finally:
        receiver.stop()


class _Run:
    def __init__(self, receiver: RtspReceiver, watch_s: float) -> None:
        self._receiver = receiver
        self._watch_s = watch_s
        self._decoder = KeyframeDecoder()
        self.active: dict[str, tuple[float, Keyframe | None, float | None]] = {}
        self.done: dict[str, StreamCheck] = {}

    def begin(self, camera_id: str, url: str, login: tuple[str, str] | None) -> None:
        try:
            self._receiver.add(camera_id, url, login)
        except ValueError as exc:
            self.done[camera_id] = StreamCheck(camera_id, False, ("地址无效", str(exc)))
            return
        self.active[camera_id] = (time.monotonic(), None, None)

    def sweep(self) -> None:
        for camera_id, (began, newest, first_s) in list(self.active.items()):
            now = time.monotonic()
            taken = self._receiver.take(camera_id)
            if taken is not None and first_s is None:
                first_s = now - began
            newest = taken or newest
            self.active[camera_id] = (began, newest, first_s)
            status = self._receiver.status(camera_id)
            known = newest is not None and status.keyframe_interval_s is not None
            refused = newest is None and status.state is SourceState.OFF and now - began > 3
            if known or refused or now - began > self._watch_s:
                self._receiver.remove(camera_id)
                del self.active[camera_id]
                self.done[camera_id] = self._result(camera_id, newest, first_s, status)

    def _result(
        self, camera_id: str, newest: Keyframe | None, first_s: float | None, status: SourceStatus
    ) -> StreamCheck:
        if newest is None:
            reason = (
                status.reason_zh or f"{self._watch_s:.0f} 秒内没有完整画面",
                status.reason_en or f"no whole picture within {self._watch_s:.0f} s",
            )
            return StreamCheck(camera_id, False, reason, clock_offset_s=status.clock_offset_s)
        try:
            pixels = self._decoder.decode(newest)
        except CorruptMedia as exc:
            return StreamCheck(camera_id, False, ("画面无法解码", str(exc)), newest.codec)
        return StreamCheck(
            camera_id=camera_id,
            reachable=True,
            reason=("", ""),
            codec=newest.codec,
            width=pixels.shape[1],
            height=pixels.shape[0],
            fps=_told_fps(newest),
            keyframe_interval_s=status.keyframe_interval_s,
            clock_offset_s=status.clock_offset_s,
            first_picture_s=first_s,
            pixels=pixels,
        )


def _told_fps(keyframe: Keyframe) -> float | None:
    """The rate in the stream's own parameters; many cameras leave it out."""
    context = av.CodecContext.create(_CODECS[keyframe.codec], "r")
    if not isinstance(context, VideoCodecContext):
        return None
    try:
        context.decode(Packet(keyframe.annexb))
        context.decode(None)
    except FFmpegError:
        return None
    rate = context.framerate
    return round(float(rate), 2) if rate else None
