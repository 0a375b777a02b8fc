"""`yitong watch` on films as phones make them, seen by the models that are shipped.

They are made of the rendered parking clip: a hand shakes, the rate varies, the picture is stored
on its side as HEVC in a QuickTime file with a note how to turn it.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from tests import footage
from yitong_command.domain.frame import Pixels
from yitong_command.ingest.watch import watch
from yitong_command.ingest.watch_options import WatchOptions
from yitong_command.sources.file import open_media

TRUTH = json.loads((footage.CLIPS / "parking.gt.json").read_text("utf-8"))
STOP = next(event for event in TRUTH["events"] if event["type"] == "vehicle_stopped")
ZONE = np.array(TRUTH["zones"][0]["polygon"])
WIDTH, HEIGHT = TRUTH["width"], TRUTH["height"]
STRIP = (330, 720)
"""Columns that a phone held upright sees."""
Shot = tuple[float, Pixels]


def shaken(picture: Pixels, second: float, strength: float) -> Pixels:
    """As a hand holds it: slow drift and tremble, a little turning."""
    x = strength * (10 * np.sin(second * 0.9) + 5 * np.sin(second * 7.1 + 1))
    y = strength * (7 * np.sin(second * 1.3 + 2) + 4 * np.sin(second * 8.3))
    turn = cv2.getRotationMatrix2D(
        (WIDTH / 2, HEIGHT / 2), strength * 0.7 * np.sin(second * 0.7), 1 + 0.02 * strength
    )
    turn[:, 2] += (x, y)
    moved = cv2.warpAffine(picture, turn, (picture.shape[1], picture.shape[0]),
                           borderMode=cv2.BORDER_REFLECT)  # fmt: skip
    return np.asarray(moved, np.uint8)


def shots(change: Callable[[Pixels, float], Pixels], every_s: float) -> Iterator[Shot]:
    """The clip's pictures with their seconds."""
    for frame in open_media(str(footage.CLIPS / "parking.mp4"), every_s, datetime.now(UTC)):
        yield frame.media_s, np.ascontiguousarray(change(frame.pixels, frame.media_s))


def film(path: Path, codec: str, pictures: Iterator[Shot], quarters: int = 0) -> Path:
    """Write a film at a variable rate, stored turned by so many quarters anticlockwise."""
    options = {"preset": "ultrafast"} | (
        {"x265-params": "log-level=none"} if "265" in codec else {}
    )
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=30, options=options)
        stream.codec_context.time_base = Fraction(1, 600)
        for number, (second, pixels) in enumerate(pictures):
            stored = np.ascontiguousarray(np.rot90(pixels, quarters))
            if number == 0:
                stream.height, stream.width = stored.shape[:2]
                stream.pix_fmt = "yuv420p"
            frame = av.VideoFrame.from_ndarray(stored, format="bgr24")
            frame.pts, frame.time_base = round(second * 600), Fraction(1, 600)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    if quarters:
        data = bytearray(path.read_bytes())
        at, one = data.index(b"tkhd") + 4 + 40, 1 << 16
        data[at : at + 36] = struct.pack("!9i", 0, one, 0, -one, 0, 0, 0, 0, 1 << 30)
        path.write_bytes(data)
    return path


def told(source: Path, corners: Any, **words: Any) -> list[dict[str, Any]]:
    zone = " ".join(f"{min(max(x, 0), 1):.4f},{min(max(y, 0), 1):.4f}" for x, y in corners)
    out, err = io.StringIO(), io.StringIO()
    options = WatchOptions(
        source=str(source), models_dir=footage.ROOT / "models", zones=(zone,), dwell="10s",
        json=True, **words,
    )  # fmt: skip
    assert watch(options, out, err) == 0, err.getvalue()
    return [json.loads(line) for line in out.getvalue().splitlines()]


