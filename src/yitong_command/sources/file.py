"""Pictures from anything PyAV opens: a video file, a stream's address, a camera's number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from yitong_command.domain.frame import Pixels
from yitong_command.errors import CorruptMedia, SourceLost

OPEN_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 10.0
DEFAULT_RATE = 25.0


@dataclass(frozen=True, slots=True, eq=False)
class MediaFrame:
    """One picture of a medium.

    Attributes:
        captured_at: Start of the medium plus `media_s`, aware UTC.
        media_s: Seconds since the first picture, never smaller than before.
        pixels: Shape ``(height, width, 3)``, BGR, upright.
    """

    captured_at: datetime
    media_s: float
    pixels: Pixels


def open_media(source: str, every_s: float, started_at: datetime) -> Iterator[MediaFrame]:
    """Pictures of a medium in order, at most one per ``every_s`` of its own time.

    Args:
        source: A file, an address (``rtsp://`` and whatever else FFmpeg reads), or the number of
            a camera on this machine.
        every_s: Seconds of media time between two pictures; 0 for every picture.
        started_at: When the first picture was taken, aware UTC.

    Raises:
        CorruptMedia: If a file is absent, holds no video, or can't be decoded.
        SourceLost: If a stream or camera can't be reached, or ends by an error.
    """
    shown = _without_login(source)
    live = "://" in source or source.isdecimal()
    try:
        with _open(source) as container:
            stream = _video_stream(container, shown)
            yield from _pictures(container, stream, every_s, started_at)
    except _NothingDecoded:
        raise CorruptMedia(f"{shown}: 没有可解码的画面 / no picture could be decoded") from None
    except (av.FFmpegError, OSError) as exc:
        why = getattr(exc, "strerror", None) or type(exc).__name__
        if live:
            raise SourceLost(f"{shown}: 视频源中断 / source lost: {why}") from exc
        raise CorruptMedia(f"{shown}: 无法读取视频 / can't be read as video: {why}") from exc


class _NothingDecoded(Exception):
    """The medium ended without one good picture."""


def _open(source: str) -> InputContainer:
    timeout = (OPEN_TIMEOUT_S, READ_TIMEOUT_S)
    if source.isdecimal():
        return av.open(f"/dev/video{source}", format="v4l2", timeout=timeout)
    if source.startswith(("rtsp://", "rtsps://")):
        return av.open(source, options={"rtsp_transport": "tcp"}, timeout=timeout)
    if "://" in source:
        return av.open(source, timeout=timeout)
    return av.open(str(Path(source)), timeout=timeout)


def _video_stream(container: InputContainer, shown: str) -> VideoStream:
    names = container.format.name
    if names.startswith("image2") or names.endswith("_pipe"):
        raise CorruptMedia(f"{shown}: 这是图片, 不是视频 / a still picture, not a video")
    if not container.streams.video:
        raise CorruptMedia(f"{shown}: 没有视频流 / there is no video in it")
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    return stream


def _pictures(
    container: InputContainer, stream: VideoStream, every_s: float, started_at: datetime
) -> Iterator[MediaFrame]:
    timeline = _Timeline(float(stream.average_rate or stream.base_rate or DEFAULT_RATE))
    due_s, any_frame = 0.0, False
    for frame in _frames(container, stream):
        any_frame = True
        media_s = timeline.media_s(frame)
        if media_s + 1e-6 < due_s:
            continue
        due_s = max(due_s + every_s, media_s + every_s / 2)
        yield MediaFrame(started_at + timedelta(seconds=media_s), media_s, _upright(frame))
    if not any_frame:
        raise _NothingDecoded


def _frames(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """Frames of a stream; packets that can't be decoded are passed over, as players do."""
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.InvalidDataError:
            continue
        for frame in frames:
            if isinstance(frame, VideoFrame) and not frame.is_corrupt:
                yield frame


class _Timeline:
    """Media time of frames, whatever their timestamps do.

    Args:
        rate: Pictures per second, for frames without a timestamp.
    """

    def __init__(self, rate: float) -> None:
        self._step_s = 1.0 / rate
        self._origin_s: float | None = None
        self._last_s: float | None = None

    def media_s(self, frame: VideoFrame) -> float:
        """Seconds since the first frame; a timestamp that jumps back goes on from the last one."""
        following_s = 0.0 if self._last_s is None else self._last_s + self._step_s
        now_s = following_s
        if frame.time is not None:
            if self._origin_s is None:
                self._origin_s = frame.time - following_s
            now_s = frame.time - self._origin_s
            if self._last_s is not None and now_s < self._last_s:
                self._origin_s = frame.time - following_s
                now_s = following_s
        self._last_s = now_s
        return now_s


def _upright(frame: VideoFrame) -> Pixels:
    """Pixels turned as the display matrix says; phones film sideways and note it there."""
    pixels = np.asarray(frame.to_ndarray(format="bgr24"), dtype=np.uint8)
    quarters = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(pixels, quarters)) if quarters else pixels


def _without_login(source: str) -> str:
    """The source without anything up to its last ``@``: a password may hold a slash."""
    scheme, mark, rest = source.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if mark else source
