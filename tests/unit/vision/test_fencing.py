"""Cones around a cover are a fence; red things that are none are not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests import footage, overlays
from yitong_command.domain.frame import Pixels
from yitong_command.domain.geometry import Box
from yitong_command.vision.fencing import is_fenced, markers

COVER = Box(0.45, 0.5, 0.55, 0.58)
WIDTH, HEIGHT = 1280, 720
CONES = ((520, 380), (760, 380), (640, 520))


def road() -> Pixels:
    noise = np.random.default_rng(3).normal(105, 9, (HEIGHT, WIDTH, 1))
    picture = np.clip(np.repeat(noise, 3, axis=2), 0, 255).astype(np.uint8)
    cv2.ellipse(picture, (640, 389), (64, 29), 0, 0, 360, (60, 60, 62), -1)
    return picture


def with_cones(*feet: tuple[int, int], height: int = 70) -> Pixels:
    picture = road()
    for foot in feet:
        overlays.cone(picture, foot, height)
    return picture


def test_two_or_more_cones_around_a_cover_are_a_fence() -> None:
    assert is_fenced(with_cones(*CONES), COVER)
    assert is_fenced(with_cones(*CONES[:2]), COVER)


def test_where_a_marker_stands_is_told_in_sides_of_the_cover() -> None:
    [(x, y)] = markers(with_cones((760, 388)), COVER)
    assert (x, y) == pytest.approx((120 / 128, 0.0), abs=0.1)


def test_no_cone_one_cone_and_two_beside_each_other_are_none() -> None:
    assert not is_fenced(road(), COVER)
    assert not is_fenced(with_cones((760, 380)), COVER)
    assert not is_fenced(with_cones((740, 400), (775, 405)), COVER)


def test_cones_far_away_or_in_another_size_are_none() -> None:
    assert not is_fenced(with_cones((200, 300), (1100, 300)), COVER)
    assert not is_fenced(with_cones(*CONES, height=14), COVER)


def test_red_vehicles_and_clothes_are_none() -> None:
    picture = with_cones(*CONES)
    boxes = [Box((x - 30) / WIDTH, (y - 80) / HEIGHT, (x + 30) / WIDTH, (y + 8) / HEIGHT)
             for x, y in CONES]  # fmt: skip
    assert not is_fenced(picture, COVER, boxes)
    assert is_fenced(picture, COVER, boxes[:1])


def test_a_ground_of_red_brick_says_nothing() -> None:
    picture = with_cones(*CONES)
    ground = cv2.cvtColor(picture, cv2.COLOR_BGR2HSV)[..., 1] < 60
    picture[ground] = (70, 95, 150)
    assert not is_fenced(picture, COVER)


@pytest.mark.parametrize("cover", [Box(0, 0, 0, 0), Box(0, 0, 1, 1), Box(0.99, 0.99, 1, 1)])
def test_any_cover_is_answered(cover: Box) -> None:
    assert not is_fenced(road(), cover)


REALLY_FENCED = {"bhama_0006", "bhama_0015", "bhama_0073", "bhama_0107", "madan_0119",
                 "solpra_0165", "solpra_0179", "vaishaug_0051", "vaishaug_0068"}  # fmt: skip
"""By eye: at least two cones or barriers beside a cover of the picture."""


def test_real_fences_are_found_and_hardly_any_invented() -> None:
    told: dict[bool, list[bool]] = {True: [], False: []}
    for split in ("train", "val"):
        for name, _, picture, box in footage.covers(split):
            told[name.split(".")[0] in REALLY_FENCED].append(is_fenced(picture, box))
    assert (len(told[True]), len(told[False])) == (12, 340)
    assert sum(told[True]) >= 7
    assert sum(told[False]) <= 1
