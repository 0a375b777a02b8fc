"""The arithmetic behind every figure."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yitong_command.bench.figures import (
    Looks,
    bucket_quantile,
    look_figures,
    percentile,
    ratio,
    significant,
    slope,
)

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def test_percentiles_are_values_that_were_measured() -> None:
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert percentile(values, 0.5) == 3.0
    assert percentile(values, 0.99) == 5.0
    assert percentile(values, 0.2) == 1.0
    assert percentile([], 0.5) is None
    with pytest.raises(ValueError, match="share"):
        percentile(values, 0)


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.01, 1.0))
def test_a_percentile_leaves_no_more_than_its_share_above(
    values: list[float], share: float
) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values)
    assert sum(value < found for value in values) < share * len(values)


def test_a_ratio_without_one_side_is_none() -> None:
    assert ratio(3.0, 2.0) == 1.5
    assert ratio(None, 2.0) is None
    assert ratio(2.0, None) is None
    assert ratio(2.0, 0.0) is None
    assert significant(1234.5) == 1230.0


def test_intervals_are_between_looks_that_end_in_the_window() -> None:
    looks = Looks(["a"])
    for seconds in (-1, 1, 1, 3, 3, 5):
        looks.note("a", after(seconds))
    looks.note("stranger", after(2))
    assert looks.count() == 4
    assert looks.intervals(after(2), after(6)) == {"a": [2.0, 2.0]}


def test_a_camera_that_starves_is_not_hidden() -> None:
    looks = Looks(["steady", "never", "gave-up"])
    for seconds in range(0, 21, 2):
        looks.note("steady", after(seconds))
    looks.note("gave-up", after(0))
    looks.note("gave-up", after(2))
    found = looks.intervals(after(0), after(20))
    assert found["never"] == [20.0]
    assert found["gave-up"] == [2.0, 18.0]
    figures = look_figures(found)
    assert figures["look_p50_s"] == 2.0
    assert figures["look_p99_s"] == 20.0
    assert figures["look_worst"] == {"camera_id": "never", "longest_s": 20.0}
    assert figures["per_camera"]["steady"] == {"n": 10, "p50_s": 2.0, "p95_s": 2.0, "p99_s": 2.0}


def test_a_quantile_of_a_histogram_lies_in_its_bucket() -> None:
    buckets = {0.1: 10.0, 0.2: 90.0, 1.0: 99.0, math.inf: 100.0}
    assert bucket_quantile(buckets, 0.5) == pytest.approx(0.15)
    assert bucket_quantile(buckets, 0.99) == pytest.approx(1.0)
    assert bucket_quantile(buckets, 1.0) == 1.0
    assert bucket_quantile({0.1: 0.0, math.inf: 0.0}, 0.5) is None
    assert bucket_quantile({}, 0.5) is None


def test_the_slope_is_that_of_the_line_that_fits_best() -> None:
    assert slope([(0.0, 5.0), (10.0, 25.0), (20.0, 45.0)]) == pytest.approx(2.0)
    assert slope([(3.0, 1.0), (3.0, 9.0)]) == 0.0


def test_between_pictures_taken_the_jitter_of_the_way_does_not_count() -> None:
    looks = Looks(["a"])
    near_wrap = 2**32 - 90_000
    for seconds, ticks in ((0.0, near_wrap), (2.2, near_wrap + 180_000 - 2**32), (4.0, 270_000)):
        looks.note("a", after(seconds), ticks)
    looks.note("a", after(6.0), 17)  # it connected anew, and its clock began anew
    window = (after(0), after(6))
    assert looks.intervals(*window, taken=True) == {"a": [2.0, 2.0, 2.0]}
    assert looks.intervals(*window) == {"a": [2.2, 1.8, 2.0]}
