"""A black clip of another clip's size and rate, for the fault ``black``."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import cast

import av
import numpy as np
from av.packet import Packet
from av.video.stream import VideoStream

from yitong_command.demo.farm.clip import Clip, pack_clip

_ENCODERS = {
    "h264": ("libx264", {"x264-params": "repeat-headers=1:threads=1"}),
    "h265": ("libx265", {"x265-params": "repeat-headers=1:pools=none:log-level=none"}),
}


def black_clip(like: Clip) -> Clip:
    """One second of black, one group of pictures, playable in a loop.

    Raises:
        ValueError: If the encoder is not there or refuses.
    """
    encoder, options = _ENCODERS[like.codec]
    rate = max(1, round(like.fps))
    options = {**options, "preset": "ultrafast", "bf": "0", "g": str(rate)}
    picture = np.zeros((like.height, like.width, 3), dtype=np.uint8)
    try:
        with av.open(io.BytesIO(), "w", format="matroska") as container:
            made = container.add_stream(encoder, rate=rate, options=options)
            stream = cast(VideoStream, made)
            stream.width, stream.height, stream.pix_fmt = like.width, like.height, "yuv420p"
            stream.time_base = Fraction(1, rate)
            packets: list[Packet[VideoStream]] = []
            for index in range(rate):
                frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
                frame.pts = index
                packets.extend(stream.encode(frame))
            packets.extend(stream.encode(None))
            return pack_clip(f"black-{like.width}x{like.height}", stream, packets)
    except (av.error.FFmpegError, av.codec.codec.UnknownCodecError) as exc:
        raise ValueError(f"can't encode black as {like.codec}: {exc}") from exc
