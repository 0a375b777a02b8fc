"""Kind and size of a picture from its first bytes, before anything is decoded."""

from __future__ import annotations

import struct
from typing import Literal, NamedTuple


class PictureHeader(NamedTuple):
    """What the header says.

    Attributes:
        kind: File format.
        width: Pixels.
        height: Pixels.
    """

    kind: Literal["jpeg", "png", "webp"]
    width: int
    height: int


def read_header(data: bytes) -> PictureHeader | None:
    """The header of a JPEG, PNG or WebP file, or None if it is none of them."""
    try:
        if data.startswith(b"\xff\xd8\xff"):
            return _jpeg(data)
        if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR":
            return PictureHeader("png", *struct.unpack(">II", data[16:24]))
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
    except (struct.error, IndexError):
        return None
    return None


def _jpeg(data: bytes) -> PictureHeader | None:
    """Walk the segments up to the frame header (SOF0..SOF15 without DHT, JPG and DAC)."""
    at = 2
    while at + 9 < len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return PictureHeader("jpeg", width, height)
        if marker in (0xD9, 0xDA):
            return None
        at += 2 + max(2, struct.unpack(">H", data[at + 2 : at + 4])[0])
    return None


def _webp(data: bytes) -> PictureHeader | None:
    chunk = data[12:16]
    if chunk == b"VP8X":
        width = 1 + int.from_bytes(data[24:27], "little")
        return PictureHeader("webp", width, 1 + int.from_bytes(data[27:30], "little"))
    if chunk == b"VP8L" and data[20] == 0x2F:
        bits = int.from_bytes(data[21:25], "little")
        return PictureHeader("webp", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    if chunk == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", data[26:30])
        return PictureHeader("webp", width & 0x3FFF, height & 0x3FFF)
    return None
