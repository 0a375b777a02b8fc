"""Clips: media files packed for RTP once, when the farm starts."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error
from av.packet import Packet
from av.video.stream import VideoStream

from yitong_command.demo.farm.nal import (
    Codec,
    StreamHeader,
    is_key,
    is_parameter_set,
    is_slice,
    nal_type,
    read_header,
    split_annexb,
    split_lengths,
)
from yitong_command.demo.farm.packets import CLOCK_HZ, PicturePackets, packetise
from yitong_command.errors import CorruptMedia

_CODECS: dict[str, Codec] = {"h264": "h264", "hevc": "h265"}
_DROPPED = {"h264": frozenset({6, 9, 10, 11, 12}), "h265": frozenset({35, 36, 37, 38, 39, 40})}


@dataclass(frozen=True, slots=True)
class Picture:
    """One coded picture, ready to send.

    Attributes:
        packets: Its RTP packets.
        key: Whether decoding can start here.
        ticks: How long until the next picture, in 1/90000 s.
        shown_after: Ticks between its place in the sending order and its presentation.
    """

    packets: PicturePackets
    key: bool
    ticks: int
    shown_after: int = 0


@dataclass(frozen=True, slots=True)
class Clip:
    """A packed clip.

    Attributes:
        name: File name without suffix.
        codec: Of the only video stream.
        width: Pixels.
        height: Pixels.
        parameters: Parameter sets for the session description.
        pictures: In sending order; the first is a key.
    """

    name: str
    codec: Codec
    width: int
    height: int
    parameters: tuple[bytes, ...]
    pictures: tuple[Picture, ...]

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return sum(picture.ticks for picture in self.pictures) / CLOCK_HZ

    @property
    def fps(self) -> float:
        """Mean pictures per second."""
        return len(self.pictures) / self.duration_s

    def time_of(self, index: int) -> float:
        """Media time of a picture in seconds; ``index`` may be one past the last."""
        return sum(picture.ticks for picture in self.pictures[:index]) / CLOCK_HZ

    def index_at(self, at_s: float) -> int:
        """Index of the first picture at or after a media time (to half a picture)."""
        time = 0.0
        for index, picture in enumerate(self.pictures):
            if time + picture.ticks / CLOCK_HZ / 2 > at_s:
                return index
            time += picture.ticks / CLOCK_HZ
        return len(self.pictures)

    def key_at(self, at_s: float) -> int:
        """Index of the last key picture at or before a media time."""
        index = min(self.index_at(at_s), len(self.pictures) - 1)
        while not self.pictures[index].key:
            index -= 1
        return index


def load_clip(path: Path) -> Clip:
    """Read a media file and pack all its pictures.

    Raises:
        CorruptMedia: If it is absent, damaged, not H.264 or H.265, or does not start with a key
            picture; names the file.
    """
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise CorruptMedia(f"{path}: 没有视频流 / it has no video stream")
            stream = container.streams.video[0]
            packets = [packet for packet in container.demux(stream) if packet.size]
            return pack_clip(path.stem, stream, packets)
    except (av.error.FFmpegError, OSError, ValueError) as exc:
        raise CorruptMedia(f"{path}: 无法读取视频片段 / can't read the clip: {exc}") from exc


def pack_clip(name: str, stream: VideoStream, packets: list[Packet[VideoStream]]) -> Clip:
    """Pack demuxed or freshly encoded packets.

    Raises:
        ValueError: If there is nothing to play or the codec is another.
    """
    context = stream.codec_context
    codec = _CODECS.get(context.codec.canonical_name)
    if codec is None:
        raise ValueError(f"codec {context.name} is neither H.264 nor H.265")
    if not packets:
        raise ValueError("it holds no pictures")
    header = read_header(codec, context.extradata or b"")
    base = stream.time_base or Fraction(1, CLOCK_HZ)
    rate = stream.average_rate or Fraction(25)
    times = _sending_times(packets, base, Fraction(CLOCK_HZ) / rate)
    pictures = tuple(
        _picture(codec, header, packet, times[index + 1] - times[index], base)
        for index, packet in enumerate(packets)
    )
    if not pictures[0].key:
        raise ValueError("it does not start with a key picture (IDR)")
    parameters = header.parameters or _parameters_in(codec, bytes(packets[0]))
    return Clip(name, codec, context.width, context.height, parameters, pictures)


def _parameters_in(codec: Codec, data: bytes) -> tuple[bytes, ...]:
    return tuple(unit for unit in split_annexb(data) if is_parameter_set(codec, unit))


def _sending_times(
    packets: list[Packet[VideoStream]], base: Fraction, usual: Fraction
) -> list[int]:
    """Sending time of each packet in ticks, and the end of the last."""
    times: list[int] = []
    for packet in packets:
        if packet.dts is None:
            times.append(round(times[-1] + usual) if times else 0)
        else:
            times.append(round(packet.dts * base * CLOCK_HZ))
    times.append(round(times[-1] + usual))
    if any(later <= earlier for earlier, later in zip(times, times[1:], strict=False)):
        raise ValueError("its time stamps do not increase")
    return times


def _picture(
    codec: Codec, header: StreamHeader, packet: Packet[VideoStream], ticks: int, base: Fraction
) -> Picture:
    data = bytes(packet)
    split = split_lengths(data, header.length_size) if header.length_size else split_annexb(data)
    units = [unit for unit in split if nal_type(codec, unit) not in _DROPPED[codec]]
    in_band = [unit for unit in units if is_parameter_set(codec, unit)]
    body = [unit for unit in units if not is_parameter_set(codec, unit)]
    if not any(is_slice(codec, unit) for unit in body):
        raise ValueError("a packet holds no picture")
    key = any(is_key(codec, unit) for unit in body)
    shown_after = 0
    if packet.pts is not None and packet.dts is not None:
        shown_after = round((packet.pts - packet.dts) * base * CLOCK_HZ)
    parameters = (in_band or header.parameters) if key else in_band
    return Picture(packetise(codec, parameters, body), key, ticks, shown_after)
