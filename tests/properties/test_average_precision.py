"""Average precision: bounds, order, and a slow oracle."""

from __future__ import annotations

import numpy as np
from hypothesis import find, given
from hypothesis import strategies as st

from yitong_command.domain.geometry import Box
from yitong_command.domain.observation import Detection
from yitong_command.vision.evaluate import Labelled
from yitong_command.vision.evaluate_curve import (
    SIZES,
    Seen,
    average_precisions,
    tally,
)

CAR = frozenset({"car"})
NUDGES = st.integers(-6, 6).map(lambda n: n / 100)


@st.composite
def pictures(draw: st.DrawFn) -> list[Seen]:
    """Pictures of a row of cars, each found more or less well, or not, and false alarms."""
    made = []
    for _ in range(draw(st.integers(1, 4))):
        truth = [Box(0.25 * n, 0.2, 0.25 * n + 0.2, 0.2 + draw(st.sampled_from([0.02, 0.1, 0.5])))
                 for n in range(draw(st.integers(0, 4)))]  # fmt: skip
        found = []
        for box in truth:
            for _ in range(draw(st.integers(0, 2))):
                moved = Box(box.x0 + draw(NUDGES), box.y0, box.x1 + draw(NUDGES), box.y1)
                found.append(moved)
        found += [Box(0.1 * n, 0.8, 0.1 * n + 0.1, 0.9) for n in range(draw(st.integers(0, 2)))]
        scores = draw(
            st.lists(st.integers(1, 99), min_size=len(found), max_size=len(found), unique=True)
        )
        detections = tuple(
            Detection("car", score / 100, box) for score, box in zip(scores, found, strict=True)
        )
        made.append(Seen(Labelled(("car",) * len(truth), tuple(truth)), detections, 400, 400))
    return made


def oracle(seen: list[Seen], hit_iou: float) -> float:
    """Average precision by plain loops: best first, best free object, best precision to come."""
    every = sorted(
        ((d.score, n, d.box) for n, picture in enumerate(seen) for d in picture.found),
        key=lambda item: -item[0],
    )
    taken: set[tuple[int, int]] = set()
    points: list[tuple[float, float]] = []
    objects = sum(len(picture.truth.boxes) for picture in seen)
    for count, (_, n, box) in enumerate(every, 1):
        free = [
            (box.iou(other), j)
            for j, other in enumerate(seen[n].truth.boxes)
            if (n, j) not in taken
        ]
        best = max(free, default=(0.0, -1))
        if best[0] >= hit_iou:
            taken.add((n, best[1]))
        points.append((len(taken) / objects, len(taken) / count))
    while points and len(points) > 1 and points[-1][0] == points[-2][0]:
        points.pop()
    points = [(0.0, 1.0), *points] if points and points[-1][0] else []
    heights = [height_at(points, i / 100) for i in range(101)]
    return sum((a + b) / 200 for a, b in zip(heights[:-1], heights[1:], strict=True))


def height_at(points: list[tuple[float, float]], recall: float) -> float:
    """The envelope of (recall, precision) at one recall, straight between points."""
    if not points or recall > points[-1][0] + 1e-9:
        return 0.0
    best = [max(p for _, p in points[n:]) for n in range(len(points))]
    left = max(n for n, (r, _) in enumerate(points) if r <= recall + 1e-12)
    if left == len(points) - 1:
        return best[-1]
    (r0, _), (r1, _) = points[left], points[left + 1]
    return best[left] + (best[left + 1] - best[left]) * (recall - r0) / (r1 - r0)


def has_objects(seen: list[Seen]) -> bool:
    return any(picture.truth.boxes for picture in seen)


def distinct_scores(seen: list[Seen]) -> bool:
    scores = [d.score for picture in seen for d in picture.found]
    return len(set(scores)) == len(scores)


@given(pictures().filter(has_objects).filter(distinct_scores), st.sampled_from([0.5013, 0.7513]))
def test_it_is_what_plain_loops_say(seen: list[Seen], hit_iou: float) -> None:
    value = tally(seen, CAR, hit_iou).ap
    assert value is not None
    assert abs(value - oracle(seen, hit_iou)) < 1e-6


@given(pictures().filter(has_objects))
def test_it_is_a_share_and_falls_with_the_overlap_asked_for(seen: list[Seen]) -> None:
    curve = average_precisions(seen, CAR)
    assert curve is not None
    assert all(0 <= value <= 1 for value in curve)
    found = [tally(seen, CAR, iou).hits.sum() for iou in (0.5, 0.75, 0.95)]
    assert found == sorted(found, reverse=True)


@given(pictures().filter(has_objects))
def test_a_false_alarm_below_all_others_changes_nothing_one_above_never_helps(
    seen: list[Seen],
) -> None:
    before = tally(seen, CAR).ap
    nowhere = Box(0.9, 0.95, 0.99, 0.99)
    for score in (0.001, 1.0):
        alarm = Seen(Labelled((), ()), (Detection("car", score, nowhere),), 400, 400)
        after = tally([*seen, alarm], CAR).ap
        assert before is not None
        assert after is not None
        if score < 0.01:
            assert after == before
        else:
            assert after <= before
            assert after < before or before == 0


@given(pictures(), st.randoms(use_true_random=False))
def test_the_order_of_pictures_does_not_matter(seen: list[Seen], random: object) -> None:
    if not distinct_scores(seen):
        return
    mixed = list(seen)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert tally(mixed, CAR).ap == tally(seen, CAR).ap


@given(pictures())
def test_every_object_has_one_size(seen: list[Seen]) -> None:
    by_size = [tally(seen, CAR, area=area).objects for area in SIZES.values()]
    assert sum(by_size) == tally(seen, CAR).objects


def test_the_pictures_show_all_there_is_to_show() -> None:
    def of(seen: list[Seen], low: float, high: float) -> bool:
        value = tally(seen, CAR).ap
        return value is not None and low < value < high

    assert find(pictures(), lambda seen: of(seen, 0.3, 0.7))
    assert find(pictures(), lambda seen: of(seen, 0.999, 1.1))
    loose = find(
        pictures().filter(has_objects),
        lambda seen: tally(seen, CAR, 0.5).hits.sum() > tally(seen, CAR, 0.75).hits.sum() > 0,
    )
    assert np.mean(average_precisions(loose, CAR) or 0) < 1
    assert find(
        pictures(), lambda seen: all(tally(seen, CAR, area=a).objects for a in SIZES.values())
    )
