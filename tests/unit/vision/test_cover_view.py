"""What hides a cover is told from the cover; a cover or hole in plain view is judged."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count

import numpy as np
import pytest

from tests import footage, overlays
from yitong_command.domain.frame import Pixels
from yitong_command.domain.geometry import Box
from yitong_command.ingest.looks import crop_px, in_crop
from yitong_command.sources.file import open_media
from yitong_command.vision.cover_view import WORDS, Unclear, unclear

Overlay = Callable[[Pixels, int], Pixels]
Crop = tuple[Pixels, Box]


def crop_of(picture: Pixels, cover: Box) -> Crop:
    height, width = picture.shape[:2]
    window = crop_px(cover, width, height)
    x0, y0, x1, y1 = window
    return np.ascontiguousarray(picture[y0:y1, x0:x1]), in_crop(cover, window, width, height)


@pytest.fixture(scope="module")
def rendered() -> dict[str, list[Crop]]:
    """Crops of the packaged clips' covers by true state, without looks at a covered one."""
    found: dict[str, list[Crop]] = {}
    for name in ("manhole", "ball_centre", "ball_centre_missing"):
        truth = json.loads((footage.CLIPS / f"{name}.gt.json").read_text("utf-8"))
        size = np.array([truth["width"], truth["height"]] * 2)
        by_time = {round(frame["t"], 2): frame for frame in truth["frames"]}
        media = open_media(str(footage.CLIPS / f"{name}.mp4"), 2.0, datetime.now(UTC))
        for picture in media:
            frame = by_time.get(round(picture.media_s, 2))
            for cover in frame["manholes"] if frame else []:
                if cover["covered_by"] < 0.02:
                    box = Box(*(np.array(cover["box"]) / size).tolist())
                    found.setdefault(cover["state"], []).append(crop_of(picture.pixels, box))
    return found


def test_rendered_covers_and_holes_in_plain_view_are_judged(
    rendered: dict[str, list[Crop]],
) -> None:
    assert {state: len(crops) > 10 for state, crops in rendered.items()} == {
        "ok": True, "missing": True
    }  # fmt: skip
    said = Counter(unclear(*crop) for crops in rendered.values() for crop in crops)
    assert set(said) == {None}


@pytest.mark.parametrize(
    ("overlay", "words", "least"),
    [
        (overlays.snow, {Unclear.SNOW}, 1.0),
        (overlays.night, {Unclear.DARK}, 1.0),
        (overlays.glare, {Unclear.GLARE, Unclear.SNOW}, 0.7),
        (overlays.puddle, {Unclear.WATER, Unclear.PLAIN, Unclear.DARK}, 0.5),
        (overlays.shadow, {Unclear.SHADOW, Unclear.WATER}, 0.5),
    ],
)
def test_what_lies_over_a_rendered_cover_is_named(
    rendered: dict[str, list[Crop]], overlay: Overlay, words: set[Unclear], least: float
) -> None:
    seeds = count()
    said = [unclear(overlay(crop, next(seeds)), box) for crop, box in rendered["ok"]]
    assert sum(word in words for word in said) >= least * len(said), Counter(said)


def test_a_plain_hole_under_moderate_light_changes_is_judged(
    rendered: dict[str, list[Crop]],
) -> None:
    for crop, box in rendered["missing"]:
        for gain in (0.5, 0.8, 1.25):
            assert unclear(np.clip(crop * gain, 0, 255).astype(np.uint8), box) is None


def test_every_reason_has_words_in_both_languages() -> None:
    assert set(WORDS) == set(Unclear)
    assert all(not zh.isascii() and en.isascii() for zh, en in WORDS.values())


@pytest.mark.parametrize("size", [(1, 1), (2, 40), (40, 2), (33, 33)])
@pytest.mark.parametrize(
    "cover", [Box(0, 0, 1, 1), Box(0.5, 0.5, 0.5, 0.5), Box(0.9, 0.9, 1.0, 1.0)]
)
def test_any_crop_is_answered(size: tuple[int, int], cover: Box) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (*size, 3), np.uint8)
    assert unclear(noise, cover) in {None, *Unclear}


def test_real_covers_in_plain_view_are_judged() -> None:
    """Measured where limits were set; fewer than 3 in 100 sound covers may be set aside."""
    said: dict[bool, list[Unclear | None]] = {True: [], False: []}
    for _, state, picture, box in footage.covers("train"):
        said[state == "ok"].append(unclear(*crop_of(picture, box)))
    assert {sound: len(words) for sound, words in said.items()} == {True: 157, False: 142}
    assert sum(word is not None for word in said[True]) < 0.03 * len(said[True])
    assert sum(word is not None for word in said[False]) < 0.01 * len(said[False])


@pytest.mark.parametrize(
    ("overlay", "least"),
    [
        (overlays.snow, 1.0), (overlays.night, 1.0), (overlays.glare, 0.75),
        (overlays.shadow, 0.6), (overlays.puddle, 0.45),
    ],
)  # fmt: skip
def test_real_covers_under_something_are_set_aside(overlay: Overlay, least: float) -> None:
    said = []
    for number, (_, state, picture, box) in enumerate(footage.covers("train")):
        if state == "ok" and number % 3 == 0:
            crop, cover = crop_of(picture, box)
            said.append(unclear(overlay(crop, number), cover))
    assert sum(word is not None for word in said) >= least * len(said), Counter(said)
