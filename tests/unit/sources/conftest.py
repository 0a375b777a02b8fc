"""Makers of what cameras send: NAL units, RTP packets, encoded pictures."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest


@dataclass
class RtpMaker:
    """Packs NAL units into RTP payloads and packets, as cameras do."""

    codec: str

    def fragments(self, unit: bytes, size: int) -> list[bytes]:
        """FU-A or FU payloads of at most ``size`` bytes of the unit each."""
        if self.codec == "h264":
            head = bytes((unit[0] & 0xE0 | 28,))
            kind, body = unit[0] & 0x1F, unit[1:]
        else:
            head = bytes((unit[0] & 0x81 | 49 << 1, unit[1]))
            kind, body = unit[0] >> 1 & 0x3F, unit[2:]
        parts = [body[at : at + size] for at in range(0, len(body), size)]
        last = len(parts) - 1
        return [
            head + bytes(((number == 0) << 7 | (number == last) << 6 | kind,)) + part
            for number, part in enumerate(parts)
        ]

    def aggregate(self, units: list[bytes]) -> bytes:
        """One STAP-A or AP payload."""
        head = b"\x18" if self.codec == "h264" else bytes((48 << 1, 1))
        return head + b"".join(struct.pack("!H", len(unit)) + unit for unit in units)

    def packets(
        self,
        payloads: list[bytes],
        sequence: int,
        timestamp: int,
        payload_type: int = 96,
        marker: bool = True,
    ) -> list[bytes]:
        """RTP packets of one picture."""
        return [
            struct.pack(
                "!BBHII",
                0x80,
                (marker and number == len(payloads) - 1) << 7 | payload_type,
                (sequence + number) & 0xFFFF,
                timestamp & 0xFFFFFFFF,
                0xCAFE,
            )
            + payload
            for number, payload in enumerate(payloads)
        ]


@pytest.fixture(params=["h264", "h265"])
def rtp_maker(request: Any) -> RtpMaker:
    return RtpMaker(request.param)


@pytest.fixture
def make_rtp() -> type[RtpMaker]:
    return RtpMaker


def encode(codec: str, width: int, height: int, seed: int, b_frames: int = 0) -> list[bytes]:
    """Two keyframes of a made-up picture, in Annex B with their parameter sets."""
    encoder = av.CodecContext.create("libx264" if codec == "h264" else "libx265", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 25), Fraction(25, 1)
    common = f"keyint=4:min-keyint=4:scenecut=0:bframes={b_frames}"
    encoder.options = {
        "preset": "ultrafast",
        f"{'x264' if codec == 'h264' else 'x265'}-params": (
            common if codec == "h264" else f"{common}:log-level=none:repeat-headers=1:pools=none"
        ),
    }
    random = np.random.default_rng(seed)
    ramp = np.add.outer(np.arange(height), np.arange(width)).astype(np.uint8)
    packets = []
    for index in range(8):
        noise = random.integers(0, 40, (height, width), dtype=np.uint8)
        pixels = np.stack([np.roll(ramp, seed * 37), ramp // 2 + noise, noise], axis=-1)
        frame = av.VideoFrame.from_ndarray(pixels, format="bgr24").reformat(format="yuv420p")
        frame.pts = index
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    return [bytes(packet) for packet in packets if packet.is_keyframe]


@pytest.fixture(scope="session")
def encoded() -> Callable[..., list[bytes]]:
    made: dict[tuple[Any, ...], list[bytes]] = {}

    def cached(*args: Any, **named: Any) -> list[bytes]:
        key = (*args, *sorted(named.items()))
        if key not in made:
            made[key] = encode(*args, **named)
        return made[key]

    return cached
