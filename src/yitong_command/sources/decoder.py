"""Keyframes to pixels, on threads that share one decoder per codec between all cameras."""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from yitong_command.domain.frame import Pixels
from yitong_command.errors import CorruptMedia, Transient
from yitong_command.sources.keyframe import CodecName, Keyframe
from yitong_command.sources.picture import Picture
from yitong_command.sources.rtsp.nal import CODECS

MAX_PIXELS = 8192 * 4320
_AV_NAMES: dict[CodecName, str] = {"h264": "h264", "h265": "hevc"}
_LOW_DELAY = 0x80000
_START_CODE = b"\0\0\1"
_GRID = 8
_Samples = NDArray[np.uint8] | NDArray[np.uint16]


class DecoderBusy(Transient):
    """All decoders have work enough; look at this camera later."""


class KeyframeDecoder:
    """Decodes keyframes of any number of cameras, one after the other, on one thread.

    A keyframe brings its own parameter sets and refers to no other picture, so cameras can share
    a decoder: that saves 10 MB per 1080p camera. It is drained and flushed after each picture,
    which costs nothing measurable and lets streams with B-frames out at once; after a damaged
    picture it is replaced, lest anything is carried over into the next camera's.
    """

    def __init__(self) -> None:
        self._contexts: dict[CodecName, VideoCodecContext] = {}
        self._numbers = itertools.count(1)

    def decode(self, keyframe: Keyframe) -> Pixels:
        """The picture, shape ``(height, width, 3)``, BGR; see :meth:`picture`.

        Raises:
            CorruptMedia: If it can't be decoded whole; names the camera.
        """
        return self.picture(keyframe).pixels()

    def picture(self, keyframe: Keyframe) -> Picture:
        """The picture, not converted yet.

        Damage is found in nearly all damaged H.264 pictures, and in most of H.265, whose decoder
        leaves out what it can't read without saying so: see `_blank`.

        Raises:
            CorruptMedia: If it can't be decoded whole; names the camera.
        """
        if not _brings_parameter_sets(keyframe):
            raise CorruptMedia(_text(keyframe))
        number = next(self._numbers)
        picture = None
        try:
            frames = self._frames(keyframe, number)
            if len(frames) == 1 and frames[0].pts == number and not frames[0].is_corrupt:
                picture = _picture(frames[0], keyframe.codec)
        except (av.FFmpegError, ValueError, MemoryError) as exc:
            raise CorruptMedia(_text(keyframe)) from exc
        finally:
            if picture is None:
                self._contexts.pop(keyframe.codec, None)
        if picture is None:
            raise CorruptMedia(_text(keyframe))
        return picture

    def _frames(self, keyframe: Keyframe, number: int) -> list[VideoFrame]:
        context = self._contexts.get(keyframe.codec)
        if context is None:
            context = self._contexts[keyframe.codec] = _open(keyframe.codec)
        packet = av.Packet(keyframe.annexb)
        packet.pts = packet.dts = number
        frames = context.decode(packet) + context.decode(None)
        context.flush_buffers()
        return frames


def _picture(frame: VideoFrame, codec: CodecName) -> Picture | None:
    """The picture, or None if a part of it was not decoded."""
    if codec == "h264":
        return Picture(frame)
    planes = [_plane(frame, number) for number in range(len(frame.planes))]
    blank = len(planes) == 3 and _blank(planes)
    pixels = None if blank else Picture(frame).pixels()
    for plane in planes:
        plane[:] = 0
    return None if pixels is None else Picture(frame, pixels)


def _plane(frame: VideoFrame, number: int) -> _Samples:
    """The samples of a plane where they lie, shape ``(height, width)``."""
    plane = frame.planes[number]
    deep = frame.format.components[number].bits > 8
    memory = memoryview(plane)
    samples: _Samples
    samples = np.frombuffer(memory, np.uint16) if deep else np.frombuffer(memory, np.uint8)
    return samples.reshape(plane.height, -1)[:, : plane.width]


