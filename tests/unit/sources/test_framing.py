from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yitong_command.sources.rtsp.assembler import Picture
from yitong_command.sources.rtsp.failure import RtspFailure
from yitong_command.sources.rtsp.framing import Framing, VideoInput
from yitong_command.sources.rtsp.message import Message
from yitong_command.sources.rtsp.nal import CODECS
from yitong_command.sources.rtsp.rtp import ReceiverReport

SETS = {
    "h264": [b"\x67s", b"\x68p"],
    "h265": [b"\x40\x01v", b"\x42\x01s", b"\x44\x01p"],
}
KEY = {"h264": b"\x65\x80", "h265": b"\x26\x01\x80"}
OTHER = {"h264": b"\x41\x80", "h265": b"\x02\x01\x80"}
ANSWER = b"RTSP/1.0 200 OK\r\nCSeq: 5\r\nContent-Length: 3\r\n\r\n$\0\1"


class Stream:
    """A framing that writes down what it was told."""

    def __init__(self, codec: str) -> None:
        self.told: list[Any] = []
        self.report = ReceiverReport(1)
        self.video = VideoInput(CODECS[codec], 96, (), self.report)
        self.framing = Framing(self.message, self.rtcp, self.picture)

    def message(self, message: Message) -> None:
        self.told.append(message)

    def rtcp(self, packet: bytes) -> None:
        self.told.append(packet)

    def picture(self, picture: Picture) -> None:
        self.told.append(picture)

    def feed(self, data: bytes, cuts: list[int]) -> list[Any]:
        places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
        for begin, end in zip(places, places[1:], strict=False):
            self.framing.feed(data[begin:end])
        return self.told


def frame(channel: int, packet: bytes) -> bytes:
    return b"$" + bytes((channel,)) + struct.pack("!H", len(packet)) + packet


def recording(maker: Any) -> bytes:
    """Two keyframes among other pictures, RTCP, an answer, another channel, an odd header."""
    sequence, data = 0, b""
    for picture in range(8):
        if picture in (1, 6):
            key = KEY[maker.codec] + bytes(range(256)) * 12
            payloads = [maker.aggregate(SETS[maker.codec]), *maker.fragments(key, 700)]
        else:
            payloads = maker.fragments(OTHER[maker.codec] + bytes(2000), 900)
        for packet in maker.packets(payloads, sequence, picture * 7500):
            data += frame(0, packet)
        sequence += len(payloads)
        data += frame(1, b"\x80\xc8\0\0") + frame(7, b"$$$$$$$$") + b"\r\n"
        if picture == 3:
            data += ANSWER
    return data


@pytest.mark.parametrize("codec", ["h264", "h265"])
@settings(max_examples=150, deadline=None, derandomize=True)
@given(cuts=st.lists(st.integers(0, 100_000), max_size=12))
def test_however_the_stream_is_cut_the_same_comes_out(
    make_rtp: Any, codec: str, cuts: list[int]
) -> None:
    data = recording(make_rtp(codec))
    stream = Stream(codec)
    stream.framing.interleave(stream.video, 0, 1)
    told = stream.feed(data, cuts)
    pictures = [item for item in told if isinstance(item, Picture)]
    assert [picture.timestamp for picture in pictures] == [7500, 45_000]
    assert [item.body for item in told if isinstance(item, Message)] == [b"$\0\1"]
    assert [item for item in told if isinstance(item, bytes)] == [b"\x80\xc8\0\0"] * 8
    assert stream.video.assembler.damaged == 0
    assert stream.report.highest == stream.framing.packets - 1


def test_packets_before_setup_are_passed_over(rtp_maker: Any) -> None:
    stream = Stream(rtp_maker.codec)
    told = stream.feed(frame(0, b"early") + ANSWER, [])
    assert [type(item) for item in told] == [Message]
    assert stream.framing.frames == 2


@pytest.mark.parametrize("byte", [b"\0", b"\xff", b"{", b"r"])
def test_a_stream_out_of_step_ends_the_session(byte: bytes) -> None:
    stream = Stream("h264")
    with pytest.raises(RtspFailure, match="out of step"):
        stream.feed(byte, [])


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=60),
            st.binary(max_size=60).map(lambda packet: frame(0, packet)),
            st.binary(max_size=60).map(lambda tail: frame(0, b"\x80\xe0\0\1" + bytes(8) + tail)),
            st.binary(max_size=60).map(lambda tail: b"RTSP/1.0 200 " + tail),
        ),
        max_size=12,
    )
)
@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_no_bytes_raise_anything_else(codec: str, chunks: list[bytes]) -> None:
    stream = Stream(codec)
    stream.framing.interleave(stream.video, 0, 1)
    try:
        for chunk in chunks:
            stream.framing.feed(chunk)
    except RtspFailure:
        return
