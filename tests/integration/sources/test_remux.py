"""Live video: what a camera sends, as fragmented MP4 a browser can begin with."""

from __future__ import annotations

import asyncio
import contextlib
import io
import time
from itertools import pairwise

import av
import pytest

from tests.integration.sources.conftest import LOGIN, RunningFarm
from yitong_command.errors import NotFound, SourceLost
from yitong_command.ingest import live_video
from yitong_command.ingest.live_video import LiveVideo
from yitong_command.sources.remux import Piece, remux
from yitong_command.sources.rtsp.address import parse_address


def film(
    farm: RunningFarm, camera_id: str, for_s: float, login: tuple[str, str] | None = None
) -> list[Piece]:
    until_s = time.monotonic() + for_s
    address = parse_address(farm.farm.rtsp_url(camera_id))
    return list(remux(address, login, lambda: time.monotonic() > until_s))


def pictures(data: bytes) -> list[float]:
    """Times of the pictures in an MP4 stream, seconds."""
    with av.open(io.BytesIO(data), "r") as container:
        return [float(frame.time) for frame in container.decode(video=0) if frame.time is not None]


def test_a_stream_begins_with_head_and_keyframe_and_every_picture_can_be_decoded(
    farm: RunningFarm,
) -> None:
    head, *fragments = film(farm, "cam-001", 2.5)
    assert head.mime.startswith('video/mp4; codecs="avc1.')
    assert fragments[0].starts
    assert sum(piece.starts for piece in fragments) >= 2
    times = pictures(head.data + b"".join(piece.data for piece in fragments))
    assert len(times) == len(fragments) >= 10
    assert times[0] == 0.0
    assert all(one < next_one for one, next_one in pairwise(times))


def test_whoever_comes_later_can_begin_at_any_keyframe(farm: RunningFarm) -> None:
    head, *fragments = film(farm, "cam-001", 2.5)
    second = [number for number, piece in enumerate(fragments) if piece.starts][1]
    times = pictures(head.data + b"".join(piece.data for piece in fragments[second:]))
    assert len(times) == len(fragments) - second


def test_a_login_is_used_and_never_told(farm: RunningFarm) -> None:
    assert len(film(farm, "cam-002", 1.0, LOGIN)) > 1
    with pytest.raises(SourceLost) as refused:
        film(farm, "cam-002", 1.0, ("viewer", "wrong-secret"))
    assert "wrong-secret" not in str(refused.value)


def test_a_camera_that_is_not_there_is_said(farm: RunningFarm) -> None:
    with pytest.raises(SourceLost, match="the video ended"):
        film(farm, "cam-999", 1.0)
    with pytest.raises(SourceLost, match="encrypted"):
        list(remux(parse_address("rtsps://127.0.0.1/cam-001"), None, lambda: False))


async def seen(video: LiveVideo, camera_id: str, for_s: float) -> tuple[str, bytes]:
    """What a viewer gets who leaves after some time."""
    mime, stream = await video.watch(camera_id)
    data = bytearray()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(for_s):
            async for part in stream:
                data += part
    return mime, bytes(data)


def connections(farm: RunningFarm, camera_id: str) -> int:
    """How many clients a camera has."""
    return farm.farm.camera(camera_id).viewers


@pytest.fixture
def video(farm: RunningFarm, monkeypatch: pytest.MonkeyPatch) -> LiveVideo:
    monkeypatch.setattr(live_video, "LINGER_S", 0.3)
    watched = {name: (farm.farm.rtsp_url(name), None) for name in ("cam-001", "cam-003")}
    return LiveVideo(watched.get)


async def test_viewers_share_one_connection_which_ends_after_the_last(
    farm: RunningFarm, video: LiveVideo
) -> None:
    before = connections(farm, "cam-001")
    first = asyncio.create_task(seen(video, "cam-001", 3.0))
    await asyncio.sleep(1.5)
    second = asyncio.create_task(seen(video, "cam-001", 1.0))
    await asyncio.sleep(0.6)
    assert connections(farm, "cam-001") == before + 1
    for mime, data in (await first, await second):
        assert "avc1" in mime
        assert len(pictures(data)) >= 4
    for _ in range(40):
        if connections(farm, "cam-001") == before:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the connection was kept")


async def test_who_is_too_slow_goes_on_at_a_keyframe(
    video: LiveVideo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_video, "MAX_WAITING", 4)
    _, stream = await video.watch("cam-001")
    head = await anext(stream)
    await asyncio.sleep(3.0)
    data = head
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(1.5):
            async for part in stream:
                data += part
    times = pictures(data)
    assert times[0] > 1.0, "the first pictures were not skipped"
    assert len(times) >= 3


async def test_what_can_not_be_watched_is_said(
    video: LiveVideo, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotFound):
        await video.watch("cam-404")
    monkeypatch.setattr(live_video, "MAX_CAMERAS", 1)
    _, stream = await video.watch("cam-001")
    await anext(stream)
    with pytest.raises(SourceLost, match="too many"):
        await video.watch("cam-003")
