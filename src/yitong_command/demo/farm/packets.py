"""RTP packets of a picture, built once and stamped for each time it is sent."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from yitong_command.demo.farm.nal import Codec, is_slice

PAYLOAD_TYPE = 96
CLOCK_HZ = 90_000
MAX_PAYLOAD = 1400
FRAMING = 4
RTP_HEADER = 12

_HEADER = struct.Struct(">BBHBBHII")
_STAMP = struct.Struct(">HII")
_STAMP_AT = FRAMING + 2


@dataclass(frozen=True, slots=True)
class PicturePackets:
    """All RTP packets of one picture in one block, framed for TCP on channel 0.

    Attributes:
        template: For each packet ``$``, channel, length, RTP header and payload; sequence number,
            timestamp and SSRC are 0.
        starts: Where each packet's ``$`` is.
        sliced: For each packet, whether it carries picture data (not parameter sets).
    """

    template: bytes
    starts: tuple[int, ...]
    sliced: tuple[bool, ...]

    def stamped(self, sequence: int, timestamp: int, ssrc: int) -> bytearray:
        """A copy with the first packet's sequence number, the timestamp and the SSRC set."""
        block = bytearray(self.template)
        stamp = _STAMP.pack_into
        for start in self.starts:
            stamp(block, start + _STAMP_AT, sequence & 0xFFFF, timestamp, ssrc)
            sequence += 1
        return block

    @property
    def payload_bytes(self) -> int:
        """Octets without framing and RTP headers, as RTCP counts them."""
        return len(self.template) - len(self.starts) * (FRAMING + RTP_HEADER)

    def described(self) -> PicturePackets:
        """The same without the parameter sets at the front."""
        first = self.sliced.index(True)
        begin = self.starts[first]
        starts = tuple(start - begin for start in self.starts[first:])
        return PicturePackets(self.template[begin:], starts, self.sliced[first:])

    def packets(self, block: bytes | bytearray) -> Iterator[memoryview]:
        """The single packets of a stamped block, without TCP framing."""
        view = memoryview(block)
        ends = (*self.starts[1:], len(block))
        for start, end in zip(self.starts, ends, strict=True):
            yield view[start + FRAMING : end]

    def corrupted(self, block: bytearray) -> bytearray:
        """The block with bytes of picture data flipped; headers and parameter sets stay whole."""
        ends = (*self.starts[1:], len(block))
        for start, end, sliced in zip(self.starts, ends, self.sliced, strict=True):
            body = start + FRAMING + RTP_HEADER + 8
            if sliced and end > body:
                step = max(1, (end - body) // 4)
                for position in range(body, end, step):
                    block[position] ^= 0x5A
        return block


def on_channel(block: bytearray, starts: Sequence[int], channel: int) -> bytearray:
    """The block with every packet framed for another interleaved channel."""
    if channel == 0:
        return block
    changed = bytearray(block)
    for start in starts:
        changed[start + 1] = channel
    return changed


def packetise(codec: Codec, parameters: Sequence[bytes], units: Sequence[bytes]) -> PicturePackets:
    """Pack one picture: parameter sets aggregated first, large units in fragments.

    Args:
        codec: Which payload format to use (RFC 6184 or RFC 7798).
        parameters: Parameter sets to send before the picture; may be empty.
        units: The picture's NAL units in order.

    Returns:
        The packets; the last one carries the marker.
    """
    payloads: list[tuple[bytes, bool]] = []
    if parameters:
        payloads.extend((p, False) for p in _aggregate(codec, parameters))
    for unit in units:
        payloads.extend((p, is_slice(codec, unit)) for p in _single_or_fragments(codec, unit))
    block = bytearray()
    starts = []
    for index, (payload, _) in enumerate(payloads):
        marker = 0x80 if index == len(payloads) - 1 else 0
        starts.append(len(block))
        size = RTP_HEADER + len(payload)
        block += _HEADER.pack(0x24, 0, size, 0x80, marker | PAYLOAD_TYPE, 0, 0, 0)
        block += payload
    return PicturePackets(bytes(block), tuple(starts), tuple(s for _, s in payloads))


def _aggregate(codec: Codec, units: Sequence[bytes]) -> list[bytes]:
    joined = b"".join(len(unit).to_bytes(2, "big") + unit for unit in units)
    if len(joined) + 2 > MAX_PAYLOAD:
        return [part for unit in units for part in _single_or_fragments(codec, unit)]
    if codec == "h265":
        return [b"\x60\x01" + joined]
    importance = max(unit[0] & 0x60 for unit in units)
    return [bytes([importance | 24]) + joined]


def _single_or_fragments(codec: Codec, unit: bytes) -> list[bytes]:
    if len(unit) <= MAX_PAYLOAD:
        return [unit]
    if codec == "h265":
        kind = (unit[0] >> 1) & 0x3F
        indicator, body = bytes([(unit[0] & 0x81) | (49 << 1), unit[1]]), unit[2:]
    else:
        kind = unit[0] & 0x1F
        indicator, body = bytes([(unit[0] & 0xE0) | 28]), unit[1:]
    room = MAX_PAYLOAD - len(indicator) - 1
    parts = []
    for begin in range(0, len(body), room):
        first = 0x80 if begin == 0 else 0
        last = 0x40 if begin + room >= len(body) else 0
        parts.append(indicator + bytes([first | last | kind]) + body[begin : begin + room])
    return parts
