from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yitong_command.sources.rtsp import assembler as module
from yitong_command.sources.rtsp.assembler import KeyframeAssembler, Picture
from yitong_command.sources.rtsp.nal import CODECS
from yitong_command.sources.rtsp.rtp import RtpPacket, parse_rtp

HEADERS = {
    "h264": {"parameters": [b"\x67", b"\x68"], "sei": b"\x06", "key": b"\x65", "other": b"\x41"},
    "h265": {
        "parameters": [b"\x40\x01", b"\x42\x01", b"\x44\x01"],
        "sei": b"\x4e\x01",
        "key": b"\x26\x01",
        "other": b"\x02\x01",
    },
}


def bodies(random_source: random.Random, slices: int) -> list[bytes]:
    """Slice bodies: only the first says that a picture starts."""
    return [
        bytes((0x80 if number == 0 else 0x40,))
        + random_source.randbytes(random_source.choice(SIZES))
        for number in range(slices)
    ]


SIZES = (3, 40, 900, 4000)


def parameters(codec: str) -> list[bytes]:
    return [
        head + bytes((0x11, number)) for number, head in enumerate(HEADERS[codec]["parameters"])
    ]


def annexb(units: list[bytes]) -> bytes:
    return b"".join(b"\0\0\0\1" + unit for unit in units)


def key_payloads(maker: Any, seed: int) -> tuple[list[bytes], bytes]:
    """Payloads of a keyframe, packed at random, and the Annex B that must come out."""
    source = random.Random(seed)
    codec = maker.codec
    sets = parameters(codec)
    slices = [HEADERS[codec]["key"] + body for body in bodies(source, source.choice((1, 1, 3)))]
    payloads = [maker.aggregate(sets)] if source.random() < 0.5 else list(sets)
    if source.random() < 0.5:
        payloads.append(HEADERS[codec]["sei"] + b"info")
    for unit in slices:
        if len(unit) > 1000 or source.random() < 0.3:
            payloads += maker.fragments(unit, source.choice((500, 1400)))
        else:
            payloads.append(unit)
    return payloads, annexb(sets + slices)


def push_all(assembler: KeyframeAssembler, packets: list[bytes]) -> list[Picture]:
    pictures = []
    for data in packets:
        packet = parse_rtp(data)
        assert packet is not None
        picture = assembler.push(packet)
        if picture is not None:
            pictures.append(picture)
    return pictures


def other_picture(maker: Any, sequence: int, timestamp: int) -> list[bytes]:
    return maker.packets([HEADERS[maker.codec]["other"] + b"\x80" * 50], sequence, timestamp)


FUZZ = settings(max_examples=200, deadline=None, derandomize=True)


@pytest.mark.parametrize("codec", ["h264", "h265"])
@FUZZ
@given(seed=st.integers(0, 10_000), sequence=st.integers(0, 65_535), shuffled=st.booleans())
def test_keyframes_come_out_as_they_went_in(
    make_rtp: Any, codec: str, seed: int, sequence: int, shuffled: bool
) -> None:
    maker = make_rtp(codec)
    payloads, expected = key_payloads(maker, seed)
    packets = maker.packets(payloads, sequence, 1000)
    if shuffled:
        rest = packets[1:]
        random.Random(seed).shuffle(rest)
        packets = packets[:1] + rest
    assembler = KeyframeAssembler(CODECS[codec])
    pictures = push_all(assembler, packets)
    assert pictures == [Picture(expected, 1000)]
    assert assembler.damaged == 0
    assert not assembler.active


@pytest.mark.parametrize("codec", ["h264", "h265"])
@pytest.mark.parametrize("marker", [True, False])
@FUZZ
@given(seed=st.integers(0, 10_000), lost=st.integers(0, 30))
def test_one_lost_packet_drops_the_picture_and_not_the_next(
    make_rtp: Any, codec: str, marker: bool, seed: int, lost: int
) -> None:
    maker = make_rtp(codec)
    payloads, expected = key_payloads(maker, seed)
    lost %= len(payloads)
    first = maker.packets(payloads, 100, 1000, marker=marker)
    start = 100 + len(first)
    second = maker.packets(payloads, start + 1, 5000, marker=marker)
    tail = other_picture(maker, start + 1 + len(second), 9000)
    assembler = KeyframeAssembler(CODECS[codec])
    packets = first[:lost] + first[lost + 1 :] + other_picture(maker, start, 2000) + second + tail
    pictures = push_all(assembler, packets)
    assert [picture.timestamp for picture in pictures] in ([5000], [1000, 5000])
    assert pictures[-1].annexb == expected
    if len(pictures) == 2:
        # Only what no decoder needs may be missing from a picture that is let through.
        assert payloads[lost] == HEADERS[codec]["sei"] + b"info"
    else:
        assert assembler.damaged <= 1


def test_a_lost_picture_is_counted(rtp_maker: Any) -> None:
    key = HEADERS[rtp_maker.codec]["key"] + b"\x80" + bytes(5000)
    payloads = parameters(rtp_maker.codec) + rtp_maker.fragments(key, 1000)
    packets = rtp_maker.packets(payloads, 0, 1000)
    assembler = KeyframeAssembler(CODECS[rtp_maker.codec])
    push_all(assembler, packets[:-1] + other_picture(rtp_maker, len(packets), 2000))
    assert assembler.damaged == 1


