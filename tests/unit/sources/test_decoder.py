from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from yitong_command.errors import CorruptMedia
from yitong_command.sources import decoder as module
from yitong_command.sources.decoder import DecoderBusy, DecoderPool, KeyframeDecoder
from yitong_command.sources.keyframe import Keyframe
from yitong_command.sources.rtsp.nal import CODECS

AT = datetime(2026, 11, 23, tzinfo=UTC)
Encode = Callable[..., list[bytes]]
CAMERAS = [
    ("h264", 640, 360, 1, 0),
    ("h265", 320, 240, 2, 0),
    ("h264", 704, 576, 3, 2),
    ("h264", 320, 240, 4, 0),
    ("h265", 640, 360, 5, 3),
    ("h264", 640, 360, 6, 0),
]


def keyframes(encoded: Encode) -> list[Keyframe]:
    """Keyframes of six cameras of different codec, size and content, two of each."""
    return [
        Keyframe(f"cam-{number}", codec, annexb, AT, 0)  # type: ignore[arg-type]
        for number, (codec, width, height, seed, b_frames) in enumerate(CAMERAS)
        for annexb in encoded(codec, width, height, seed, b_frames=b_frames)
    ]


def _slice_at(keyframe: Keyframe) -> int:
    """Where the picture itself starts, behind the parameter sets."""
    codec, at = CODECS[keyframe.codec], keyframe.annexb.index(b"\0\0\1")
    while not codec.is_slice(codec.kind(keyframe.annexb[at + 3 :][:2])):
        at = keyframe.annexb.index(b"\0\0\1", at + 3)
    return at


def damage(keyframe: Keyframe, how: str) -> Keyframe:
    data = bytearray(keyframe.annexb)
    middle = len(data) // 2
    if how == "noise":
        data[middle : middle + 400] = np.random.default_rng(1).bytes(400)
    elif how == "short":
        del data[middle:]
    elif how == "headless":
        del data[: _slice_at(keyframe)]
    else:
        data = bytearray(b"no video at all")
    return Keyframe(keyframe.camera_id, keyframe.codec, bytes(data), AT, 0)


def test_cameras_that_share_a_decoder_get_their_own_pictures(encoded: Encode) -> None:
    frames = keyframes(encoded)
    alone = [KeyframeDecoder().decode(frame) for frame in frames]
    assert len({picture.tobytes() for picture in alone}) == len(frames)
    shared = KeyframeDecoder()
    order = np.random.default_rng(1).permutation(np.repeat(np.arange(len(frames)), 5))
    for index in order:
        picture = shared.decode(frames[index])
        assert np.array_equal(picture, alone[index])
        assert picture.dtype == np.uint8
        assert picture.shape == (CAMERAS[index // 2][2], CAMERAS[index // 2][1], 3)


@pytest.mark.parametrize("how", ["noise", "short", "headless", "text"])
def test_damage_is_told_and_leaves_the_next_camera_alone(encoded: Encode, how: str) -> None:
    frames = keyframes(encoded)
    alone = [KeyframeDecoder().decode(frame) for frame in frames]
    shared = KeyframeDecoder()
    told: list[str] = []
    for index, frame in enumerate(frames):
        try:
            shared.decode(damage(frame, how))
        except CorruptMedia as exc:
            assert frame.camera_id in str(exc)
            told.append(frame.codec)
        after = (index + 2) % len(frames)
        assert np.array_equal(shared.decode(frames[after]), alone[after])
    # In a small H.265 picture what follows the damage may be read as a whole picture of nonsense.
    assert told.count("h264") == 8
    assert told.count("h265") == 4 or how in ("noise", "short")


def test_nearly_all_damage_to_a_large_h265_picture_is_told(encoded: Encode) -> None:
    [first, _] = encoded("h265", 1280, 720, 3)
    frame = Keyframe("cam-1", "h265", first, AT, 0)
    shared, told = KeyframeDecoder(), 0
    whole = shared.decode(frame)
    random = np.random.default_rng(1)
    begin = _slice_at(frame) + 30
    for _ in range(100):
        data = bytearray(first)
        for at in random.integers(begin, len(data), int(random.integers(1, 40))):
            data[at] ^= int(random.integers(1, 256))
        try:
            shared.decode(replace(frame, annexb=bytes(data)))
        except CorruptMedia:
            told += 1
        assert np.array_equal(shared.decode(frame), whole)
    assert told >= 95


def test_a_picture_without_its_own_parameter_sets_is_refused(encoded: Encode) -> None:
    frame = keyframes(encoded)[0]
    shared = KeyframeDecoder()
    shared.decode(frame)
    with pytest.raises(CorruptMedia):
        shared.decode(damage(frame, "headless"))


def test_a_gigantic_picture_is_refused(encoded: Encode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PIXELS", 320 * 240)
    frames = keyframes(encoded)
    with pytest.raises(CorruptMedia):
        KeyframeDecoder().decode(frames[0])
    assert KeyframeDecoder().decode(frames[6]).shape == (240, 320, 3)


@pytest.fixture
def pool() -> Any:
    pool = DecoderPool(workers=2, waiting=4)
    yield pool
    pool.close()


def test_the_pool_decodes_from_many_threads(pool: DecoderPool, encoded: Encode) -> None:
    frames = keyframes(encoded)
    alone = [KeyframeDecoder().decode(frame) for frame in frames]
    wrong: list[int] = []

    def ask(start: int) -> None:
        for number in range(12):
            index = (start + number * 5) % len(frames)
            if not np.array_equal(pool.decode(frames[index]), alone[index]):
                wrong.append(index)

    threads = [threading.Thread(target=ask, args=(start,)) for start in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


async def test_pictures_can_be_awaited(pool: DecoderPool, encoded: Encode) -> None:
    frames = keyframes(encoded)
    picture = await asyncio.wrap_future(pool.submit(frames[0]))
    assert picture.shape == (360, 640, 3)
    with pytest.raises(CorruptMedia):
        await asyncio.wrap_future(pool.submit(damage(frames[0], "text")))


def test_what_waits_is_bounded_and_cancelled_at_the_end(
    encoded: Encode, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = keyframes(encoded)[0]
    started, released = threading.Event(), threading.Event()

    def stuck(self: KeyframeDecoder, keyframe: Keyframe) -> Any:
        started.set()
        released.wait(10)
        return "picture"

    monkeypatch.setattr(KeyframeDecoder, "decode", stuck)
    pool = DecoderPool(workers=1, waiting=2)
    running = pool.submit(frame)
    assert started.wait(5)
    waiting = [pool.submit(frame) for _ in range(2)]
    with pytest.raises(DecoderBusy, match="cam-0"):
        pool.submit(frame)
    threading.Timer(0.1, released.set).start()
    pool.close()
    assert running.result() == "picture"
    assert all(future.cancelled() for future in waiting)
    with pytest.raises(RuntimeError):
        pool.submit(frame)
