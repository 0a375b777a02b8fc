"""The demo's clips as another kind of camera would send them: size, rate, GOP, bits per second."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

from yitong_command.errors import ConfigError, CorruptMedia

VBV_S = 0.8
"""Seconds of bits a camera may spend ahead: what bounds its key pictures."""


@dataclass(frozen=True, slots=True)
class StreamKind:
    """How cameras encode.

    Attributes:
        width: Pixels; wide pictures are squeezed into it, as cameras' sub-streams do.
        height: Pixels.
        fps: Pictures per second.
        gop_s: Seconds between two key pictures.
        kbit_s: Bits per second, thousands.
    """

    width: int
    height: int
    fps: int
    gop_s: float
    kbit_s: int


SUB_STREAM = StreamKind(704, 576, 12, 2.0, 512)
"""What a camera sends beside its main stream, as usually set up."""
_RATES = ((704, 12, 512), (1280, 25, 1000), (1920, 25, 2000))


def stream_of(
    resolution: str, gop_s: float, fps: int | None = None, kbit_s: int | None = None
) -> StreamKind | None:
    """How cameras encode, from what a person writes.

    Args:
        resolution: ``WIDTHxHEIGHT``, or ``original`` for the clips as they are (None).
        gop_s: Seconds between two key pictures.
        fps: Pictures per second, or None for what is usual at this size.
        kbit_s: Thousands of bits per second, or None for what is usual at this size.

    Raises:
        ConfigError: Naming the option that makes no sense.
    """
    if resolution == "original":
        return None
    width, cross, height = resolution.partition("x")
    sides = [int(side) if side.isdecimal() else 0 for side in (width, height)]
    if not cross or not all(64 <= side <= 3840 and side % 2 == 0 for side in sides):
        raise ConfigError(
            "yitong bench", "--resolution",
            f"应为偶数宽x高或 original / must be WIDTHxHEIGHT, even, or original: {resolution}",
        )  # fmt: skip
    if not 0.2 <= gop_s <= 20:
        raise ConfigError(
            "yitong bench", "--gop", f"应在 0.2 至 20 之间 / must lie in [0.2, 20]: {gop_s}"
        )
    usual = next((rate for rate in _RATES if sides[0] <= rate[0]), (0, 25, 4000))
    return StreamKind(sides[0], sides[1], fps or usual[1], gop_s, kbit_s or usual[2])


@dataclass(frozen=True, slots=True)
class Encoded:
    """What came out.

    Attributes:
        keyframe_kb: Mean size of a key picture over all clips, thousands of bytes.
        kbit_s: Mean bits per second over all clips, thousands.
    """

    keyframe_kb: float
    kbit_s: float


def encode_all(source: Path, target: Path, kind: StreamKind) -> Encoded:
    """Encode every clip of a folder anew; their ground truth, told in shares and seconds, stays.

    Args:
        source: Folder with clips and ground truth files.
        target: A folder that is made.
        kind: How to encode.

    Raises:
        CorruptMedia: If a clip can't be read or encoded; names the file.
    """
    target.mkdir(parents=True)
    keys, key_bytes, all_bytes, seconds = 0, 0, 0, 0.0
    for path in sorted(source.glob("*.mp4")):
        shutil.copy(path.with_suffix(".gt.json"), target)
        try:
            sizes = _encode(path, target / path.name, kind)
        except (av.error.FFmpegError, OSError) as exc:
            raise CorruptMedia(f"{path}: 无法转码 / can't be encoded anew: {exc}") from exc
        own = [size for size, key in sizes if key]
        keys, key_bytes = keys + len(own), key_bytes + sum(own)
        all_bytes += sum(size for size, _ in sizes)
        seconds += len(sizes) / kind.fps
    if not keys:
        raise CorruptMedia(f"{source}: 没有视频片段 / there are no clips")
    return Encoded(round(key_bytes / keys / 1000, 1), round(all_bytes * 8 / seconds / 1000, 1))


def _encode(path: Path, target: Path, kind: StreamKind) -> list[tuple[int, bool]]:
    """Encode a clip; size of each coded picture and whether it is a key."""
    sizes: list[tuple[int, bool]] = []
    gop = max(1, round(kind.gop_s * kind.fps))
    vbv = f"vbv-maxrate={kind.kbit_s}:vbv-bufsize={round(kind.kbit_s * VBV_S)}"
    options = {
        "preset": "veryfast", "bf": "0", "g": str(gop), "sc_threshold": "0",
        "x264-params": f"repeat-headers=1:keyint={gop}:min-keyint={gop}:{vbv}",
    }  # fmt: skip
    with av.open(str(path)) as reading, av.open(str(target), "w") as writing:
        stream = writing.add_stream("libx264", rate=kind.fps, options=options)
        stream.width, stream.height, stream.pix_fmt = kind.width, kind.height, "yuv420p"
        stream.bit_rate = kind.kbit_s * 1000
        tick, number = Fraction(1, kind.fps), 0
        shown_s = 1 / float(reading.streams.video[0].average_rate or kind.fps)
        stream.codec_context.time_base = tick
        for frame in reading.decode(video=0):
            small = frame.to_ndarray(width=kind.width, height=kind.height, format="yuv420p")
            until = round((float(frame.time or 0.0) + shown_s) * kind.fps)
            while number < until:  # a faster camera shows the same scene more often
                picture = av.VideoFrame.from_ndarray(small, format="yuv420p")
                picture.pts, picture.time_base = number, tick
                number += 1
                for packet in stream.encode(picture):
                    sizes.append((packet.size, packet.is_keyframe))
                    writing.mux(packet)
        for packet in stream.encode(None):
            sizes.append((packet.size, packet.is_keyframe))
            writing.mux(packet)
    return sizes
