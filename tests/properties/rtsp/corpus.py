"""What an honest camera sends, to be damaged."""

from __future__ import annotations

import functools
import struct
from collections.abc import Iterator

from tests.unit.sources.conftest import RtpMaker, encode

SPROPS = "sprop-parameter-sets=Z00AHp2oKAv+VA==,aO48gA=="
BODY = {
    "h264": f"a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;{SPROPS}\r\n",
    "h265": "a=rtpmap:96 H265/90000\r\na=fmtp:96 profile-id=1\r\n",
}
CHALLENGE = 'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256\r\n'
TRANSPORT = "Session: 7f;timeout=9\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
SENDER_REPORT = struct.pack("!BBHIIIIII", 0x80, 200, 6, 0xCAFE, 0xEEAA0000, 0, 0, 0, 0)


def answers(codec: str, login: bool = False) -> list[bytes]:
    """The answers to OPTIONS, DESCRIBE (twice with a login), SETUP and PLAY."""
    description = f"v=0\r\nm=video 0 RTP/AVP 96\r\n{BODY[codec]}a=control:trackID=1\r\n"
    length = f"Content-Length: {len(description)}\r\n\r\n{description}"
    all_headers = [
        "Public: OPTIONS, DESCRIBE, GET_PARAMETER\r\n\r\n",
        f"Content-Base: rtsp://camera/live/\r\n{length}",
        f"{TRANSPORT}\r\n",
        "Session: 7f\r\nRange: npt=now-\r\n\r\n",
    ]
    texts = [f"RTSP/1.0 200 OK\r\nCSeq: CSEQ\r\n{headers}" for headers in all_headers]
    if login:
        texts.insert(1, f"RTSP/1.0 401 No\r\nCSeq: CSEQ\r\n{CHALLENGE}\r\n")
    return [text.encode() for text in texts]


@functools.cache
def keyframes(codec: str) -> tuple[bytes, ...]:
    """Small keyframes in Annex B with their parameter sets."""
    return tuple(frame for seed in (1, 2) for frame in encode(codec, 96, 64, seed))


def units(annexb: bytes) -> list[bytes]:
    """NAL units of Annex B."""
    parts = annexb.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
    return [part for part in parts if part]


@functools.cache
def stream(codec: str) -> tuple[bytes, ...]:
    """RTP packets of keyframes and the pictures between them."""
    maker, sequence, packets = RtpMaker(codec), 65_530, []
    other = b"\x41" + bytes(300) if codec == "h264" else b"\x02\x01" + bytes(300)
    for number, annexb in enumerate(keyframes(codec) * 2):
        payloads: list[bytes] = []
        for unit in units(annexb):
            payloads += [unit] if len(unit) < 500 else maker.fragments(unit, 400)
        for payload in (payloads, [other], [other, other]):
            packets += maker.packets(payload, sequence, number * 90_000)
            sequence += len(payload)
    return tuple(packets)


def later(packets: tuple[bytes, ...], rounds: int) -> list[bytes]:
    """The packets as they come so many repetitions later."""
    moved = []
    for packet in packets:
        sequence, timestamp = struct.unpack_from("!HI", packet, 2)
        sequence = (sequence + rounds * len(packets)) & 0xFFFF
        timestamp = (timestamp + rounds * 8 * 90_000) & 0xFFFFFFFF
        moved.append(packet[:2] + struct.pack("!HI", sequence, timestamp) + packet[8:])
    return moved


def interleaved(packets: list[bytes]) -> Iterator[bytes]:
    """Packets framed for channel 0, with reports on channel 1."""
    for number, packet in enumerate(packets):
        yield b"$\0" + struct.pack("!H", len(packet) & 0xFFFF) + packet
        if number % 9 == 0:
            yield b"$\1" + struct.pack("!H", len(SENDER_REPORT)) + SENDER_REPORT
