"""RTP and RTCP packets (RFC 3550): as much of them as receiving video needs."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import NamedTuple

SENDER_REPORT = 200
RECEIVER_REPORT = 201
BYE = 203


class RtpPacket(NamedTuple):
    """An RTP packet.

    Attributes:
        payload_type: 0..127.
        marker: Set on the last packet of a picture.
        sequence: 0..65535, wraps.
        timestamp: 0..2**32-1, wraps; the same for all packets of one picture.
        ssrc: Who sends.
        payload: What it carries, without padding.
    """

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


def parse_rtp(packet: bytes) -> RtpPacket | None:
    """The packet, or None if it is malformed or has no payload."""
    if len(packet) < 12 or packet[0] >> 6 != 2:
        return None
    first, second, sequence, timestamp, ssrc = struct.unpack_from("!BBHII", packet)
    begin = 12 + 4 * (first & 0x0F)
    if first & 0x10:
        if len(packet) < begin + 4:
            return None
        begin += 4 + 4 * int(struct.unpack_from("!H", packet, begin + 2)[0])
    end = len(packet)
    if first & 0x20:
        end -= packet[-1]
    if begin >= end:
        return None
    return RtpPacket(
        second & 0x7F, bool(second & 0x80), sequence, timestamp, ssrc, packet[begin:end]
    )


class SenderNews(NamedTuple):
    """What the sender's reports say.

    Attributes:
        ssrc: Who reports, or None if no report came.
        ntp_middle: Middle 32 bits of its NTP time, echoed in our own report.
        ntp_s: That time in seconds since 1900 (wraps at 2**32), 0 if it tells none.
        bye: The sender ends the stream.
    """

    ssrc: int | None = None
    ntp_middle: int = 0
    ntp_s: float = 0.0
    bye: bool = False


def parse_rtcp(compound: bytes) -> SenderNews:
    """What a compound packet says; what is malformed is passed over."""
    ssrc, ntp_middle, ntp_s, bye = None, 0, 0.0, False
    begin = 0
    while len(compound) - begin >= 4 and compound[begin] >> 6 == 2:
        kind = compound[begin + 1]
        end = begin + 4 + 4 * int(struct.unpack_from("!H", compound, begin + 2)[0])
        if end > len(compound):
            break
        if kind == SENDER_REPORT and end - begin >= 28:
            ssrc, high, low = struct.unpack_from("!III", compound, begin + 4)
            ntp_middle = (high & 0xFFFF) << 16 | low >> 16
            ntp_s = high + low / 2**32
        bye = bye or kind == BYE
        begin = end
    return SenderNews(ssrc, ntp_middle, ntp_s, bye)


@dataclass(slots=True)
class ReceiverReport:
    """What we tell the sender now and then; cameras take its absence for a dead client.

    Attributes:
        own_ssrc: Our number.
        sender_ssrc: The camera's number, or None before its first packet.
        highest: Newest sequence number received, with its wraps counted above bit 16.
        ntp_middle: From the last sender report, 0 if none came.
        report_at_s: When that came, monotonic seconds.
    """

    own_ssrc: int
    sender_ssrc: int | None = None
    highest: int = 0
    ntp_middle: int = 0
    report_at_s: float = 0.0

    def received(self, sequence: int) -> None:
        """Take a sequence number; those from before the highest are left out."""
        ahead = (sequence - self.highest) & 0xFFFF
        if ahead < 0x8000:
            self.highest = (self.highest + ahead) & 0xFFFFFFFF

    def reported(self, news: SenderNews, now_s: float) -> None:
        """Take a sender report."""
        if news.ssrc is not None:
            self.sender_ssrc, self.ntp_middle, self.report_at_s = news.ssrc, news.ntp_middle, now_s

    def packet(self, now_s: float) -> bytes:
        """The compound packet: receiver report and an anonymous source description."""
        if self.sender_ssrc is None:
            report = struct.pack("!BBHI", 0x80, RECEIVER_REPORT, 1, self.own_ssrc)
        else:
            delay = int((now_s - self.report_at_s) * 65536) & 0xFFFFFFFF if self.ntp_middle else 0
            report = struct.pack(
                "!BBHIIIIIII",
                0x81,
                RECEIVER_REPORT,
                7,
                self.own_ssrc,
                self.sender_ssrc,
                0,
                self.highest,
                0,
                self.ntp_middle,
                delay,
            )
        return report + struct.pack("!BBHIBB6s", 0x81, 202, 3, self.own_ssrc, 1, 6, b"yitong")
