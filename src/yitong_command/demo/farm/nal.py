"""H.264 and H.265 NAL units: cutting packets apart and telling the units' types."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Codec = Literal["h264", "h265"]

_START = b"\x00\x00\x01"
_H264_SPS, _H264_PPS, _H264_IDR = 7, 8, 5
_H265_PARAMETERS = (32, 33, 34)
_H265_KEYS = range(16, 21)


@dataclass(frozen=True, slots=True)
class StreamHeader:
    """What a container says about its video stream before the first picture.

    Attributes:
        length_size: Bytes of the length before each unit in a packet; 0 for Annex B.
        parameters: Parameter set units, in the order they are to be sent.
    """

    length_size: int
    parameters: tuple[bytes, ...]


def nal_type(codec: Codec, unit: bytes) -> int:
    """The type of a NAL unit (``nal_unit_type`` of the codec's standard)."""
    return unit[0] & 0x1F if codec == "h264" else (unit[0] >> 1) & 0x3F


def is_parameter_set(codec: Codec, unit: bytes) -> bool:
    """Whether the unit is an SPS or PPS (or, in H.265, a VPS)."""
    kind = nal_type(codec, unit)
    return kind in (_H264_SPS, _H264_PPS) if codec == "h264" else kind in _H265_PARAMETERS


def is_slice(codec: Codec, unit: bytes) -> bool:
    """Whether the unit carries picture data."""
    kind = nal_type(codec, unit)
    return 1 <= kind <= 5 if codec == "h264" else kind < 32


def is_key(codec: Codec, unit: bytes) -> bool:
    """Whether decoding can start at the unit's picture (IDR; in H.265 IDR or BLA)."""
    kind = nal_type(codec, unit)
    return kind == _H264_IDR if codec == "h264" else kind in _H265_KEYS


def read_header(codec: Codec, extradata: bytes) -> StreamHeader:
    """Read avcC, hvcC or Annex B extradata.

    Raises:
        ValueError: If it is cut short.
    """
    if not extradata or extradata.startswith((b"\x00\x00\x01", b"\x00\x00\x00\x01")):
        units = tuple(u for u in split_annexb(extradata) if is_parameter_set(codec, u))
        return StreamHeader(0, units)
    try:
        return _read_avcc(extradata) if codec == "h264" else _read_hvcc(extradata)
    except IndexError as exc:
        raise ValueError("the codec configuration is cut short") from exc


def split_annexb(data: bytes) -> Iterator[bytes]:
    """The NAL units of an Annex B byte stream, without start codes."""
    position = data.find(_START)
    while position >= 0:
        begin = position + 3
        position = data.find(_START, begin)
        unit = data[begin:] if position < 0 else data[begin:position]
        unit = unit.rstrip(b"\x00")
        if unit:
            yield unit


def split_lengths(data: bytes, length_size: int) -> Iterator[bytes]:
    """The NAL units of a packet in which each unit follows its length.

    Raises:
        ValueError: If a length points past the end.
    """
    position = 0
    while position < len(data):
        begin = position + length_size
        position = begin + int.from_bytes(data[position:begin], "big")
        if position > len(data):
            raise ValueError("a NAL unit is cut short")
        if position > begin:
            yield data[begin:position]


def _read_avcc(data: bytes) -> StreamHeader:
    units: list[bytes] = []
    position = 5
    for mask in (0x1F, 0xFF):
        count = data[position] & mask
        position += 1
        for _ in range(count):
            unit, position = _counted(data, position)
            units.append(unit)
    return StreamHeader((data[4] & 3) + 1, tuple(units))


def _read_hvcc(data: bytes) -> StreamHeader:
    units: list[bytes] = []
    position = 23
    for _ in range(data[22]):
        kind = data[position] & 0x3F
        count = int.from_bytes(data[position + 1 : position + 3], "big")
        position += 3
        for _ in range(count):
            unit, position = _counted(data, position)
            if kind in _H265_PARAMETERS:
                units.append(unit)
    return StreamHeader((data[21] & 3) + 1, tuple(units))


def _counted(data: bytes, position: int) -> tuple[bytes, int]:
    begin = position + 2
    end = begin + int.from_bytes(data[position:begin], "big")
    if end > len(data):
        raise IndexError
    return data[begin:end], end
