from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from yitong_command.errors import CorruptMedia, SourceLost
from yitong_command.sources.file import open_media

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def film(path: Path, times_ms: list[int], codec: str = "libx264") -> Path:
    """A film whose pictures are dark above left, bright elsewhere, and brighter each time."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 128, 64, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for number, at_ms in enumerate(times_ms):
            pixels = np.full((64, 128, 3), 120 + number % 100, dtype=np.uint8)
            pixels[:32, :32] = 0
            frame = av.VideoFrame.from_ndarray(pixels, format="bgr24")
            frame.pts, frame.time_base = at_ms, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def media_s(source: Path, every_s: float) -> list[float]:
    return [round(frame.media_s, 3) for frame in open_media(str(source), every_s, AT)]


def test_pictures_come_at_their_own_time(tmp_path: Path) -> None:
    source = film(tmp_path / "a.mp4", list(range(0, 4000, 40)))
    frames = list(open_media(str(source), 1.0, AT))
    assert [round(frame.media_s, 2) for frame in frames] == [0.0, 1.0, 2.0, 3.0]
    assert frames[2].captured_at == AT + timedelta(seconds=frames[2].media_s)
    assert frames[0].pixels.shape == (64, 128, 3)
    assert frames[0].pixels.dtype == np.uint8
    assert frames[0].pixels[10, 10].max() < 40 < frames[0].pixels[10, 100].min()


def test_every_picture_can_be_asked_for(tmp_path: Path) -> None:
    assert len(media_s(film(tmp_path / "a.mp4", list(range(0, 1000, 40))), 0.0)) == 25


def test_a_variable_rate_keeps_its_gaps(tmp_path: Path) -> None:
    source = film(tmp_path / "a.mkv", [0, 40, 80, 2500, 2540, 6000])
    assert media_s(source, 1.0) == [0.0, 2.5, 6.0]
    assert media_s(source, 0.0) == [0.0, 0.04, 0.08, 2.5, 2.54, 6.0]


@pytest.mark.parametrize("codec", ["libx264", "libx265", "mpeg4", "mjpeg", "libvpx-vp9"])
def test_many_codecs_are_read(tmp_path: Path, codec: str) -> None:
    if codec not in av.codecs_available:
        pytest.skip(f"this PyAV can't write {codec}")
    source = tmp_path / "a.mkv"
    if codec == "mjpeg":
        with av.open(str(source), "w") as container:
            stream = container.add_stream("mjpeg", rate=25)
            stream.width, stream.height, stream.pix_fmt = 128, 64, "yuvj420p"
            for _ in range(10):
                pixels = np.zeros((64, 128, 3), np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="bgr24")))
            container.mux(stream.encode(None))
    else:
        film(source, list(range(0, 400, 40)), codec)
    assert len(media_s(source, 0.0)) == 10


def test_a_film_without_timestamps_runs_at_its_nominal_rate(tmp_path: Path) -> None:
    source = film(tmp_path / "a.h264", list(range(0, 1000, 40)))
    times = media_s(source, 0.2)
    assert times == sorted(times)
    assert len(times) in (5, 6)
    assert times[1] == pytest.approx(0.2, abs=0.05)


def turned(source: Path, quarters: int) -> Path:
    """Write a rotation into the film's track header, as phones do."""
    cosine, sine = ((1, 0), (0, 1), (-1, 0), (0, -1))[quarters]
    data = bytearray(source.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    one = 1 << 16
    matrix = (cosine * one, sine * one, 0, -sine * one, cosine * one, 0, 0, 0, 1 << 30)
    data[at : at + 36] = struct.pack("!9i", *matrix)
    target = source.with_name(f"turned-{quarters}.mp4")
    target.write_bytes(data)
    return target


@pytest.mark.parametrize(
    ("quarters", "shape", "dark"),
    [
        (0, (64, 128, 3), (10, 10)),
        (1, (128, 64, 3), (10, 54)),
        (2, (64, 128, 3), (54, 118)),
        (3, (128, 64, 3), (118, 10)),
    ],
)
def test_phone_films_are_put_upright(
    tmp_path: Path, quarters: int, shape: tuple[int, ...], dark: tuple[int, int]
) -> None:
    """A quarter turn clockwise brings the corner above left to above right."""
    source = turned(film(tmp_path / "a.mp4", [0, 40, 80]), quarters)
    picture = next(open_media(str(source), 0.0, AT)).pixels
    assert picture.shape == shape
    assert picture[dark].max() < 40
    assert (picture < 60).mean() == pytest.approx(1 / 8, abs=0.03)


def test_a_film_cut_short_gives_what_it_has(tmp_path: Path) -> None:
    source = film(tmp_path / "a.ts", list(range(0, 4000, 40)))
    data = source.read_bytes()
    source.write_bytes(data[: len(data) * 2 // 3])
    times = media_s(source, 0.0)
    assert 20 < len(times) < 100


def test_damage_in_the_middle_is_passed_over(tmp_path: Path) -> None:
    source = film(tmp_path / "a.ts", list(range(0, 12_000, 40)))
    data = bytearray(source.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = np.random.default_rng(1).bytes(3000)
    source.write_bytes(data)
    times = media_s(source, 0.0)
    assert times == sorted(times)
    assert times[-1] > 10


@pytest.mark.parametrize("name", ["absent.mp4", "empty.mp4", "text.mp4", "folder", "still.png"])
def test_what_is_no_film_is_said_so(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "folder":
        path.mkdir()
    elif name == "still.png":
        with av.open(str(path), "w", format="image2") as container:
            stream = container.add_stream("png", rate=1)
            stream.width, stream.height, stream.pix_fmt = 16, 16, "rgb24"
            pixels = np.zeros((16, 16, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
            container.mux(stream.encode(None))
    elif name != "absent.mp4":
        path.write_text("no film" if name == "text.mp4" else "")
    with pytest.raises(CorruptMedia, match=name):
        list(open_media(str(path), 1.0, AT))


def test_sound_alone_is_no_film(tmp_path: Path) -> None:
    source = tmp_path / "sound.wav"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(CorruptMedia, match="no video"):
        list(open_media(str(source), 1.0, AT))


@pytest.mark.parametrize("password", ["secret", "secret/1", "1@secret", "a/secret@x"])
def test_a_stream_nobody_serves_is_lost_and_the_password_is_not_shown(password: str) -> None:
    with pytest.raises(SourceLost, match=r"rtsp://127.0.0.1:9/x") as caught:
        next(open_media(f"rtsp://admin:{password}@127.0.0.1:9/x", 1.0, AT))
    assert "secret" not in str(caught.value)


def test_a_camera_that_is_not_there_is_lost() -> None:
    with pytest.raises(SourceLost, match="97"):
        next(open_media("97", 1.0, AT))
