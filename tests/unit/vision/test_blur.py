"""Blurring destroys detail for good and touches nothing else."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yitong_command.domain.frame import Pixels
from yitong_command.domain.geometry import Box
from yitong_command.domain.observation import VEHICLE_LABELS, Detection
from yitong_command.vision import blur
from yitong_command.vision.blur import (
    PLATE_BAND,
    blur_private,
    blur_regions,
    person_region,
    plate_band,
)
from yitong_command.vision.boxes import crop
from yitong_command.vision.registry import Registry

Still = Callable[[str, float], Pixels]
SHARES = st.floats(-0.2, 1.2)


def sharpness(image: Pixels) -> float:
    """Energy of fine detail: mean square of the Laplacian."""
    return float(np.square(cv2.Laplacian(image, cv2.CV_64F)).mean())


def test_the_detector_no_longer_finds_what_was_blurred(registry: Registry, still: Still) -> None:
    picture = still("parking", 30.0)
    detector = registry.detector("vehicles")
    cars = [d for d in detector.detect([picture])[0] if d.label in VEHICLE_LABELS]
    assert cars, "nothing to blur: the test would prove nothing"
    blurred = blur_regions(picture, [d.box for d in cars])
    left = detector.detect([blurred])[0]
    for car in cars:
        assert all(d.box.iou(car.box) < 0.5 or d.score < 0.5 for d in left)


def test_fine_detail_is_gone_and_sharpening_does_not_bring_it_back(still: Still) -> None:
    picture = still("parking", 30.0)
    region = Box(0.4, 0.3, 0.7, 0.7)
    blurred = crop(blur_regions(picture, [region]), Box(0.42, 0.32, 0.68, 0.68))
    original = crop(picture, Box(0.42, 0.32, 0.68, 0.68))
    assert sharpness(blurred) < sharpness(original) / 100
    soft = cv2.GaussianBlur(blurred, (0, 0), 3)
    sharpened = cv2.addWeighted(blurred, 3.0, soft, -2.0, 0)
    original_fine = original.astype(float) - cv2.GaussianBlur(original, (0, 0), 3)
    sharpened_fine = sharpened.astype(float) - cv2.GaussianBlur(sharpened, (0, 0), 3)
    assert abs(np.corrcoef(original_fine.ravel(), sharpened_fine.ravel())[0, 1]) < 0.2


def test_two_different_numbers_on_a_plate_become_the_same_picture() -> None:
    plates = []
    for text in ("A12345", "A88167"):
        plate = np.full((40, 140, 3), 160, np.uint8)
        cv2.putText(plate, text, (5, 30), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (255, 255, 255), 3)
        plates.append(plate)
    before = np.abs(plates[0].astype(int) - plates[1]).max()
    after = [blur_regions(p, [Box(-0.5, -2.0, 1.5, 3.0)]).astype(int) for p in plates]
    assert before > 80
    assert np.abs(after[0] - after[1]).max() < 30


@given(SHARES, SHARES, SHARES, SHARES)
def test_only_the_region_changes_and_the_picture_given_never_does(
    x0: float, y0: float, x1: float, y1: float
) -> None:
    picture = np.random.default_rng(3).integers(0, 256, (60, 90, 3), dtype=np.uint8)
    kept = picture.copy()
    box = Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
    blurred = blur_regions(picture, [box])
    assert (picture == kept).all()
    assert blurred.shape == picture.shape
    changed = (blurred != picture).any(axis=2)
    ys, xs = np.nonzero(changed)
    assert (xs / 90 >= box.x0 - 1 / 90).all() and (xs / 90 <= box.x1).all()
    assert (ys / 60 >= box.y0 - 1 / 60).all() and (ys / 60 <= box.y1).all()


def test_nothing_to_blur_still_gives_a_copy() -> None:
    picture = np.zeros((10, 10, 3), np.uint8)
    assert blur_regions(picture, []) is not picture


def test_a_person_is_blurred_beyond_the_box_and_a_car_where_its_plates_are() -> None:
    person = person_region(Box(0.1, 0.1, 0.2, 0.5))
    assert person.x0 < 0.1 and person.y0 < 0.1 and person.x1 > 0.2 and person.y1 > 0.5
    band = plate_band(Box(0.5, 0.5, 0.8, 0.7))
    assert band == pytest.approx((0.524, 0.6, 0.776, 0.684))
    picture = np.random.default_rng(5).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    seen = [
        Detection("person", 0.5, Box(0.1, 0.1, 0.2, 0.5)),
        Detection("manhole_ok", 0.9, Box(0.0, 0.0, 1.0, 1.0)),
        Detection("car", 0.5, Box(0.5, 0.5, 0.8, 0.7)),
    ]
    changed = (blur_private(picture, seen) != picture).any(axis=2)
    assert changed[20:100, 20:40].mean() > 0.95
    assert changed[121:136, 106:154].mean() > 0.95
    assert changed.mean() < 0.1


@pytest.mark.parametrize(
    ("box", "side"),
    [
        (Box(0.0, 0.4, 0.3, 0.6), "x0"),
        (Box(0.4, 0.005, 0.6, 0.3), "y0"),
        (Box(0.7, 0.4, 1.0, 0.6), "x1"),
        (Box(0.4, 0.7, 0.6, 0.995), "y1"),
    ],
)
def test_the_part_of_a_vehicle_that_the_picture_cuts_off_may_have_the_plate(
    box: Box, side: str
) -> None:
    assert getattr(plate_band(box), side) == (0.0 if side.endswith("0") else 1.0)


CAR = Box(0.2, 0.2, 0.8, 0.8)
GLYPH_WH = (20, 32)
PLACE_XY = (432, 405)
"""A plate of a quarter of the car's width: six characters of 20 px in 600 px."""


