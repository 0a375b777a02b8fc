"""Small clips with a counter painted in, a farm that serves them, and real clients."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import av
import numpy as np
import pytest

from yitong_command.demo.farm.farm import Farm
from yitong_command.demo.farm.options import FarmOptions

FPS = 10
GROUP = 5
WIDTH, HEIGHT = 320, 64
CELL = WIDTH // 10


def painted(number: int) -> np.ndarray:
    """A picture that says its number: ten cells, lowest bit first, grey ground below."""
    picture = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    for bit in range(10):
        level = 235 if number >> bit & 1 else 20
        picture[: HEIGHT // 2, bit * CELL : (bit + 1) * CELL] = level
    return picture


def counter_of(gray: np.ndarray) -> int:
    """The number painted in a decoded picture."""
    cells = gray[4 : HEIGHT // 2 - 4].reshape(HEIGHT // 2 - 8, 10, CELL).mean(axis=(0, 2))
    return sum(int(level > 128) << bit for bit, level in enumerate(cells))


def write_clip(
    path: Path, first: int, count: int, codec: str = "libx264", truth: dict | None = None
) -> None:
    """Write a clip that counts from ``first``; a key picture every half second."""
    extra = (
        {"x264-params": "open-gop=0:repeat-headers=1:threads=1"}
        if codec == "libx264"
        else {
            "x265-params": "open-gop=0:repeat-headers=1:pools=none:frame-threads=1:log-level=none"
            f":keyint={GROUP}:min-keyint={GROUP}:scenecut=0:bframes=0"
        }
    )
    options = {
        "preset": "veryfast",
        "bf": "0",
        "g": str(GROUP),
        "keyint_min": str(GROUP),
        "sc_threshold": "0",
        **extra,
    }
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream(codec, rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for index in range(count):
            frame = av.VideoFrame.from_ndarray(painted(first + index), format="bgr24")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    if truth is not None:
        path.with_suffix(".gt.json").write_text(json.dumps(truth))


STREET = {
    "quiet_segment": [0, 1],
    "after_segment": [3, 4],
    "events": [
        {"type": "manhole_state", "object": "m", "state": "ok", "t0": 0, "t1": 2},
        {"type": "manhole_state", "object": "m", "state": "missing", "t0": 2, "t1": 4},
    ],
}
STOPPING = {
    "quiet_segment": [0, 1],
    "after_segment": [0, 1],
    "events": [{"type": "vehicle_stopped", "object": "v", "t0": 1.5, "t1": 2.5}],
}
PROGRAMME = """
cameras:
  - {id: cam-001, clip: hole, play_at_s: 0.2, repair_after_s: 3}
  - {id: cam-002, clip: stopping}
  - {id: cam-003, clip: hole}
  - id: ball-001
    home: left
    pan: pan_{from}_{to}
    presets:
      left: {clip: left}
      centre:
        clip: centre
        event: {clip: centre_missing, kind: manhole_cover, state: missing}
      right: {clip: right}
