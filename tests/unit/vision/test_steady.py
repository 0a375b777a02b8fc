"""A shaken picture comes to lie over the first one; a still one is not touched."""

from __future__ import annotations

from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from tests import footage
from yitong_command.domain.frame import Pixels
from yitong_command.sources.file import open_media
from yitong_command.vision.steady import Steadier


@pytest.fixture(scope="module")
def street() -> Pixels:
    media = open_media(str(footage.CLIPS / "parking.mp4"), 1.0, datetime.now(UTC))
    return next(media).pixels


def held(picture: Pixels, x: float, y: float, turn_deg: float, zoom: float) -> Pixels:
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn_deg, zoom)
    matrix[:, 2] += (x, y)
    return np.asarray(cv2.warpAffine(picture, matrix, (width, height)), np.uint8)


def off(a: Pixels, b: Pixels) -> float:
    """Mean difference in the middle, grey levels."""
    height, width = a.shape[:2]
    inner = np.s_[height // 4 : -height // 4, width // 4 : -width // 4]
    return float(np.abs(a[inner].astype(int) - b[inner].astype(int)).mean())


@pytest.mark.parametrize(
    ("x", "y", "turn_deg", "zoom"),
    [(15, -9, 0, 1), (0, 0, 3, 1), (-40, 25, -4, 1.08), (120, 60, 2, 0.95)],
)
def test_a_moved_picture_is_laid_over_the_first(
    street: Pixels, x: float, y: float, turn_deg: float, zoom: float
) -> None:
    hand = Steadier()
    assert hand.steady(street) is street
    moved = held(street, x, y, turn_deg, zoom)
    assert off(hand.steady(moved), street) < 0.35 * off(moved, street)


def test_a_still_camera_is_not_touched(street: Pixels) -> None:
    hand = Steadier()
    hand.steady(street)
    noise = np.random.default_rng(1).normal(0, 3, street.shape)
    again = np.clip(street + noise, 0, 255).astype(np.uint8)
    assert hand.steady(again) is again


def test_a_hand_that_wanders_on_is_followed_through_the_pictures_between(street: Pixels) -> None:
    hand = Steadier()
    hand.steady(street)
    for step in range(1, 11):
        moved = held(street, 28.0 * step, 4.0 * step, 0, 1)
        laid = hand.steady(moved)
    assert off(laid[:, :500], street[:, :500]) < 0.5 * off(moved[:, :500], street[:, :500])


def test_what_can_not_be_compared_is_laid_as_the_one_before(street: Pixels) -> None:
    hand = Steadier()
    hand.steady(street)
    hand.steady(held(street, 30, 0, 0, 1))
    black = np.zeros_like(street)
    assert hand.steady(black).shape == street.shape
    moved = held(street, 30, 0, 0, 1)
    assert off(hand.steady(moved), street) < 0.3 * off(moved, street)


def test_stripes_that_repeat_move_nothing() -> None:
    """Corners of one stripe fit the next as well."""
    width, height = 320, 180
    ramp = np.linspace(70, 140, width)[None, :, None] + 25 * (np.arange(width) // 16 % 2)[:, None]
    hand = Steadier()
    for seed in range(12):
        noise = np.random.default_rng(seed).normal(0, 3, (height, width, 1))
        picture = np.clip(np.repeat(ramp + noise, 3, axis=2), 0, 255).astype(np.uint8)
        assert hand.steady(picture) is picture
