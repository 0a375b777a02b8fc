"""Blind time is counted once, and never outside what was observed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from yitong_command.domain.watched import NOTHING, watched

START = datetime(2026, 11, 23, tzinfo=UTC)


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def test_overlaps_count_once_and_what_lasts_counts_to_the_end() -> None:
    blind = [(at(10), at(30)), (at(20), at(40)), (at(90), None)]
    found = watched(at(-100), blind, at(0), at(100))
    assert (found.observed_s, found.blind_s, found.availability) == (100, 40, 0.6)


def test_what_lies_before_the_first_word_is_neither_blind_nor_watched() -> None:
    found = watched(at(50), [(at(0), at(60))], at(0), at(100))
    assert (found.observed_s, found.blind_s) == (50, 10)
    assert watched(at(200), [], at(0), at(100)) == NOTHING
    assert NOTHING.availability is None


partly: list[float] = []
seconds = st.integers(-20, 120)


@given(st.lists(st.tuples(seconds, st.none() | seconds), max_size=8), seconds)
def test_it_is_the_seconds_counted_one_by_one(
    spans: list[tuple[int, int | None]], known: int
) -> None:
    blind = [(at(a), None if b is None else at(max(a, b))) for a, b in spans]
    found = watched(at(known), blind, at(0), at(100))
    first = max(0, known)
    dark = sum(
        any(a <= at(s) and (b is None or at(s) < b) for a, b in blind) for s in range(first, 100)
    )
    partly.append(dark / max(1, 100 - first))
    assert found.observed_s == max(0, 100 - first)
    assert found.blind_s == dark


def test_the_property_saw_partly_blind_cameras() -> None:
    assert any(0 < share < 1 for share in partly)
