"""Pictures encoded while the farm runs: altered clips for faults, and what a steered head sees."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import cv2
import numpy as np
from av.packet import Packet
from av.video.stream import VideoStream
from numpy.typing import NDArray

from yitong_command.demo.farm.clip import Clip, Picture, pack_clip
from yitong_command.demo.farm.nal import Codec, is_key, is_parameter_set, is_slice, split_annexb
from yitong_command.demo.farm.packets import CLOCK_HZ, packetise

Bgr = NDArray[np.uint8]
Alter = Callable[[Bgr], Bgr]

ENCODERS: dict[Codec, tuple[str, dict[str, str]]] = {
    "h264": ("libx264", {"x264-params": "repeat-headers=1:threads=1"}),
    "h265": ("libx265", {"x265-params": "repeat-headers=1:pools=none:log-level=none"}),
}
ALTERED_S = 6.0
MOVED_BY = 0.3
BLUR_PX = 6.0


def encode_clip(name: str, like: Clip, pictures: Iterable[Bgr], group: int) -> Clip:
    """A clip of these pictures, of another clip's codec, size and rate.

    Args:
        name: Of the new clip.
        like: The other clip.
        pictures: BGR, of its size.
        group: Pictures from one key picture to the next.

    Raises:
        ValueError: If the encoder is not there or refuses.
    """
    encoder, options = ENCODERS[like.codec]
    rate = max(1, round(like.fps))
    options = {**options, "preset": "ultrafast", "bf": "0", "g": str(group)}
    try:
        with av.open(io.BytesIO(), "w", format="matroska") as container:
            made = container.add_stream(encoder, rate=rate, options=options)
            stream = cast(VideoStream, made)
            stream.width, stream.height, stream.pix_fmt = like.width, like.height, "yuv420p"
            stream.time_base = Fraction(1, rate)
            packets: list[Packet[VideoStream]] = []
            for index, picture in enumerate(pictures):
                frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
                frame.pts = index
                packets.extend(stream.encode(frame))
            packets.extend(stream.encode(None))
            return pack_clip(name, stream, packets)
    except (av.error.FFmpegError, av.codec.codec.UnknownCodecError) as exc:
        raise ValueError(f"can't encode {name} as {like.codec}: {exc}") from exc


def altered_clip(path: Path, like: Clip, name: str, alter: Alter) -> Clip:
    """The first seconds of a clip with every picture changed.

    Raises:
        ValueError: If it can't be read or encoded.
    """
    rate = max(1, round(like.fps))
    changed: list[Bgr] = []
    try:
        with av.open(str(path)) as container:
            for frame in container.decode(container.streams.video[0]):
                changed.append(alter(_bgr(frame.to_ndarray(format="bgr24"))))
                if len(changed) >= ALTERED_S * rate:
                    break
    except (av.error.FFmpegError, OSError) as exc:
        raise ValueError(f"can't read {path}: {exc}") from exc
    return encode_clip(name, like, changed, rate)


def shifted(picture: Bgr) -> Bgr:
    """As if somebody had pushed the camera aside."""
    height, width = picture.shape[:2]
    by = np.array([[1, 0, MOVED_BY * width], [0, 1, MOVED_BY * height / 2]], np.float32)
    return _bgr(cv2.warpAffine(picture, by, (width, height), borderMode=cv2.BORDER_REFLECT))


def out_of_focus(picture: Bgr) -> Bgr:
    """As if the lens had lost its focus."""
    return _bgr(cv2.GaussianBlur(picture, (0, 0), BLUR_PX * picture.shape[1] / 1280))


class LiveEncoder:
    """Encodes pictures one by one, ready to send.

    Args:
        width: Pixels.
        height: Pixels.
        rate: Pictures a second; a key picture comes every second.
    """

    def __init__(self, width: int, height: int, rate: int) -> None:
        encoder, options = ENCODERS["h264"]
        made = av.CodecContext.create(encoder, "w")
        self._context = cast(Any, made)
        self._context.width, self._context.height = width, height
        self._context.pix_fmt, self._context.time_base = "yuv420p", Fraction(1, rate)
        more = {"preset": "ultrafast", "tune": "zerolatency", "bf": "0", "g": str(rate)}
        self._context.options = {**options, **more}
        self._ticks = CLOCK_HZ // rate
        self._count = 0

    def encode(self, picture: Bgr) -> Picture:
        """The next picture."""
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
        frame.pts = self._count
        self._count += 1
        data = b"".join(bytes(packet) for packet in self._context.encode(frame))
        units = tuple(split_annexb(data))
        parameters = [unit for unit in units if is_parameter_set("h264", unit)]
        body = [unit for unit in units if is_slice("h264", unit)]
        key = any(is_key("h264", unit) for unit in body)
        return Picture(packetise("h264", parameters, body), key, self._ticks)


def _bgr(picture: Any) -> Bgr:
    return np.asarray(picture, np.uint8)
