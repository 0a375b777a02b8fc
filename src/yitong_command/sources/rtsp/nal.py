"""NAL units in RTP: H.264 (RFC 6184) and H.265 (RFC 7798) payloads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from yitong_command.sources.keyframe import CodecName

KEEP, SKIP, FRAGMENT = 0, 1, 2


class Piece(NamedTuple):
    """A NAL unit, or a part of one.

    Attributes:
        data: Bytes; the first part begins with the NAL header.
        start: Whether the unit starts here.
        end: Whether it ends here.
    """

    data: bytes
    start: bool = True
    end: bool = True


@dataclass(frozen=True, slots=True)
class Codec:
    """How one codec lies in RTP.

    Attributes:
        name: Codec name.
        glance: For each first payload byte: KEEP, SKIP (belongs to no keyframe) or FRAGMENT.
        glance_fragment: For each fragment header byte: KEEP or SKIP.
        fragment_at: Where the fragment header byte stands in the payload.
        fragment_kind: What the first payload byte of a fragment is, under `kind_mask`.
        kind_mask: The bits of it that tell the kind.
        parameter_kinds: NAL types that a decoder needs before a picture, in this order.
        split: Payload to pieces; None if it is malformed.
        kind: NAL type of a unit (its first bytes).
        is_slice: Whether a NAL type carries picture data.
        is_key: Whether a NAL type carries data of a picture that decodes by itself.
        starts_picture: Whether a slice is the first of its picture.
    """

    name: CodecName
    glance: bytes
    glance_fragment: bytes
    fragment_at: int
    fragment_kind: int
    kind_mask: int
    parameter_kinds: tuple[int, ...]
    split: Callable[[bytes], list[Piece] | None]
    kind: Callable[[bytes], int]
    is_slice: Callable[[int], bool]
    is_key: Callable[[int], bool]
    starts_picture: Callable[[bytes], bool]


def _aggregate(payload: bytes, begin: int, header_bytes: int) -> list[Piece] | None:
    """Units of an aggregation packet, each after its 16-bit length."""
    pieces = []
    while begin < len(payload):
        length = int.from_bytes(payload[begin : begin + 2], "big")
        begin += 2
        if length < header_bytes or begin + length > len(payload):
            return None
        pieces.append(Piece(payload[begin : begin + length]))
        begin += length
    return pieces or None


_STAP_A, _FU_A = 24, 28
_H264_IDR, _H264_SPS, _H264_PPS = 5, 7, 8


def _split_h264(payload: bytes) -> list[Piece] | None:
    kind = payload[0] & 0x1F
    if 1 <= kind < _STAP_A:
        return [Piece(payload)]
    if kind == _STAP_A:
        return _aggregate(payload, 1, 1)
    if kind != _FU_A or len(payload) < 3:
        return None
    start, end = bool(payload[1] & 0x80), bool(payload[1] & 0x40)
    if start:
        return [Piece(bytes((payload[0] & 0xE0 | payload[1] & 0x1F,)) + payload[2:], True, end)]
    return [Piece(payload[2:], False, end)]


def _glance_h264(byte: int) -> int:
    kind = byte & 0x1F
    if kind == _FU_A:
        return FRAGMENT
    return KEEP if kind in (_H264_IDR, _H264_SPS, _H264_PPS, _STAP_A) else SKIP


H264 = Codec(
    "h264",
    bytes(_glance_h264(byte) for byte in range(256)),
    bytes(
        KEEP if byte & 0x1F in (_H264_IDR, _H264_SPS, _H264_PPS) else SKIP for byte in range(256)
    ),
    1,
    _FU_A,
    0x1F,
    (_H264_SPS, _H264_PPS),
    _split_h264,
    lambda unit: unit[0] & 0x1F,
    lambda kind: 1 <= kind <= _H264_IDR,
    lambda kind: kind == _H264_IDR,
    lambda unit: len(unit) > 1 and bool(unit[1] & 0x80),
)

_AP, _FU = 48, 49
_H265_VPS, _H265_SPS, _H265_PPS = 32, 33, 34
_IRAP = range(16, 22)


def _split_h265(payload: bytes) -> list[Piece] | None:
    kind = payload[0] >> 1 & 0x3F
    if len(payload) < 3:
        return None
    if kind < _AP:
        return [Piece(payload)]
    if kind == _AP:
        return _aggregate(payload, 2, 2)
    if kind != _FU or len(payload) < 4:
        return None
    start, end = bool(payload[2] & 0x80), bool(payload[2] & 0x40)
    if start:
        first = payload[0] & 0x81 | (payload[2] & 0x3F) << 1
        return [Piece(bytes((first, payload[1])) + payload[3:], True, end)]
    return [Piece(payload[3:], False, end)]


def _glance_h265(byte: int) -> int:
    kind = byte >> 1 & 0x3F
    if kind == _FU:
        return FRAGMENT
    wanted = kind in (_H265_VPS, _H265_SPS, _H265_PPS, _AP) or kind in _IRAP
    return KEEP if wanted else SKIP


H265 = Codec(
    "h265",
    bytes(_glance_h265(byte) for byte in range(256)),
    bytes(KEEP if byte & 0x3F in _IRAP or 32 <= byte & 0x3F <= 34 else SKIP for byte in range(256)),
    2,
    _FU << 1,
    0x7E,
    (_H265_VPS, _H265_SPS, _H265_PPS),
    _split_h265,
    lambda unit: unit[0] >> 1 & 0x3F,
    lambda kind: kind < 32,
    lambda kind: kind in _IRAP,
    lambda unit: len(unit) > 2 and bool(unit[2] & 0x80),
)

CODECS: dict[CodecName, Codec] = {"h264": H264, "h265": H265}
