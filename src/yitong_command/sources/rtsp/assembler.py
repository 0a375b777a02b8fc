"""RTP packets to keyframes: complete ones only."""

from __future__ import annotations

import struct
from typing import NamedTuple

from yitong_command.sources.rtsp.nal import FRAGMENT, KEEP, SKIP, Codec, Piece
from yitong_command.sources.rtsp.rtp import RtpPacket

MAX_PICTURE_BYTES = 4 * 1024 * 1024
MAX_PICTURE_PACKETS = 16 * 1024
REORDERING = 256
_START_CODE = b"\x00\x00\x00\x01"


class Picture(NamedTuple):
    """A keyframe in Annex B, parameter sets first, and its RTP timestamp."""

    annexb: bytes
    timestamp: int


class KeyframeAssembler:
    """Collects the packets of a keyframe, in whatever order they come, and joins them.

    A picture that lost a packet, or is bigger than the limits, is dropped and counted; nothing
    that a camera sends raises.

    Args:
        codec: How the codec lies in RTP.
        parameter_sets: What the session description has, used until the stream has its own.

    Attributes:
        active: Whether a picture is being collected; if not, packets that `glance` skips need
            not be pushed.
        damaged: Keyframes dropped so far.
        previous: Sequence number of the newest packet that was skipped or finished, or None.
    """

    def __init__(self, codec: Codec, parameter_sets: tuple[bytes, ...] = ()) -> None:
        self._codec = codec
        self._known: dict[int, list[bytes]] = {}
        self._in_band: set[int] = set()
        self._remember([unit for unit in parameter_sets if unit])
        self._packets: dict[int, bytes] = {}
        self._lowest = 0
        self._timestamp = 0
        self._finished: int | None = None
        self._finished_timestamp: int | None = None
        self._bytes = 0
        self._marker: int | None = None
        self._trust_marker = True
        self._before: int | None = None
        self._overflow = False
        self._next = -1
        self._stamp = b""
        self._payload_type = -1
        self.active = False
        self.damaged = 0
        self.previous: int | None = None

    def restart(self) -> None:
        """The numbers of the packets to come have nothing to do with those that came."""
        if self.active:
            self.damaged += 1
        self._forget()
        self._finished = self._finished_timestamp = self.previous = None

    def take(self, data: bytes, begin: int, end: int) -> bool:
        """Take the next packet of the picture being collected, unless it is its last.

        Nearly all packets of keyframes are of this kind, and there are tens of thousands of them a
        second; `push` does the same for any packet at many times the cost.

        Args:
            data: What an RTP packet with a plain header lies in.
            begin: Where it starts.
            end: Where it ends; it has a payload.

        Returns:
            Whether it was that, and was taken.
        """
        sequence = data[begin + 2] << 8 | data[begin + 3]
        if sequence != self._next or data[begin + 1] != self._payload_type:
            return False
        if data[begin + 4 : begin + 12] != self._stamp or sequence in self._packets:
            return False
        if self._bytes > MAX_PICTURE_BYTES // 2:
            return False
        self._packets[sequence] = data[begin + 12 : end]
        self._bytes += end - begin - 12
        self._next = (sequence + 1) & 0xFFFF
        return True

    def push(self, packet: RtpPacket) -> Picture | None:
        """Take a packet; returns the keyframe that it completes, if it does."""
        picture = None
        if self.active and packet.timestamp != self._timestamp:
            if _is_late(packet.sequence, self._lowest):
                return None
            picture = self._finish(packet.sequence)
        if not self.active and not self._begin(packet):
            return picture
        self._collect(packet)
        if self._trust_marker and self._contiguous(None) and not self._gap_before:
            return self._finish(None) or picture
        return picture

    def _begin(self, packet: RtpPacket) -> bool:
        if self._finished is not None and _is_late(packet.sequence, self._finished + 1):
            return False
        if self._glance(packet.payload) == SKIP:
            self.previous = packet.sequence
            return False
        if packet.timestamp == self._finished_timestamp and self.previous == self._finished:
            # More of a picture whose marker was already seen: this camera marks every slice. (If
            # other packets came between, its time stamps are worthless, but its markers are not.)
            self._trust_marker = False
        self.active = True
        self._timestamp = packet.timestamp
        self._stamp = struct.pack("!II", packet.timestamp, packet.ssrc)
        self._payload_type = packet.payload_type
        self._before = self.previous
        return True

    def _glance(self, payload: bytes) -> int:
        verdict = self._codec.glance[payload[0]]
        if verdict != FRAGMENT:
            return verdict
        if len(payload) <= self._codec.fragment_at:
            return SKIP
        return self._codec.glance_fragment[payload[self._codec.fragment_at]]

    def _collect(self, packet: RtpPacket) -> None:
        if packet.sequence in self._packets:
            return
        self._bytes += len(packet.payload)
        if self._bytes > MAX_PICTURE_BYTES or len(self._packets) >= MAX_PICTURE_PACKETS:
            self._packets.clear()
            self._overflow = True
            self._bytes = 0
        if not self._packets or _is_late(packet.sequence, self._lowest):
            self._lowest = packet.sequence
        self._packets[packet.sequence] = packet.payload
        if packet.marker:
            self._marker = packet.sequence
        # `take` may go on from here only if the picture ends with a packet that is still to come.
        self._next = (packet.sequence + 1) & 0xFFFF if self._marker is None else -1

    @property
    def _gap_before(self) -> bool:
        """Whether packets miss, or are still to come, just before the picture."""
        return self._before is not None and (self._before + 1) & 0xFFFF != self._lowest

    def _contiguous(self, following: int | None) -> bool:
        """Whether no packet misses up to the marker, or up to the packet that follows."""
        last = (following - 1) & 0xFFFF if following is not None else self._marker
        if last is None or last not in self._packets:
            return False
        return (last - self._lowest) & 0xFFFF == len(self._packets) - 1

    def _finish(self, following: int | None) -> Picture | None:
        complete = self._contiguous(None) or (following is not None and self._contiguous(following))
        first = self._lowest
        order = sorted(self._packets, key=lambda number: (number - first) & 0xFFFF)
        payloads = [self._packets[number] for number in order]
        units = _join(self._codec, payloads) if complete and not self._overflow else None
        picture = self._picture(units) if units is not None else None
        if units is None and (self._overflow or any(map(self._is_key, payloads))):
            self.damaged += 1
        self.previous = self._finished = order[-1]
        self._finished_timestamp = self._timestamp
        self._forget()
        return picture

    def _forget(self) -> None:
        self._packets = {}
        self._bytes, self._marker, self._overflow, self.active = 0, None, False, False
        self._next = -1

    def _is_key(self, payload: bytes) -> bool:
        pieces = self._codec.split(payload) or []
        kinds = {self._codec.kind(piece.data) for piece in pieces if piece.start and piece.data}
        fragment = self._codec.glance[payload[0]] == FRAGMENT
        return (
            any(self._codec.is_key(kind) for kind in kinds)
            or fragment
            and self._glance(payload) == KEEP
        )

    def _picture(self, units: list[bytes]) -> Picture | None:
        kinds = [self._codec.kind(unit) for unit in units]
        self._remember(
            [u for u, k in zip(units, kinds, strict=True) if k in self._codec.parameter_kinds], True
        )
        if not any(self._codec.is_key(kind) for kind in kinds):
            return None
        slices = [u for u, k in zip(units, kinds, strict=True) if self._codec.is_slice(k)]
        lost_parameters = self._gap_before and bool(self._in_band.difference(kinds))
        parameters = [self._known.get(kind) for kind in self._codec.parameter_kinds]
        if lost_parameters or not all(parameters) or not self._codec.starts_picture(slices[0]):
            self.damaged += 1
            return None
        ahead = [unit for known in parameters if known for unit in known]
        annexb = b"".join(_START_CODE + unit for unit in (*ahead, *slices))
        return Picture(annexb, self._timestamp)

    def _remember(self, units: list[bytes], in_band: bool = False) -> None:
        fresh: dict[int, list[bytes]] = {}
        for unit in units:
            fresh.setdefault(self._codec.kind(unit), []).append(unit)
        self._known.update(fresh)
        if in_band:
            self._in_band.update(fresh)


def _is_late(sequence: int, expected: int) -> bool:
    """Whether a packet comes shortly before the expected one in sending order."""
    return 0 < (expected - sequence) & 0xFFFF <= REORDERING


def _join(codec: Codec, payloads: list[bytes]) -> list[bytes] | None:
    """Whole units of a picture, or None if any is malformed or misses a part."""
    units: list[bytes] = []
    parts: list[bytes] = []
    at, kind, mask = codec.fragment_at, codec.fragment_kind, codec.kind_mask
    for payload in payloads:
        inside = parts and payload[0] & mask == kind and len(payload) > at + 1
        if inside and not payload[at] & 0xC0:
            parts.append(payload[at + 1 :])
            continue
        for piece in codec.split(payload) or [Piece(b"", False, False)]:
            if piece.start == bool(parts) or not piece.data:
                return None
            parts.append(piece.data)
            if piece.end:
                units.append(b"".join(parts))
                parts = []
    return None if parts else units
