"""Average precision over overlaps, sizes and thresholds, by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from yitong_command.domain.frame import Pixels
from yitong_command.domain.geometry import Box
from yitong_command.domain.observation import Detection
from yitong_command.vision.evaluate import Labelled
from yitong_command.vision.evaluate_curve import (
    IOU_STEPS,
    SIZES,
    Seen,
    average_precisions,
    reported,
    tally,
)
from yitong_command.vision.registry import Registry

CAR, BUS = frozenset({"car"}), frozenset({"bus"})
LEFT, RIGHT = Box(0.1, 0.1, 0.3, 0.3), Box(0.5, 0.5, 0.9, 0.9)


def seen(
    truth: list[tuple[str, Box]], found: list[tuple[str, float, Box]], side_px: int = 1000
) -> Seen:
    return Seen(
        Labelled(tuple(label for label, _ in truth), tuple(box for _, box in truth)),
        tuple(Detection(*item) for item in found),
        side_px,
        side_px,
    )


def test_a_perfect_detector_scores_one_at_every_overlap() -> None:
    pictures = [seen([("car", LEFT), ("bus", RIGHT)], [("car", 0.9, LEFT), ("bus", 0.4, RIGHT)])]
    assert average_precisions(pictures, CAR) == pytest.approx([1.0] * 10)
    assert average_precisions(pictures, BUS) == pytest.approx([1.0] * 10)


def test_swapped_labels_score_nothing() -> None:
    pictures = [seen([("car", LEFT), ("bus", RIGHT)], [("bus", 0.9, LEFT), ("car", 0.9, RIGHT)])]
    assert average_precisions(pictures, CAR) == (0.0,) * 10


def test_a_loose_box_hits_up_to_its_overlap() -> None:
    loose = Box(0.1, 0.1, 0.3, 0.1 + 0.2 / 0.72)  # overlap 0.72
    curve = average_precisions([seen([("car", LEFT)], [("car", 0.9, loose)])], CAR)
    assert curve == pytest.approx([1.0] * 5 + [0.0] * 5)
    assert IOU_STEPS[4] == 0.7


def test_a_better_false_alarm_halves_the_precision() -> None:
    pictures = [
        seen([("car", LEFT)], [("car", 0.9, RIGHT), ("car", 0.8, LEFT)]),
    ]
    # One false alarm before the only hit: precision 1/2 at every recall.
    assert tally(pictures, CAR).ap == pytest.approx(0.5)


def test_a_false_alarm_in_a_background_picture_counts() -> None:
    pictures = [seen([("car", LEFT)], [("car", 0.8, LEFT)]), seen([], [("car", 0.9, LEFT)])]
    assert tally(pictures, CAR).ap == pytest.approx(0.5)


def test_without_an_object_there_is_no_figure() -> None:
    pictures = [seen([], [("car", 0.9, LEFT)])]
    assert average_precisions(pictures, CAR) is None
    assert tally(pictures, CAR).recall is None
    assert tally(pictures, CAR).precision == 0.0
    assert tally(pictures, BUS).precision is None


def test_other_sizes_neither_help_nor_harm() -> None:
    small, large = Box(0.0, 0.0, 0.02, 0.02), Box(0.5, 0.5, 0.9, 0.9)  # 20 px and 400 px
    pictures = [seen([("car", small), ("car", large)], [("car", 0.9, large), ("car", 0.5, small)])]
    for name, objects in (("small", 1), ("medium", 0), ("large", 1)):
        item = tally(pictures, CAR, area=SIZES[name])
        assert (item.objects, len(item.hits)) == (objects, objects)
    assert tally(pictures, CAR, area=SIZES["small"]).ap == pytest.approx(1.0)


def test_a_false_alarm_counts_for_its_own_size_only() -> None:
    pictures = [seen([("car", RIGHT)], [("car", 0.9, Box(0, 0, 0.02, 0.02)), ("car", 0.8, RIGHT)])]
    assert tally(pictures, CAR, area=SIZES["large"]).ap == pytest.approx(1.0)
    assert tally(pictures, CAR, area=SIZES["small"]).precision == 0.0


def test_merged_classes_count_one_box_for_one_object() -> None:
    pictures = [seen([("car", LEFT)], [("bus", 0.9, LEFT), ("car", 0.8, LEFT)])]
    item = tally(pictures, CAR | BUS)
    assert item.hits.tolist() == [True]
    assert item.ap == pytest.approx(1.0)


def test_only_what_the_shipped_detector_reports_is_left() -> None:
    pictures = [seen([], [("car", 0.9, LEFT), ("bus", 0.8, LEFT), ("car", 0.2, RIGHT)])]
    one_label = reported(pictures, 0.25, 0.7)[0].found
    assert [(d.label, d.score) for d in one_label] == [("car", 0.9)]
    both = reported(pictures, 0.25, 1.0)[0].found
    assert [d.label for d in both] == ["car", "bus"]


def test_the_shipped_detector_is_the_suspicious_one_above_its_threshold(
    registry: Registry, still: Callable[[str, float], Pixels]
) -> None:
    covers = still("manhole", 20.0)[100:400, 300:700]
    spec = registry.specs["manhole-cover"]
    shipped = registry.detector("manhole-cover").detect([covers])[0]
    suspected = registry.suspicious_detector("manhole-cover").detect([covers])[0]
    picture = Seen(Labelled((), ()), suspected, 400, 300)
    again = reported([picture], spec.score_threshold, spec.one_label_iou)[0].found
    assert len(suspected) > len(shipped) >= 1
    assert again == shipped
