"""Session descriptions (SDP): which video a camera offers, and its parameter sets."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field

from yitong_command.sources.keyframe import CodecName
from yitong_command.sources.rtsp.address import join_control
from yitong_command.sources.rtsp.failure import RtspFailure

_CODECS: dict[str, CodecName] = {"H264": "h264", "H265": "h265", "HEVC": "h265"}
_PAYLOAD_TYPES = frozenset(str(number) for number in range(128))
_SPROPS = ("sprop-vps", "sprop-sps", "sprop-pps", "sprop-parameter-sets")


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """The video stream of a session.

    Attributes:
        codec: H.264 or H.265.
        payload_type: RTP payload type, 0..127.
        control_url: Address of SETUP.
        session_url: Address of PLAY, keep-alive and TEARDOWN.
        parameter_sets: NAL units without start codes, as the description has them; may be empty.
    """

    codec: CodecName
    payload_type: int
    control_url: str
    session_url: str
    parameter_sets: tuple[bytes, ...] = ()


@dataclass(slots=True)
class _Media:
    kind: str = ""
    profile: str = ""
    payload_types: tuple[str, ...] = ()
    control: str = ""
    rtpmap: dict[str, str] = field(default_factory=dict)
    fmtp: dict[str, str] = field(default_factory=dict)

    def attribute(self, name: str, value: str) -> None:
        if name == "control":
            self.control = value
        elif name in ("rtpmap", "fmtp"):
            payload_type, _, rest = value.partition(" ")
            (self.rtpmap if name == "rtpmap" else self.fmtp)[payload_type] = rest.strip()


def parse_sdp(body: bytes, base_url: str) -> VideoTrack:
    """The first H.264 or H.265 video of a description.

    Args:
        body: The description.
        base_url: What relative control addresses start from.

    Raises:
        RtspFailure: If it has no such video.
    """
    session = _Media()
    medias: list[_Media] = []
    for line in body.decode("utf-8", "replace").splitlines():
        if line.startswith("m="):
            kind, _, profile, *types = [*line[2:].split(), "", "", ""]
            medias.append(_Media(kind, profile, tuple(filter(None, types))))
        elif line.startswith("a="):
            name, _, value = line[2:].partition(":")
            (medias[-1] if medias else session).attribute(name.strip(), value.strip())
    session_url = join_control(base_url, session.control)
    for media in medias:
        track = _track(media, base_url, session_url) if media.kind == "video" else None
        if track is not None:
            return track
    raise RtspFailure("摄像机没有H.264或H.265视频", "the camera offers no H.264 or H.265 video")


def _track(media: _Media, base_url: str, session_url: str) -> VideoTrack | None:
    for number in media.payload_types:
        codec = _CODECS.get(media.rtpmap.get(number, "").partition("/")[0].strip().upper())
        if codec is None or number not in _PAYLOAD_TYPES:
            continue
        parameters = _parameters(media.fmtp.get(number, ""))
        if parameters.get("packetization-mode") == "2" or not _in_order(parameters):
            raise RtspFailure("不支持交错打包模式", "interleaved packetisation is not supported")
        if "SAVP" in media.profile.upper():
            raise RtspFailure("不支持加密的RTP (SRTP)", "encrypted RTP (SRTP) is not supported")
        return VideoTrack(
            codec,
            int(number),
            join_control(base_url, media.control),
            session_url,
            tuple(unit for name in _SPROPS for unit in _units(parameters.get(name, ""))),
        )
    return None


def _in_order(parameters: dict[str, str]) -> bool:
    """Whether H.265 units come in the order they are decoded in (RFC 7798, 7.1)."""
    return parameters.get("sprop-max-don-diff", "0").strip() in ("", "0")


def _parameters(fmtp: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in fmtp.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _units(sprop: str) -> list[bytes]:
    """Decoded units; what is not base64 is left out, the stream itself may carry them."""
    units = []
    for text in sprop.split(","):
        try:
            unit = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        except (binascii.Error, ValueError):
            continue
        if unit:
            units.append(unit)
    return units
