from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yitong_command.sources.rtsp.rtp import ReceiverReport, SenderNews, parse_rtcp, parse_rtp

SENDER_REPORT = struct.pack("!BBHIIIIII", 0x80, 200, 6, 0xCAFE, 0x11112222, 0x33334444, 0, 5, 500)
BYE = struct.pack("!BBHI", 0x81, 203, 1, 0xCAFE)


def test_a_plain_packet_is_read() -> None:
    packet = parse_rtp(struct.pack("!BBHII", 0x80, 0x80 | 96, 7, 90_000, 5) + b"data")
    assert packet == (96, True, 7, 90_000, 5, b"data")


def test_sources_extension_and_padding_are_passed_over() -> None:
    header = struct.pack("!BBHIIII", 0x80 | 0x20 | 0x10 | 2, 96, 7, 1, 5, 8, 9)
    extension = struct.pack("!HHI", 0xABAC, 1, 0)
    packet = parse_rtp(header + extension + b"data" + b"\0\0\3")
    assert packet is not None
    assert packet.payload == b"data"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x80" * 11, id="short"),
        pytest.param(b"\x80" + bytes(11), id="no payload"),
        pytest.param(b"\x40" + bytes(20), id="version 1"),
        pytest.param(b"\x8f" + bytes(20), id="sources beyond the end"),
        pytest.param(b"\x90" + bytes(13), id="extension beyond the end"),
        pytest.param(b"\xa0" + bytes(15) + b"\xff", id="padding beyond the start"),
    ],
)
def test_malformed_packets_are_none(data: bytes) -> None:
    assert parse_rtp(data) is None


def test_sender_report_and_goodbye_are_read_from_a_compound() -> None:
    assert parse_rtcp(SENDER_REPORT) == SenderNews(
        0xCAFE, 0x22223333, 0x11112222 + 0x3333_4444 / 2**32, False
    )
    assert parse_rtcp(SENDER_REPORT + BYE).bye


def test_the_receiver_report_tells_what_came() -> None:
    report = ReceiverReport(own_ssrc=1, sender_ssrc=0xCAFE, highest=65_534)
    for sequence in (65_535, 65_533, 0, 1):
        report.received(sequence)
    report.reported(parse_rtcp(SENDER_REPORT), now_s=10.0)
    packet = report.packet(now_s=10.5)
    assert struct.unpack_from("!BBHIII", packet) == (0x81, 201, 7, 1, 0xCAFE, 0)
    assert struct.unpack_from("!IIII", packet, 16) == (65_537, 0, 0x22223333, 32_768)
    assert len(packet) % 4 == 0


def test_a_report_before_the_first_packet_has_no_block() -> None:
    assert ReceiverReport(own_ssrc=1).packet(0.0)[0] & 0x1F == 0


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.binary(max_size=100))
def test_no_bytes_raise(data: bytes) -> None:
    for prefix in (b"", b"\x80", b"\xb5", SENDER_REPORT[:6]):
        parse_rtp(prefix + data)
        parse_rtcp(prefix + data)
