"""The Wilson interval against the test it inverts, and what a rate may never do."""

from __future__ import annotations

import math
from statistics import NormalDist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yitong_command.domain.precision import MIN_REVIEWED, precision, wilson

Z = NormalDist().inv_cdf(0.975)


def scored(successes: int, trials: int, share: float) -> float:
    """How many standard deviations the observed share is from a supposed one."""
    if share in (0.0, 1.0):
        return 0.0 if successes == share * trials else math.inf
    return abs(successes / trials - share) / math.sqrt(share * (1 - share) / trials)


def brute_force(successes: int, trials: int) -> tuple[float, float]:
    """The ends of all shares that the score test does not reject, found by halving."""
    observed = successes / trials

    def end(outside: float, inside: float) -> float:
        if scored(successes, trials, outside) <= Z:
            return outside
        for _ in range(80):
            middle = (outside + inside) / 2
            if scored(successes, trials, middle) <= Z:
                inside = middle
            else:
                outside = middle
        return inside

    return end(0.0, observed), end(1.0, observed)


COUNTS = st.integers(1, 5000).flatmap(
    lambda trials: st.tuples(st.integers(0, trials), st.just(trials))
)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(COUNTS)
def test_it_holds_exactly_the_shares_that_the_score_test_does_not_reject(
    counts: tuple[int, int],
) -> None:
    assert wilson(*counts) == pytest.approx(brute_force(*counts), abs=1e-9)


def test_it_is_the_interval_of_the_books() -> None:
    # Newcombe (1998), table I, method 3.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(29, 29) == pytest.approx((0.8830, 1.0), abs=5e-5)


@settings(deadline=None, derandomize=True)
@given(COUNTS)
def test_the_share_lies_inside_and_the_bounds_in_zero_to_one(counts: tuple[int, int]) -> None:
    low, high = wilson(*counts)
    assert 0.0 <= low <= counts[0] / counts[1] <= high <= 1.0
    assert low < high


@settings(deadline=None, derandomize=True)
@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))))
def test_one_more_confirmed_moves_both_bounds_up(counts: tuple[int, int]) -> None:
    less, more = wilson(*counts), wilson(counts[0] + 1, counts[1])
    assert less[0] < more[0]
    assert less[1] < more[1]


@settings(deadline=None, derandomize=True)
@given(COUNTS)
def test_more_evidence_of_the_same_share_is_narrower_and_mirrored_counts_mirror(
    counts: tuple[int, int],
) -> None:
    good, trials = counts
    low, high = wilson(good, trials)
    finer = wilson(good * 4, trials * 4)
    assert finer[1] - finer[0] < high - low
    assert wilson(trials - good, trials) == pytest.approx((1 - high, 1 - low), abs=1e-12)


@settings(deadline=None, derandomize=True)
@given(COUNTS, st.floats(0.01, 0.99))
def test_no_rate_from_a_handful_and_no_second_look_without_a_rate(
    counts: tuple[int, int], bar: float
) -> None:
    value = precision(*counts)
    assert (value.confirmed, value.reviewed) == counts
    known = value.reviewed >= MIN_REVIEWED
    assert [part is not None for part in (value.rate, value.low, value.high)] == [known] * 3
    assert value.below(bar) == (known and wilson(*counts)[1] < bar)


def test_both_answers_occur_and_chance_alone_is_no_second_look() -> None:
    assert precision(0, 20).below(0.7)
    assert not precision(0, 19).below(0.7)
    # Half right of 20: the bound is 0.70 and a bit; of 100 it is clear.
    assert not precision(10, 20).below(0.7)
    assert precision(50, 100).below(0.7)
    assert not precision(100, 100).below(0.99)


@pytest.mark.parametrize("counts", [(-1, 3), (4, 3), (0, -1)])
def test_impossible_counts_are_refused(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="of"):
        precision(*counts)
    with pytest.raises(ValueError, match="of"):
        wilson(*counts)
    with pytest.raises(ValueError, match="0 trials"):
        wilson(0, 0)
