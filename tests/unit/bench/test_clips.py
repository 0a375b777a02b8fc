"""The demo's clips, sent by another kind of camera."""

from __future__ import annotations

import shutil
from pathlib import Path

import av
import pytest

from yitong_command.bench.clips import SUB_STREAM, StreamKind, encode_all, stream_of
from yitong_command.demo.farm.clip import load_clip
from yitong_command.demo.farm.options import FarmOptions
from yitong_command.errors import ConfigError, CorruptMedia


def test_a_clip_keeps_its_length_and_gets_size_rate_and_keyframes(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    name = "ball_pan_left_right"
    for suffix in (".mp4", ".gt.json"):
        shutil.copy(FarmOptions().clips_dir / f"{name}{suffix}", source)
    before = load_clip(source / f"{name}.mp4")
    told = encode_all(source, tmp_path / "made", StreamKind(352, 288, 12, 1.0, 200))
    clip = load_clip(tmp_path / "made" / f"{name}.mp4")
    assert (clip.width, clip.height) == (352, 288)
    assert clip.duration_s == pytest.approx(before.duration_s, abs=0.1)
    assert [index for index, picture in enumerate(clip.pictures) if picture.key] == [0, 12]
    assert (tmp_path / "made" / f"{name}.gt.json").is_file()
    assert 100 < told.kbit_s < 300
    with av.open(str(tmp_path / "made" / f"{name}.mp4")) as container:
        assert len(list(container.decode(video=0))) == len(clip.pictures) == 24


def test_what_is_no_clip_is_named(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "broken.mp4").write_bytes(b"no film")
    (source / "broken.gt.json").write_text("{}")
    with pytest.raises(CorruptMedia, match="broken"):
        encode_all(source, tmp_path / "made", SUB_STREAM)


def test_sizes_have_usual_rates() -> None:
    assert stream_of("704x576", 2.0) == SUB_STREAM
    assert stream_of("1920x1080", 4.0) == StreamKind(1920, 1080, 25, 4.0, 2000)
    assert stream_of("1920x1080", 4.0, 15, 900) == StreamKind(1920, 1080, 15, 4.0, 900)
    assert stream_of("original", 2.0) is None


@pytest.mark.parametrize("size", ["", "704", "704x", "705x576", "9x9", "axb", "99999x2"])
def test_a_senseless_size_is_refused_by_name(size: str) -> None:
    with pytest.raises(ConfigError, match="--resolution"):
        stream_of(size, 2.0)


def test_a_senseless_interval_of_keyframes_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="--gop"):
        stream_of("704x576", 0.0)
