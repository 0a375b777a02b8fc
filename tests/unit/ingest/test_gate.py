"""What counts as a change, and as frozen."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from tests.pictures import thumbnail
from yitong_command.domain.geometry import Box
from yitong_command.ingest.gate import (
    Stillness,
    has_changed,
    watch_stillness,
)


def test_camera_noise_and_dimmer_light_are_no_change(kit: ModuleType) -> None:
    before = thumbnail(kit.street(1))
    assert not any(has_changed(before, thumbnail(kit.street(seed))) for seed in range(2, 12))
    dimmer = (kit.street(3) * 0.9).astype(np.uint8)
    assert not has_changed(before, thumbnail(dimmer))


@pytest.mark.parametrize("where", ["a car", "a cover"])
def test_what_came_or_went_is_a_change(kit: ModuleType, where: str) -> None:
    box = kit.CAR if where == "a car" else kit.COVER
    empty = thumbnail(kit.street(1))
    there = thumbnail(kit.painted(box, (60, 60, 60), 2))
    assert has_changed(empty, there)
    assert has_changed(there, empty)


def test_a_car_that_moved_by_its_length_is_a_change(kit: ModuleType) -> None:
    before = thumbnail(kit.painted(Box(0.2, 0.5, 0.4, 0.7), kit.CAR_BGR, 1))
    assert has_changed(before, thumbnail(kit.painted(Box(0.4, 0.5, 0.6, 0.7), kit.CAR_BGR, 2)))


def follow(kit: ModuleType, seeds: list[int], every_s: float = 2.0) -> Stillness:
    still = None
    for n, seed in enumerate(seeds):
        at = kit.at(n * every_s)
        still = watch_stillness(still, thumbnail(kit.street(seed)), f"bytes {n}", at)
    assert still is not None
    return still


def test_a_live_camera_is_never_frozen(kit: ModuleType) -> None:
    assert not follow(kit, list(range(20))).is_repeated


def test_a_picture_without_new_noise_is_frozen_after_ten_seconds(kit: ModuleType) -> None:
    assert follow(kit, [1, 1]).is_repeated
    assert not follow(kit, [1, 1, 1, 1]).is_frozen
    assert follow(kit, [1, 1, 1, 1, 1, 1]).is_frozen
    assert not follow(kit, [1, 1, 1, 1, 1, 1, 2]).is_repeated


def test_two_equal_pictures_far_apart_are_not_frozen(kit: ModuleType) -> None:
    assert not follow(kit, [1, 1], every_s=60).is_frozen


def test_the_same_bytes_are_the_same_picture(kit: ModuleType) -> None:
    first = watch_stillness(None, thumbnail(kit.street(1)), "same", kit.at(0))
    assert watch_stillness(first, thumbnail(kit.street(2)), "same", kit.at(1)).is_repeated
