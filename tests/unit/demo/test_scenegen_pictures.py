"""Frames are put together and encoded as promised."""

from pathlib import Path

import av
import numpy as np
import pytest

from yitong_command.demo.scenegen.clip import Quality, encode_within
from yitong_command.demo.scenegen.compose import blend, fall, laid, moved, overlay, sensor
from yitong_command.demo.scenegen.encode import decode_clip, encode_clip


def grey(height: int, width: int, level: int = 100) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


def test_a_patch_like_its_background_changes_nothing() -> None:
    background = np.random.default_rng(1).integers(0, 255, (60, 80, 3), dtype=np.uint8)
    assert np.array_equal(blend(background, background[10:40, 20:60], (20, 10, 60, 40)), background)


def test_a_patch_shows_where_it_differs_and_fades_at_its_edge() -> None:
    background, patch = grey(100, 100), grey(60, 60)
    patch[20:40, 20:40] = 250
    patch[0, :] = 250
    out = blend(background, patch, (20, 20, 80, 80))
    assert (out[42:58, 42:58] == 250).all()
    assert (out[20, 20:80] == 100).all()
    assert (background == 100).all()


def test_a_patch_at_the_picture_edge_is_not_faded_there() -> None:
    out = blend(grey(100, 100), grey(50, 50, 250), (0, 50, 50, 100))
    assert (out[60:, :40] == 250).all()


def test_a_patch_of_the_wrong_size_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        blend(grey(50, 50), grey(10, 10), (0, 0, 20, 20))


@pytest.mark.parametrize(("weather", "changes"), [("dry", False), ("rain", True), ("snow", True)])
def test_weather_is_seen_and_decided_by_its_seed(weather: str, changes: bool) -> None:
    one = fall(grey(120, 160), weather, np.random.default_rng(3))
    assert np.array_equal(one, fall(grey(120, 160), weather, np.random.default_rng(3)))
    assert (one != 100).any() == changes


def test_noise_is_mild_and_centred() -> None:
    out = sensor(grey(200, 200), 2.0, np.random.default_rng(0)).astype(float)
    assert out.mean() == pytest.approx(100, abs=0.2)
    assert out.std() == pytest.approx(2, abs=0.2)


def test_a_clip_has_a_keyframe_each_second_and_decodes_to_what_went_in(tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(30, 220, 128).astype(np.uint8)[None, :, None], (64, 1, 3))
    pictures = [np.roll(ramp, i, axis=1) for i in range(15)]
    path = tmp_path / "a.mp4"
    assert encode_clip(pictures, path, fps=5, crf=10) == 15
    with av.open(str(path)) as container:
        keys = [p.is_keyframe for p in container.demux(video=0) if p.size]
    assert [i for i, key in enumerate(keys) if key] == [0, 5, 10]
    back = decode_clip(path)
    assert len(back) == 15
    assert np.abs(back[7].astype(int) - pictures[7]).mean() < 8


def test_the_same_frames_give_the_same_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    pictures = [rng.integers(0, 255, (64, 64, 3), dtype=np.uint8) for _ in range(6)]
    for name in ("a.mp4", "b.mp4"):
        encode_clip(pictures, tmp_path / name, fps=6)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_a_clip_without_frames_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one frame"):
        encode_clip([], tmp_path / "a.mp4", fps=6)


def test_the_encoder_keeps_within_the_size_or_says_so(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    pictures = [rng.integers(0, 255, (64, 64, 3), dtype=np.uint8) for _ in range(6)]
    large = encode_within(pictures, tmp_path / "a.mp4", 6, Quality(largest_bytes=10**6))
    limit = (tmp_path / "a.mp4").stat().st_size * 3 // 4
    assert encode_within(pictures, tmp_path / "a.mp4", 6, Quality(largest_bytes=limit)) > large
    assert (tmp_path / "a.mp4").stat().st_size <= limit
    with pytest.raises(ValueError, match="larger than"):
        encode_within(pictures, tmp_path / "a.mp4", 6, Quality(largest_bytes=100))


def test_a_layer_moves_with_its_box() -> None:
    layer = np.zeros((60, 80), np.float32)
    layer[20:30, 10:30] = 1
    out = moved(layer, (10, 20, 30, 30), (30, 15, 70, 35))
    assert (out[18:32, 33:67] == 1).all()
    assert out[:12].max() == out[40:].max() == out[:, :25].max() == 0
    assert out.sum() == pytest.approx(4 * layer.sum(), rel=0.15)


def test_a_layer_that_stays_is_unchanged() -> None:
    layer = np.random.default_rng(2).random((40, 50, 3)).astype(np.float32)
    assert np.allclose(moved(layer, (5, 5, 20, 20), (5, 5, 20, 20)), layer, atol=1e-6)


def test_an_overlay_is_laid_as_a_patch_is() -> None:
    background, patch = grey(80, 80), grey(40, 40)
    patch[10:30, 10:30] = 220
    above, share = overlay(background, patch, (20, 20, 60, 60))
    assert np.array_equal(
        laid(background, above, share), blend(background, patch, (20, 20, 60, 60))
    )
    assert share.max() == 1
    assert share[:15].max() == 0