"""
BALL_FIRST = {"left": 100, "centre": 120, "centre_missing": 140, "right": 160}


@pytest.fixture(scope="session")
def clips_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    write_clip(folder / "hole.mp4", 0, 40, truth=STREET)
    write_clip(folder / "stopping.mp4", 0, 40, truth=STOPPING)
    for name, first in BALL_FIRST.items():
        write_clip(folder / f"{name}.mp4", first, 10)
    write_clip(folder / "pan_left_centre.mp4", 200, 10)
    write_clip(folder / "pan_centre_right.mp4", 220, 10)
    return folder


@pytest.fixture
def options(clips_dir: Path, tmp_path: Path) -> FarmOptions:
    programme = tmp_path / "programme.yaml"
    programme.write_text(PROGRAMME)
    return FarmOptions(
        rtsp_port=0, control_port=0, onvif_port=0, clips_dir=clips_dir, programme=programme
    )


@pytest.fixture(scope="session")
def clip_maker() -> Callable[..., None]:
    """Writes clips of other kinds."""
    return write_clip


FarmMaker = Callable[..., Awaitable[Farm]]


@pytest.fixture
async def make_farm(options: FarmOptions) -> AsyncIterator[FarmMaker]:
    farms: list[Farm] = []

    async def make(**changes: object) -> Farm:
        farm = Farm(replace(options, **changes))
        await farm.start()
        farms.append(farm)
        return farm

    yield make
    for farm in farms:
        await farm.stop()


@pytest.fixture
async def farm(make_farm: FarmMaker) -> Farm:
    return await make_farm()


@dataclass(frozen=True)
class Seen:
    """A decoded picture: its counter, mean luma, wall clock and media time."""

    counter: int
    luma: float
    at: float
    media_s: float | None
    key: bool


@contextmanager
def opened(url: str, transport: str = "tcp") -> Iterator[Iterator[Seen]]:
    """Pictures of a stream as a real client decodes them."""
    fast = {"rtsp_transport": transport, "analyzeduration": "0", "probesize": "32"}
    with av.open(url, options=fast, timeout=5) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"

        def pictures() -> Iterator[Seen]:
            for frame in container.decode(stream):
                gray = frame.to_ndarray(format="gray")
                media = None if frame.pts is None else float(frame.pts * frame.time_base)
                yield Seen(
                    counter_of(gray), float(gray.mean()), time.time(), media, frame.key_frame
                )

        yield pictures()


Watch = Callable[..., Awaitable[list[Seen]]]


@pytest.fixture
def watch() -> Watch:
    """Decode pictures in a thread until a count or a condition is reached."""

    def run(url: str, transport: str, count: int, until: Callable[[Seen], bool]) -> list[Seen]:
        seen: list[Seen] = []
        with opened(url, transport) as pictures:
            for picture in pictures:
                seen.append(picture)
                if len(seen) >= count or until(picture):
                    return seen
        return seen

    async def start(
        url: str,
        count: int = 100,
        transport: str = "tcp",
        until: Callable[[Seen], bool] = lambda _: False,
    ) -> list[Seen]:
        return await asyncio.to_thread(run, url, transport, count, until)

    return start


class RawClient:
    """An RTSP client that says exactly what it is told to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._cseq = 0

    async def ask(self, method: str, url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Send a request and read its answer, leaving out interleaved packets before it."""
        self._cseq += 1
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self._cseq}"]
        lines += [f"{name.title().replace('_', '-')}: {value}" for name, value in headers.items()]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        return await self.answer()

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Read one answer."""
        while True:
            first = await self.reader.readexactly(1)
            if first != b"$":
                break
            await self.packet(first)
        head = first + await self.reader.readuntil(b"\r\n\r\n")
        status, *lines = head.decode().strip().split("\r\n")
        headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return int(status.split()[1]), headers, body

    async def packet(self, first: bytes = b"") -> tuple[int, bytes]:
        """Read one interleaved packet."""
        head = first + await self.reader.readexactly(4 - len(first))
        assert head[0] == 0x24
        return head[1], await self.reader.readexactly(int.from_bytes(head[2:4], "big"))

    async def play(self, url: str, channels: str = "0-1") -> dict[str, str]:
        """Set up and play; returns the headers of the answer to PLAY."""
        transport = f"RTP/AVP/TCP;unicast;interleaved={channels}"
        status, headers, _ = await self.ask("SETUP", f"{url}/trackID=0", transport=transport)
        assert status == 200
        session = headers["session"].split(";")[0]
        status, headers, _ = await self.ask("PLAY", url, session=session)
        assert status == 200
        return headers

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except ConnectionError:
            return


@pytest.fixture
async def connect() -> AsyncIterator[Callable[[Farm], Awaitable[RawClient]]]:
    clients: list[RawClient] = []

    async def make(farm: Farm) -> RawClient:
        client = RawClient(*await asyncio.open_connection("127.0.0.1", farm.rtsp.port))
        clients.append(client)
        return client

    yield make
    for client in clients:
        await client.close()
