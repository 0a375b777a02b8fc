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
from yitong_command.vision.blur import blur_private, blur_regions, private_regions
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
    person, plate = private_regions(
        [
            Detection("person", 0.5, Box(0.1, 0.1, 0.2, 0.5)),
            Detection("manhole_ok", 0.9, Box(0.0, 0.0, 1.0, 1.0)),
            Detection("car", 0.5, Box(0.5, 0.5, 0.8, 0.7)),
        ]
    )
    assert person.x0 < 0.1 and person.y0 < 0.1 and person.x1 > 0.2 and person.y1 > 0.5
    assert 0.5 < plate.y0 < 0.6 and plate.y1 > 0.7 and plate.x0 < 0.5 and plate.x1 > 0.8


def test_the_upper_part_of_a_car_stays_as_evidence(registry: Registry, still: Still) -> None:
    picture = still("parking", 30.0)
    detections = registry.detector("vehicles").detect([picture])[0]
    car = max((d for d in detections if d.label in VEHICLE_LABELS), key=lambda d: d.score)
    blurred = blur_private(picture, [car])
    height = car.box.y1 - car.box.y0
    upper = Box(car.box.x0, car.box.y0, car.box.x1, car.box.y0 + 0.4 * height)
    lower = Box(car.box.x0, car.box.y0 + 0.6 * height, car.box.x1, car.box.y1)
    assert (crop(blurred, upper) == crop(picture, upper)).all()
    assert sharpness(crop(blurred, lower)) < sharpness(crop(picture, lower)) / 4


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (2, 3)])
def test_tiny_regions_are_blurred_too(shape: tuple[int, int]) -> None:
    picture = np.zeros((*shape, 3), np.uint8)
    assert blur_regions(picture, [Box(0, 0, 1, 1)]).shape == picture.shape
