"""Average precision, by hand and by property."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yitong_command.domain.geometry import Box
from yitong_command.domain.observation import Detection
from yitong_command.errors import CorruptMedia
from yitong_command.vision.evaluate import (
    Labelled,
    average_precision,
    evaluate,
    evaluate_folder,
    match,
    read_labels,
)
from yitong_command.vision.registry import Registry

LEFT, RIGHT = Box(0.1, 0.1, 0.3, 0.3), Box(0.6, 0.6, 0.9, 0.9)


def test_a_perfect_detector_scores_one() -> None:
    truth = [Labelled(("a", "b"), (LEFT, RIGHT)), Labelled(("a",), (RIGHT,))]
    found = [
        [Detection(label, 0.9, box) for label, box in zip(p.labels, p.boxes, strict=True)]
        for p in truth
    ]
    score = evaluate(found, truth, frozenset({"a", "b"}))
    assert score.map50 == pytest.approx(1.0, abs=1e-6)
    assert score.merged_ap50 == pytest.approx(1.0, abs=1e-6)
    assert score.objects == {"a": 2, "b": 1}


def test_a_blind_detector_scores_nothing() -> None:
    score = evaluate([[]], [Labelled(("a",), (LEFT,))])
    assert score.map50 == 0
    assert score.merged_ap50 is None


def test_the_wrong_state_counts_only_when_hazards_are_merged() -> None:
    truth = [Labelled(("broken",), (LEFT,))]
    found = [[Detection("missing", 0.8, LEFT)]]
    score = evaluate(found, truth, frozenset({"broken", "missing"}))
    assert score.ap50["broken"] == 0
    assert score.merged_ap50 == pytest.approx(1.0, abs=1e-6)


def test_one_object_is_found_once() -> None:
    boxes = np.array([LEFT, LEFT], np.float32)
    scores = np.array([0.4, 0.8], np.float32)
    assert match(boxes, scores, np.array([LEFT], np.float32)).tolist() == [False, True]


def test_average_precision_of_a_worked_example() -> None:
    hits = np.array([True, False, True])
    scores = np.array([0.9, 0.8, 0.7], np.float32)
    # Precision 1 up to recall 1/2, then 2/3 up to recall 1.
    assert average_precision(hits, scores, 2) == pytest.approx(0.5 + 0.5 * 2 / 3, abs=0.01)


@given(st.lists(st.booleans(), min_size=1, max_size=30), st.integers(0, 10))
def test_more_misses_never_raise_the_score(hits: list[bool], missed: int) -> None:
    scores = np.linspace(1, 0.1, len(hits), dtype=np.float32)
    objects = max(1, sum(hits))
    some = average_precision(np.array(hits), scores, objects)
    assert 0 <= some <= 1
    assert average_precision(np.array(hits), scores, objects + missed) <= some + 1e-9


def test_without_objects_there_is_no_average_precision() -> None:
    with pytest.raises(ValueError, match="at least one object"):
        average_precision(np.array([True]), np.array([0.5], np.float32), 0)


def test_a_folder_is_measured_with_the_real_detector(registry: Registry, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((200, 200, 3), 90, np.uint8))
    (tmp_path / "grey.txt").write_text("2 0.5 0.5 0.2 0.2\n")
    detector = registry.suspicious_detector("manhole-cover")
    score = evaluate_folder(detector, tmp_path, tmp_path, detector.classes)
    assert score.pictures == 1
    assert score.objects == {"manhole_missing": 1}


@pytest.mark.parametrize("line", ["9 0.5 0.5 0.1 0.1", "0 0.5 0.5", "x 0 0 0 0"])
def test_a_bad_label_line_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "bad.txt"
    file.write_text(f"0 0.5 0.5 0.1 0.1\n{line}\n")
    with pytest.raises(CorruptMedia, match=r"bad\.txt:2"):
        read_labels(file, ["car"])


def test_a_picture_that_is_none_is_named(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "torn.jpg").write_bytes(b"\xff\xd8\xff")
    detector = registry.detector("vehicles")
    with pytest.raises(CorruptMedia, match=r"torn\.jpg"):
        evaluate_folder(detector, tmp_path, tmp_path, ["car"])


def test_an_empty_folder_is_no_result(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(CorruptMedia, match="no pictures"):
        evaluate_folder(registry.detector("vehicles"), tmp_path, tmp_path, ["car"])