def glyph(digit: int) -> Pixels:
    image = np.full((GLYPH_WH[1], GLYPH_WH[0], 3), (150, 60, 20), np.uint8)
    cv2.putText(image, str(digit), (1, 27), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (255, 255, 255), 3)
    return image


def car_with_plate(digits: list[int]) -> Pixels:
    picture = np.random.default_rng(9).integers(90, 110, (600, 1000, 3), dtype=np.uint8)
    plate = np.hstack([glyph(digit) for digit in digits])
    x, y = PLACE_XY
    picture[y : y + plate.shape[0], x : x + plate.shape[1]] = plate
    return picture


def read_plate(picture: Pixels, count: int) -> list[int]:
    """The best reader there is: it knows the font and where each character stands."""
    (x, y), (width, height) = PLACE_XY, GLYPH_WH
    seen = [picture[y : y + height, x + i * width : x + (i + 1) * width] for i in range(count)]
    return [max(range(10), key=lambda digit: alike(part, glyph(digit))) for part in seen]


def alike(part: Pixels, known: Pixels) -> float:
    a, b = part.astype(float).ravel(), known.astype(float).ravel()
    return float(np.dot(a - a.mean(), b - b.mean()) / (a.std() * b.std() + 1e-9))


def share_read(cell: float, monkeypatch: pytest.MonkeyPatch) -> float:
    monkeypatch.setattr(blur, "PLATE_CELL", cell)
    numbers = np.random.default_rng(11).integers(0, 10, (25, 6)).tolist()
    right = 0
    for digits in numbers:
        masked = blur_private(car_with_plate(digits), [Detection("car", 0.9, CAR)])
        right += sum(a == b for a, b in zip(read_plate(masked, 6), digits, strict=True))
    return right / (25 * 6)


def test_a_plate_can_not_be_read_back_and_a_finer_mask_would_let_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert share_read(blur.PLATE_CELL, monkeypatch) < 0.25
    assert share_read(1 / 128, monkeypatch) > 0.9
    assert read_plate(car_with_plate([4, 0, 7, 1, 9, 2]), 6) == [4, 0, 7, 1, 9, 2]


def test_the_car_stays_as_evidence_around_its_plate_band(registry: Registry, still: Still) -> None:
    picture = still("parking", 30.0)
    detections = registry.detector("vehicles").detect([picture])[0]
    car = max((d for d in detections if d.label in VEHICLE_LABELS), key=lambda d: d.score)
    blurred = blur_private(picture, [car])
    width, height = car.box.x1 - car.box.x0, car.box.y1 - car.box.y0
    upper = Box(car.box.x0, car.box.y0, car.box.x1, car.box.y0 + 0.45 * height)
    band = Box(
        car.box.x0 + PLATE_BAND.x0 * width,
        car.box.y0 + PLATE_BAND.y0 * height,
        car.box.x0 + PLATE_BAND.x1 * width,
        car.box.y0 + PLATE_BAND.y1 * height,
    )
    assert (crop(blurred, upper) == crop(picture, upper)).all()
    assert np.unique(crop(blurred, band).reshape(-1, 3), axis=0).shape[0] < 8 * 8
    assert np.unique(crop(picture, band).reshape(-1, 3), axis=0).shape[0] > 8 * 8 * 4


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (2, 3)])
def test_tiny_regions_are_blurred_too(shape: tuple[int, int]) -> None:
    picture = np.zeros((*shape, 3), np.uint8)
    assert blur_regions(picture, [Box(0, 0, 1, 1)]).shape == picture.shape
