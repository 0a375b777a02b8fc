"""A server that treats every client in another seeded, hostile way."""

from __future__ import annotations

import asyncio
import random
import re
import socket
from collections import Counter
from collections.abc import Awaitable, Callable

from tests.properties.rtsp.corpus import answers, interleaved, later, stream
from tests.properties.rtsp.mutate import TOKENS, damage, disorder

Act = Callable[["Visit"], Awaitable[None]]


class Visit:
    """One client, answered honestly up to a stage and then not."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seed: int
    ) -> None:
        self.reader = reader
        self.writer = writer
        self.source = random.Random(f"visit {seed}")
        self.head = b""
        self.codec = self.source.choice(("h264", "h265"))

    async def request(self) -> tuple[bytes, bytes]:
        """Method and sequence number of the next request; b"" at the end."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        while head.startswith(b"$"):
            head = head[4 + int.from_bytes(head[2:4], "big") :]
        self.head = head
        return head.split(b" ", 1)[0], head.split(b"CSeq: ")[1].split(b"\r\n")[0]

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def honest(self, steps: int) -> None:
        """Answer so many requests as a camera does."""
        for text in answers(self.codec)[:steps]:
            _, cseq = await self.request()
            await self.send(text.replace(b"CSEQ", cseq))


async def slow(visit: Visit) -> None:
    for byte in b"RTSP/1.0 200 OK\r\nX: " + b"x" * 200:
        await visit.send(bytes((byte,)))
        await asyncio.sleep(0.02)


async def endless_header(visit: Visit) -> None:
    while True:
        await visit.send(b"X: " + b"x" * 5_000 + b"\r\n")


async def huge_length(visit: Visit) -> None:
    length = visit.source.choice((b"65537", b"99999999999999999999", b"-5", b"65536"))
    await visit.send(b"RTSP/1.0 200 OK\r\nContent-Length: " + length + b"\r\n\r\n")
    await visit.send(bytes(200_000))


async def noise(visit: Visit) -> None:
    for _ in range(50):
        await visit.send(visit.source.randbytes(visit.source.randint(1, 9_000)))


async def tokens(visit: Visit) -> None:
    for _ in range(300):
        await visit.send(visit.source.choice(TOKENS))


async def flood(visit: Visit) -> None:
    while True:
        await visit.send(b"$\5\0\0" * 10_000)


async def silence(visit: Visit) -> None:
    await asyncio.sleep(2.0)


async def hang_up(visit: Visit) -> None:
    if visit.source.random() < 0.5:
        visit.writer.transport.abort()


async def damaged(visit: Visit) -> None:
    """Go on as a camera, with everything damaged."""
    for text in answers(visit.codec):
        _, cseq = await visit.request()
        await visit.send(damage(text.replace(b"CSEQ", cseq), visit.source))


async def pictures(visit: Visit) -> None:
    packets = disorder(list(stream(visit.codec)), visit.source, 20)
    for rounds in range(20):
        data = b"".join(interleaved(later(tuple(packets), rounds)))
        await visit.send(data if rounds % 2 == 0 else damage(data, visit.source, 3))


async def datagrams(visit: Visit) -> None:
    """Refuse TCP, then send noise and damaged packets over UDP."""
    port = 0
    texts = answers(visit.codec)
    refused = b"RTSP/1.0 461 No\r\nCSeq: CSEQ\r\n\r\n"
    chosen = b"Session: 1\r\nTransport: RTP/AVP;client_port=1-2\r\n\r\n"
    udp = b"RTSP/1.0 200 OK\r\nCSeq: CSEQ\r\n" + chosen
    for text in (*texts[:2], refused, udp, texts[3]):
        _, cseq = await visit.request()
        found = re.search(rb"client_port=(\d+)", visit.head)
        port = int(found[1]) if found else port
        await visit.send(text.replace(b"CSEQ", cseq))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        for rounds in range(10):
            for packet in disorder(later(stream(visit.codec), rounds), visit.source, 10):
                bad = visit.source.random() < 0.2
                data = damage(packet, visit.source) if bad else packet
                sender.sendto(data, ("127.0.0.1", port + (visit.source.random() < 0.1)))
            await asyncio.sleep(0.03)


ACTS: tuple[Act, ...] = (
    slow, endless_header, huge_length, noise, tokens, flood, silence, hang_up, damaged, pictures,
    datagrams,
)  # fmt: skip


class Hostile:
    """The server; it counts what it did.

    Attributes:
        port: Where it listens.
        visits: How many clients came.
        done: By behaviour, and by the stage it began at.
    """

    def __init__(self) -> None:
        self.port = 0
        self.visits = 0
        self.done: Counter[str] = Counter()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=256)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visits += 1
        visit = Visit(reader, writer, self.visits)
        act, stage = visit.source.choice(ACTS), visit.source.randrange(6)
        stage = 0 if act is datagrams else stage
        try:
            async with asyncio.timeout(3.0):
                await visit.honest(stage)
                self.done[f"stage {min(stage, 4)}"] += 1
                self.done[act.__name__] += 1
                await act(visit)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            self.done["left"] += 1
        finally:
            writer.transport.abort()