def _blank(planes: list[_Samples]) -> bool:
    """Whether a block of an H.265 picture was never written.

    The decoder writes into memory that was zero, as we zero it again after every picture (which
    also keeps one camera's picture out of the gaps of the next one's). Luma and both chromas of
    zero are no colour, so no decoded pixel has them.
    """
    height, width = planes[0].shape
    rows, columns = np.arange(0, height, _GRID), np.arange(0, width, _GRID)
    blank = np.ones((len(rows), len(columns)), bool)
    for plane in planes:
        at = np.ix_(rows * plane.shape[0] // height, columns * plane.shape[1] // width)
        blank &= plane[at] == 0
    return bool(blank.any())


def _open(codec: CodecName) -> VideoCodecContext:
    context = VideoCodecContext.create(_AV_NAMES[codec], "r")
    assert isinstance(context, VideoCodecContext)  # noqa: S101
    context.thread_count = 1
    context.thread_type = "NONE"
    context.flags |= _LOW_DELAY
    context.options = {"err_detect": "explode", "max_pixels": str(MAX_PIXELS)}
    return context


def _brings_parameter_sets(keyframe: Keyframe) -> bool:
    """Whether they stand before the picture; else it would be decoded by another camera's."""
    codec, data = CODECS[keyframe.codec], keyframe.annexb
    missing = set(codec.parameter_kinds)
    at = data.find(_START_CODE)
    while at >= 0 and missing:
        unit = data[at + 3 : at + 5]
        if not unit or codec.is_slice(codec.kind(unit)):
            return False
        missing.discard(codec.kind(unit))
        at = data.find(_START_CODE, at + 3)
    return not missing


def _text(keyframe: Keyframe) -> str:
    camera = keyframe.camera_id
    return f"摄像机 {camera}: 关键帧损坏 / camera {camera}: damaged keyframe"


T = TypeVar("T")
_Job = tuple[Keyframe, Callable[[KeyframeDecoder, Keyframe], Any], "Future[Any]"]


class DecoderPool:
    """Threads that decode keyframes; PyAV lets go of the interpreter lock while it decodes.

    Args:
        workers: How many threads; one per core is enough.
        waiting: How many keyframes may wait for a thread.
    """

    def __init__(self, workers: int, waiting: int = 64) -> None:
        self._jobs: queue.Queue[_Job | None] = queue.Queue(maxsize=waiting)
        self._closed = False
        self._threads = [
            threading.Thread(target=self._work, name=f"decoder-{number}", daemon=True)
            for number in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def healthy(self) -> bool:
        """Whether all threads run."""
        return all(thread.is_alive() for thread in self._threads)

    def decode(self, keyframe: Keyframe) -> Pixels:
        """The picture, shape ``(height, width, 3)``, BGR; waits for a thread.

        Raises:
            CorruptMedia: If it can't be decoded whole; names the camera.
        """
        future: Future[Pixels] = Future()
        self._check_open()
        self._jobs.put((keyframe, _decode, future))
        return future.result()

    def submit(self, keyframe: Keyframe) -> Future[Pixels]:
        """The picture to come; `asyncio.wrap_future` awaits it.

        Raises:
            DecoderBusy: If as many wait already as may.
        """
        return self._submit(keyframe, _decode)

    def apply(self, keyframe: Keyframe, use: Callable[[Picture], T]) -> Future[T]:
        """What a function makes of the picture, in the thread that decoded it.

        Args:
            keyframe: The picture.
            use: Must not fail on any picture.

        Raises:
            DecoderBusy: If as many wait already as may.
        """
        return self._submit(keyframe, lambda decoder, one: use(decoder.picture(one)))

    def _submit(
        self, keyframe: Keyframe, work: Callable[[KeyframeDecoder, Keyframe], T]
    ) -> Future[T]:
        future: Future[T] = Future()
        self._check_open()
        try:
            self._jobs.put_nowait((keyframe, work, future))
        except queue.Full:
            raise DecoderBusy(f"解码器繁忙 / decoders busy: camera {keyframe.camera_id}") from None
        return future

    def close(self) -> None:
        """Cancel what waits and end the threads."""
        self._closed = True
        self._cancel_waiting()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()
        self._cancel_waiting()

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("the decoder pool is closed")

    def _cancel_waiting(self) -> None:
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return
            if job is not None:
                job[2].cancel()

    def _work(self) -> None:
        decoder = KeyframeDecoder()
        while (job := self._jobs.get()) is not None:
            keyframe, work, future = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(work(decoder, keyframe))
            except CorruptMedia as exc:
                future.set_exception(exc)
            except (av.FFmpegError, ValueError, MemoryError):  # it was decoded, not converted
                future.set_exception(CorruptMedia(_text(keyframe)))
            except BaseException as exc:
                future.set_exception(exc)
                raise


def _decode(decoder: KeyframeDecoder, keyframe: Keyframe) -> Pixels:
    return decoder.decode(keyframe)
