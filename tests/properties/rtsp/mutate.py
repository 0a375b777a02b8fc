"""Seeded damage: to bytes, to lists of packets, to text."""

from __future__ import annotations

import random
from typing import TypeVar

T = TypeVar("T")

TOKENS = (
    b"\r\n", b"\r\n\r\n", b"\n\n", b"$", b"$\0\xff\xff", b"$\0\0\0", b"$\0\0\x0c", b"RTSP/1.0 ",
    b"RTSP/1.0 401 x\r\n", b"Content-Length: 99999999999\r\n", b"Content-Length: -1\r\n",
    b"Content-Length: 65536\r\n", b"CSeq: 99999999999999999999\r\n", b"Session: ;timeout=0\r\n",
    b"Session: x;timeout=999999\r\n", b"Transport: RTP/AVP;client_port=1-2\r\n", b"=", b";", b",",
    b"Transport: RTP/AVP/TCP;interleaved=255-256\r\n", b"\0", b"\xff", b"\0\0\1", b"\0\0\0\1",
    b"Location: rtsp://127.0.0.1:9/\r\n", b"Location: \r\n", b"a=control:", b"m=video 0 RTP/AVP ",
    b"a=fmtp:96 ", b"a=rtpmap:96 H265/90000\r\n", b"4294967296", b"-1", b"0", b" ", b'"', b"\\",
    b"WWW-Authenticate: Digest nonce=\"\"\r\n", b"REDIRECT x RTSP/1.0\r\n", b"\xe5\xaf\x86",
)  # fmt: skip


def damage(data: bytes, source: random.Random, hits: int = 4) -> bytes:
    """The bytes with up to so many places flipped, cut, repeated, or written over."""
    made = bytearray(data)
    for _ in range(source.randint(1, hits)):
        at = source.randint(0, len(made))
        source.choice(_WAYS)(made, at, source)
    if source.random() < 0.05:
        del made[source.randint(0, len(made)) :]
    return bytes(made)


def _flip(made: bytearray, at: int, source: random.Random) -> None:
    if at < len(made):
        made[at] ^= 1 << source.randrange(8)


def _cut(made: bytearray, at: int, source: random.Random) -> None:
    del made[at : at + source.randint(1, 16)]


def _insert(made: bytearray, at: int, source: random.Random) -> None:
    made[at:at] = source.choice(TOKENS)


def _noise(made: bytearray, at: int, source: random.Random) -> None:
    some = source.randint(1, 16)
    made[at : at + some] = source.randbytes(some)


def _repeat(made: bytearray, at: int, source: random.Random) -> None:
    made[at:at] = made[max(0, at - source.randint(1, 128)) : at]


def _overwrite(made: bytearray, at: int, source: random.Random) -> None:
    token = source.choice(TOKENS)
    made[at : at + len(token)] = token


_WAYS = (_flip, _cut, _insert, _noise, _repeat, _overwrite)


def disorder(items: list[T], source: random.Random, hits: int = 4) -> list[T]:
    """The list with items lost, doubled, and moved."""
    made = list(items)
    for _ in range(source.randint(0, hits)):
        if not made:
            break
        at, to = source.randrange(len(made)), source.randrange(len(made))
        kind = source.randrange(4)
        if kind == 0:
            del made[at]
        elif kind == 1:
            made.insert(to, made[at])
        elif kind == 2:
            made[at], made[to] = made[to], made[at]
        else:
            made.insert(to, made.pop(at))
    return made


def chunks(data: bytes, source: random.Random) -> list[bytes]:
    """The bytes as a network may hand them over."""
    if source.random() < 0.3:
        return [data]
    size = max(source.choice((1, 7, 100, 1460)), len(data) // 200 + 1)
    return [data[at : at + size] for at in range(0, len(data), size)]
