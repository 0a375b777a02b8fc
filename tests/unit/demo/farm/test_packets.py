"""RTP packets: whatever is packed comes out again at a depacketiser."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yitong_command.demo.farm.nal import nal_type
from yitong_command.demo.farm.packets import (
    FRAMING,
    MAX_PAYLOAD,
    RTP_HEADER,
    PicturePackets,
    on_channel,
    packetise,
)


def unit(codec: str, kind: int, size: int, fill: int) -> bytes:
    head = bytes([0x60 | kind]) if codec == "h264" else bytes([kind << 1, 1])
    return head + bytes([fill]) * size


def depacketise(codec: str, payloads: list[bytes]) -> list[bytes]:
    """NAL units of RTP payloads, written from the RFCs and not from the packer."""
    units: list[bytes] = []
    head = 1 if codec == "h264" else 2
    aggregate, fragment = (24, 28) if codec == "h264" else (48, 49)
    for payload in payloads:
        kind = nal_type(codec, payload)
        if kind == aggregate:
            position = head
            while position < len(payload):
                (size,) = struct.unpack_from(">H", payload, position)
                units.append(payload[position + 2 : position + 2 + size])
                position += 2 + size
        elif kind == fragment:
            flags = payload[head]
            if flags & 0x80:
                inner = flags & (0x1F if codec == "h264" else 0x3F)
                first = (
                    bytes([(payload[0] & 0xE0) | inner])
                    if codec == "h264"
                    else bytes([(payload[0] & 0x81) | inner << 1, payload[1]])
                )
                units.append(first)
            units[-1] += payload[head + 1 :]
        else:
            units.append(payload)
    return units


def payloads_of(packets: PicturePackets, block: bytes | bytearray) -> list[bytes]:
    return [bytes(packet[RTP_HEADER:]) for packet in packets.packets(block)]


codecs = st.sampled_from(["h264", "h265"])
sizes = st.lists(st.integers(0, 4 * MAX_PAYLOAD), min_size=1, max_size=4)


@given(codec=codecs, sizes=sizes, parameters=st.lists(st.integers(1, 60), max_size=3))
def test_every_unit_arrives_whole_and_in_order(codec, sizes, parameters) -> None:
    sets = [unit(codec, 7 if codec == "h264" else 33, size, 7) for size in parameters]
    units = [unit(codec, 1, size, index) for index, size in enumerate(sizes)]
    packets = packetise(codec, sets, units)
    payloads = payloads_of(packets, packets.template)
    assert all(len(payload) <= MAX_PAYLOAD for payload in payloads)
    assert depacketise(codec, payloads) == sets + units
    assert packets.payload_bytes == sum(len(payload) for payload in payloads)


@given(codec=codecs, sizes=sizes, sequence=st.integers(0, 0xFFFF))
def test_numbers_are_stamped_and_only_the_last_packet_is_marked(codec, sizes, sequence) -> None:
    packets = packetise(codec, [], [unit(codec, 1, size, 1) for size in sizes])
    block = packets.stamped(sequence, 90_000, 0xABCD)
    heads = [struct.unpack(">BBHII", packet[:12]) for packet in packets.packets(block)]
    assert [head[2] for head in heads] == [(sequence + i) & 0xFFFF for i in range(len(heads))]
    assert {head[3:] for head in heads} == {(90_000, 0xABCD)}
    assert [head[1] >> 7 for head in heads] == [0] * (len(heads) - 1) + [1]
    assert payloads_of(packets, block) == payloads_of(packets, packets.template)


def test_large_units_are_really_fragmented() -> None:
    packets = packetise("h264", [], [unit("h264", 5, 3 * MAX_PAYLOAD, 1)])
    assert len(packets.starts) == 4


def test_another_channel_changes_nothing_but_the_channel() -> None:
    packets = packetise("h264", [], [unit("h264", 5, 3000, 1)])
    block = packets.stamped(1, 2, 3)
    moved = on_channel(block, packets.starts, 6)
    assert [moved[start + 1] for start in packets.starts] == [6] * len(packets.starts)
    assert payloads_of(packets, moved) == payloads_of(packets, block)
    assert on_channel(block, packets.starts, 0) is block


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_corruption_spares_parameter_sets_and_headers(codec: str) -> None:
    sets = [unit(codec, 7 if codec == "h264" else 33, 30, 9)]
    packets = packetise(codec, sets, [unit(codec, 1, 3000, 1)])
    good = packets.stamped(1, 2, 3)
    bad = packets.corrupted(bytearray(good))
    assert len(bad) == len(good)
    changed = [i for i, (a, b) in enumerate(zip(good, bad, strict=True)) if a != b]
    assert len(changed) >= len(packets.starts) - 1
    first_slice = packets.starts[1] + FRAMING + RTP_HEADER
    assert min(changed) > first_slice
    assert [bytes(p[:12]) for p in packets.packets(bad)] == [
        bytes(p[:12]) for p in packets.packets(good)
    ]
