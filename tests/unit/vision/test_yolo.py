"""The shipped detectors see what the clips' ground truth says, and fail loudly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from yitong_command.domain.frame import Pixels
from yitong_command.domain.geometry import Box
from yitong_command.domain.observation import VEHICLE_LABELS, Detection
from yitong_command.errors import DetectorFailed
from yitong_command.vision.boxes import Fit, crop
from yitong_command.vision.detector import Detector
from yitong_command.vision.registry import Registry
from yitong_command.vision.yolo import YoloDetector, decode, infer

Still = Callable[[str, float], Pixels]
Truth = Callable[[str], dict[str, Any]]
STOPPED_S = (21.0, 30.0, 40.0, 46.0)


def stopped_car(truth: dict[str, Any], seconds: float) -> Box:
    frame = truth["frames"][round(seconds * truth["fps"])]
    x0, y0, x1, y1 = next(i["box"] for i in frame["objects"] if i["id"] == "offender")
    width, height = truth["width"], truth["height"]
    return Box(x0 / width, y0 / height, x1 / width, y1 / height)


def best_match(detections: tuple[Detection, ...], box: Box) -> Detection | None:
    vehicles = [d for d in detections if d.label in VEHICLE_LABELS and d.box.iou(box) > 0.5]
    return max(vehicles, key=lambda d: d.score, default=None)


@pytest.mark.parametrize("model", ["vehicles", "vehicles-sub"])
def test_the_stopped_car_is_found_in_every_look(
    registry: Registry, still: Still, truth: Truth, model: str
) -> None:
    looks = registry.detector(model).detect([still("parking", t) for t in STOPPED_S])
    for seconds, detections in zip(STOPPED_S, looks, strict=True):
        found = best_match(detections, stopped_car(truth("parking"), seconds))
        assert found is not None, f"nothing at {seconds} s"
        assert found.score > 0.4


@pytest.mark.parametrize(
    ("clip", "seconds", "state"),
    [
        ("manhole", 2.0, "manhole_ok"),
        ("manhole", 12.0, "manhole_ok"),
        ("manhole", 20.0, "manhole_missing"),
        ("manhole", 35.0, "manhole_missing"),
        ("ball_centre", 5.0, "manhole_ok"),
        ("ball_centre_missing", 5.0, "manhole_missing"),
    ],
)
def test_the_state_of_a_cover_is_seen_in_its_crop(
    registry: Registry, still: Still, truth: Truth, clip: str, seconds: float, state: str
) -> None:
    zone = next(zone for zone in truth(clip)["zones"] if zone["kind"] == "cover")
    part = crop(still(clip, seconds), Box(*zone["crop"]))
    detections = registry.detector("manhole-cover").detect([part])[0]
    assert detections, "nothing recognised"
    assert detections[0].label == state


def test_a_batch_gives_what_single_pictures_give(registry: Registry, still: Still) -> None:
    detector = registry.detector("vehicles")
    pictures = [still("parking", t) for t in (1.0, 4.0, 21.0)] + [still("manhole", 17.0)] * 7
    together = detector.detect(pictures)
    assert len(together) == len(pictures)
    for picture, batched in zip(pictures, together, strict=True):
        alone = detector.detect([picture])[0]
        assert [d.label for d in alone] == [d.label for d in batched]
        for a, b in zip(alone, batched, strict=True):
            assert a.box == pytest.approx(b.box, abs=2e-3)


def test_nothing_in_gives_nothing_out(registry: Registry) -> None:
    assert registry.detector("vehicles").detect([]) == []


def test_an_empty_street_gives_an_empty_tuple(registry: Registry) -> None:
    grey = np.full((576, 704, 3), 110, np.uint8)
    assert registry.detector("vehicles").detect([grey]) == [()]


def test_boxes_lie_in_the_picture_whatever_its_shape(registry: Registry, still: Still) -> None:
    picture = still("parking", 21.0)
    for part in (picture, picture[:, 300:700], picture[100:400], picture[::2, ::2]):
        for found in registry.detector("vehicles").detect([part])[0]:
            assert 0 <= found.box.x0 < found.box.x1 <= 1
            assert 0 <= found.box.y0 < found.box.y1 <= 1
            assert 0 < found.score <= 1


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(np.zeros((0, 0, 3), np.uint8), id="empty"),
        pytest.param(np.zeros((20, 20), np.uint8), id="no colours"),
        pytest.param(np.zeros((20, 20, 3), np.float32), id="floats"),
    ],
)
def test_a_picture_that_cannot_be_used_is_a_failure(registry: Registry, picture: Pixels) -> None:
    with pytest.raises(DetectorFailed, match="vehicles"):
        registry.detector("vehicles").detect([picture])


class Broken:
    """An infer request that fails, or answers with the given value everywhere."""

    def __init__(self, value: float | None) -> None:
        self.value = value

    def infer(self, inputs: dict[int, Any], share_inputs: bool) -> list[Any]:
        if self.value is None:
            raise RuntimeError("device lost")
        return [np.full((len(inputs[0]), 10, 21), self.value, np.float32)]


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_a_broken_engine_is_a_failure_and_never_an_empty_street(
    registry: Registry, value: float | None
) -> None:
    spec = registry.specs["vehicles"]
    detector: Detector = YoloDetector(spec, partial(infer, Broken(value), spec))
    with pytest.raises(DetectorFailed, match="vehicles"):
        detector.detect([np.zeros((100, 100, 3), np.uint8)])


def test_detectors_of_two_workers_do_not_disturb_each_other(
    registry: Registry, still: Still
) -> None:
    first, second = registry.detector("vehicles"), registry.detector("vehicles")
    assert first is not second
    before = first.detect([still("parking", 21.0)])
    second.detect([still("manhole", 5.0)])
    assert first.detect([still("parking", 21.0)]) == before


@pytest.mark.parametrize(
    ("label", "score", "person_threshold", "reported"),
    [
        ("person", 0.02, 0.01, True), ("person", 0.009, 0.01, False),
        ("person", 0.02, None, False), ("car", 0.02, 0.01, False), ("car", 0.3, 0.01, True),
    ],
)  # fmt: skip
def test_only_persons_are_reported_on_a_faint_suspicion(
    registry: Registry, label: str, score: float, person_threshold: float | None, reported: bool
) -> None:
    spec = replace(registry.specs["vehicles"], person_threshold=person_threshold)
    output = np.zeros((4 + len(spec.classes), 3), np.float32)
    output[:4, 1] = (100, 100, 40, 40)
    output[4 + spec.classes.index(label), 1] = score
    found = decode(output, Fit(1.0, 0, 0, 640, 384), spec)
    assert [d.label for d in found] == [label] * reported