def check_one_stop(lines: list[dict[str, Any]]) -> None:
    """Exactly one incident, that begins when the car stops and ends when it has left."""
    assert [(line["kind"], line["change"]) for line in lines] == [
        ("illegal_parking", "opened"), ("illegal_parking", "cleared")
    ]  # fmt: skip
    opened, cleared = lines
    assert opened["began_at"] == cleared["began_at"]
    assert len(opened["box"]) == 4
    assert opened["began_media_s"] == pytest.approx(STOP["t0"], abs=2.5)
    assert STOP["t0"] + 14 <= opened["media_s"] <= STOP["t0"] + 19
    assert STOP["t1"] + 4 <= cleared["media_s"] <= STOP["t1"] + 11


@pytest.mark.parametrize("strength", [1.0, 2.0])
def test_a_shaking_hand(tmp_path: Path, strength: float) -> None:
    pictures = shots(lambda picture, s: shaken(picture, s, strength), 0.5)
    check_one_stop(told(film(tmp_path / "hand.mp4", "libx264", pictures), ZONE))


def test_an_upright_phone_with_hevc_rotation_and_a_variable_rate(tmp_path: Path) -> None:
    def upright(picture: Pixels, second: float) -> Pixels:
        return shaken(picture, second, 0.7)[:, STRIP[0] : STRIP[1]]

    def uneven() -> Iterator[Shot]:
        for number, shot in enumerate(shots(upright, 0.16)):
            if number % 7 not in {2, 3} and number // 40 % 4 != 3 or number % 5 == 0:
                yield shot

    source = film(tmp_path / "IMG_0001.mov", "libx265", uneven(), quarters=1)
    with av.open(str(source)) as stored:
        assert stored.streams.video[0].codec_context.name == "hevc"
        assert stored.streams.video[0].width > stored.streams.video[0].height
    first = next(open_media(str(source), 0, datetime.now(UTC)))
    assert first.pixels.shape[:2] == (HEIGHT, STRIP[1] - STRIP[0])
    corners = ZONE * (WIDTH, 1) - (STRIP[0], 0)
    check_one_stop(told(source, corners / (STRIP[1] - STRIP[0], 1)))


def test_a_real_car_park_in_slow_motion(tmp_path: Path) -> None:
    """By eye: a dark estate comes into this bay 18 to 20 s after the cut and leaves by 51 s.

    Light, weather and the cars beside it change all the time; the clip is a time-lapse.
    """
    clip = footage.beside("videos/mohamednejie_lot_timelapse_1680x480.mp4")
    begin_s, end_s, slower = 1.0, 2.5, 40

    def cut() -> Iterator[Shot]:
        for frame in open_media(str(clip), 0.05, datetime.now(UTC)):
            if begin_s <= frame.media_s < end_s:
                yield (frame.media_s - begin_s) * slower, frame.pixels

    bay = [(0.565, 0.40), (0.625, 0.40), (0.625, 0.48), (0.565, 0.48)]
    lines = told(film(tmp_path / "bay.mp4", "libx264", cut()), bay, every="2s")
    assert [line["change"] for line in lines] == ["opened", "cleared"]
    assert lines[0]["began_media_s"] == pytest.approx(19, abs=4)
    assert lines[1]["media_s"] == pytest.approx(53, abs=5)


def test_without_steadying_such_a_hand_would_lose_the_car(tmp_path: Path) -> None:
    """The shake is no formality: boxes of a standing car overlap too little."""
    boxes = []
    for second, _ in shots(lambda picture, s: picture, 5.0):
        x0, y0, x1, y1 = 0.51, 0.33, 0.68, 0.48
        corner = np.array([[[x0 * WIDTH, y0 * HEIGHT]], [[x1 * WIDTH, y1 * HEIGHT]]])
        shift = 2.0 * np.array([10 * np.sin(second * 0.9), 7 * np.sin(second * 1.3 + 2)])
        boxes.append((corner + shift).ravel())
    overlaps = []
    for a in boxes:
        for b in boxes:
            low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])
            shared = np.prod(np.clip(high - low, 0, None))
            overlaps.append(shared / (2 * np.prod(a[2:] - a[:2]) - shared))
    assert min(overlaps) < 0.65