def test_parameter_sets_of_the_description_serve_until_the_stream_has_its_own(
    rtp_maker: Any,
) -> None:
    codec = CODECS[rtp_maker.codec]
    sets = parameters(rtp_maker.codec)
    key = HEADERS[rtp_maker.codec]["key"] + b"\x80picture"
    assembler = KeyframeAssembler(codec, tuple(sets))
    assert push_all(assembler, rtp_maker.packets([key], 0, 0)) == [Picture(annexb([*sets, key]), 0)]
    changed = [unit + b"changed" for unit in sets]
    push_all(assembler, rtp_maker.packets(changed, 1, 1000, marker=False))
    (picture,) = push_all(assembler, rtp_maker.packets([key], 1 + len(sets), 2000))
    assert picture.annexb == annexb([*changed, key])


def test_without_parameter_sets_there_is_no_picture(rtp_maker: Any) -> None:
    key = HEADERS[rtp_maker.codec]["key"] + b"\x80picture"
    assembler = KeyframeAssembler(CODECS[rtp_maker.codec])
    assert push_all(assembler, rtp_maker.packets([key], 0, 0)) == []
    assert assembler.damaged == 1


def test_a_picture_whose_first_slice_was_lost_is_dropped(rtp_maker: Any) -> None:
    sets = parameters(rtp_maker.codec)
    second = HEADERS[rtp_maker.codec]["key"] + b"\x40second slice"
    assembler = KeyframeAssembler(CODECS[rtp_maker.codec], tuple(sets))
    assert push_all(assembler, rtp_maker.packets([second], 5, 0)) == []
    assert assembler.damaged == 1


def test_a_camera_that_marks_every_slice_is_understood(rtp_maker: Any) -> None:
    head = HEADERS[rtp_maker.codec]["key"]
    sets = parameters(rtp_maker.codec)
    slices = [head + b"\x80first", head + b"\x40second"]
    assembler = KeyframeAssembler(CODECS[rtp_maker.codec], tuple(sets))
    pictures = []
    for number in range(3):
        for index, unit in enumerate(slices):
            packets = rtp_maker.packets([unit], number * 2 + index, number * 1000)
            pictures += push_all(assembler, packets)
    pictures += push_all(assembler, other_picture(rtp_maker, 6, 9000))
    assert [picture.annexb for picture in pictures][-2:] == [annexb(sets + slices)] * 2


def test_other_pictures_are_skipped_without_being_kept(rtp_maker: Any) -> None:
    assembler = KeyframeAssembler(CODECS[rtp_maker.codec])
    assert push_all(assembler, other_picture(rtp_maker, 0, 0)) == []
    assert not assembler.active


def test_repeated_packets_do_no_harm(rtp_maker: Any) -> None:
    payloads, expected = key_payloads(rtp_maker, 5)
    packets = rtp_maker.packets(payloads, 65_530, 1000)
    assembler = KeyframeAssembler(CODECS[rtp_maker.codec])
    doubled = [packet for packet in packets for _ in range(2)]
    assert push_all(assembler, doubled + packets) == [Picture(expected, 1000)]
    assert assembler.damaged == 0


def test_a_picture_beyond_the_limits_is_dropped(
    rtp_maker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_PICTURE_BYTES", 10_000)
    head = HEADERS[rtp_maker.codec]["key"]
    assembler = KeyframeAssembler(CODECS[rtp_maker.codec], tuple(parameters(rtp_maker.codec)))
    payloads = rtp_maker.fragments(head + b"\x80" + bytes(50_000), 1000)
    assert push_all(assembler, rtp_maker.packets(payloads, 0, 0)) == []
    push_all(assembler, other_picture(rtp_maker, len(payloads), 1000))
    assert assembler.damaged == 1
    sequence = len(payloads) + 1
    (picture,) = push_all(assembler, rtp_maker.packets([head + b"\x80ok"], sequence, 2000))
    assert picture.annexb.endswith(b"ok")


@pytest.mark.parametrize("codec", ["h264", "h265"])
@FUZZ
@given(
    packets=st.lists(
        st.tuples(
            st.binary(min_size=1, max_size=8), st.integers(0, 6), st.integers(0, 2), st.booleans()
        ),
        max_size=25,
    )
)
def test_no_payload_raises(codec: str, packets: list[tuple[bytes, int, int, bool]]) -> None:
    assembler = KeyframeAssembler(CODECS[codec], tuple(parameters(codec)))
    for payload, sequence, timestamp, marker in packets:
        assembler.push(RtpPacket(96, marker, sequence, timestamp, 1, payload))


def test_the_property_generator_makes_every_kind_of_packing(rtp_maker: Any) -> None:
    kinds = set()
    for seed in range(50):
        payloads, _ = key_payloads(rtp_maker, seed)
        codec = CODECS[rtp_maker.codec]
        kinds |= {codec.kind(payload) for payload in payloads}
    assert kinds >= ({24, 28, 5, 7, 8, 6} if rtp_maker.codec == "h264" else {48, 49, 19, 32, 39})
