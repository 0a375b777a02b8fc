"""Live video for browsers: a camera's stream in fragments of MP4, not one picture re-encoded.

Fragments of one frame each (``frag_every_frame``) as ISO/IEC 14496-12 and the Media Source
Extensions want them; a browser can begin at any fragment that starts with a keyframe.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

import av
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from yitong_command.errors import SourceLost
from yitong_command.sources.rtsp.address import Address

OPEN_S, READ_S = 5.0, 8.0
PROBE = {"rtsp_transport": "tcp", "fpsprobesize": "0", "analyzeduration": "200000"}
FRAGMENTS = {"movflags": "frag_every_frame+empty_moov+default_base_moof", "flush_packets": "1"}
H264_SPS = 7


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an MP4 stream.

    Attributes:
        data: Its bytes.
        starts: Whether a browser can begin with it (after the head).
        mime: Type with codec, for the head only; "" for fragments.
    """

    data: bytes
    starts: bool
    mime: str = ""


def remux(
    address: Address, login: tuple[str, str] | None, ended: Callable[[], bool]
) -> Iterator[Piece]:
    """A camera's video as MP4: first the head, then a fragment a frame, as they come.

    Args:
        address: Of the camera.
        login: User name and password; go before those in the address.
        ended: Asked before every frame; True ends the stream.

    Raises:
        SourceLost: If the camera can't be reached, its video can't be put into MP4, or it ends.
    """
    if address.tls:
        raise SourceLost(
            "加密摄像机只提供图片 / encrypted cameras are shown as pictures, not as video"
        )
    try:
        with av.open(
            _with_login(address, login or address.credentials), options=PROBE,
            timeout=(OPEN_S, READ_S),
        ) as source:  # fmt: skip
            yield from _pieces(source, ended)
    except (av.FFmpegError, OSError, ValueError) as exc:
        why = getattr(exc, "strerror", None) or type(exc).__name__
        raise SourceLost(f"视频中断 / the video ended: {why}") from exc


def _pieces(source: InputContainer, ended: Callable[[], bool]) -> Iterator[Piece]:
    if not source.streams.video:
        raise SourceLost("没有视频流 / there is no video in it")
    stream = source.streams.video[0]
    sink = _Sink()
    with av.open(sink, "w", format="mp4", options=FRAGMENTS) as target:
        track = target.add_stream_from_template(stream)
        target.start_encoding()
        yield Piece(sink.take(), starts=False, mime=_mime(stream))
        yield from _fragments(source, stream, target, track, sink, ended)


def _fragments(
    source: InputContainer, stream: VideoStream, target: OutputContainer, track: VideoStream,
    sink: _Sink, ended: Callable[[], bool],
) -> Iterator[Piece]:  # fmt: skip
    times = _Times()
    before = False
    for packet in source.demux(stream):
        if ended():
            return
        if packet.size == 0 or packet.is_corrupt or not times.started(packet):
            continue
        times.set(packet)
        key = packet.is_keyframe
        packet.stream = track
        target.mux_one(packet)
        # A frame is written when the next one has come, and so its duration is known.
        data, starts, before = sink.take(), before, key
        if data:
            yield Piece(data, starts)
    raise SourceLost("视频中断 / the video ended")


class _Times:
    """Times that never stand still or go back, whatever the camera's clock does; begin at 0."""

    def __init__(self) -> None:
        self._origin: int | None = None
        self._last = -1

    def started(self, packet: Packet[VideoStream]) -> bool:
        """Whether the stream has come to its first keyframe."""
        return self._origin is not None or packet.is_keyframe

    def set(self, packet: Packet[VideoStream]) -> None:
        """Give a packet its times."""
        given = packet.dts if packet.dts is not None else packet.pts
        if self._origin is None:
            self._origin = given or 0
        dts = max((given or 0) - self._origin, self._last + 1)
        pts = dts if packet.pts is None else max(packet.pts - self._origin, dts)
        packet.dts, packet.pts, self._last = dts, pts, dts


class _Sink:
    """A file that only remembers what was written since it was last asked."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        """Append."""
        self._written += data
        return len(data)

    def take(self) -> bytes:
        """What was written since the last call."""
        taken = bytes(self._written)
        self._written.clear()
        return taken


def _mime(stream: VideoStream) -> str:
    """Type and codec as browsers name them (RFC 6381).

    Raises:
        SourceLost: If it is a codec that MP4 in a browser can't hold.
    """
    name = stream.codec_context.name
    if name == "h264":
        profile = _h264_profile(stream.codec_context.extradata or b"")
        return f'video/mp4; codecs="avc1.{profile.hex()}"'
    if name == "hevc":
        # Main profile, level 4: browsers ask whether they know H.265 at all, the rest is inside.
        return 'video/mp4; codecs="hev1.1.6.L120.90"'
    raise SourceLost(f"浏览器不能播放 {name} / browsers don't play {name}")


def _h264_profile(extradata: bytes) -> bytes:
    """Profile, constraints and level: three bytes of the first parameter set.

    Raises:
        SourceLost: If the camera did not say them.
    """
    if extradata[:1] == b"\x01":
        return extradata[1:4]
    for unit in extradata.split(b"\x00\x00\x01")[1:]:
        if unit and unit[0] & 31 == H264_SPS:
            return unit[1:4]
    raise SourceLost("摄像机没有给出视频参数 / the camera gave no parameters of its video")


def _with_login(address: Address, login: tuple[str, str] | None) -> str:
    if login is None:
        return address.url
    name, password = (quote(part, safe="") for part in login)
    scheme, _, rest = address.url.partition("://")
    return f"{scheme}://{name}:{password}@{rest}"
