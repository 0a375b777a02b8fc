"""Hours and days come back from the minutes of the week as they were written."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from yitong_command.domain.ban import DAYS, read_hours, weekly_spans
from yitong_command.domain.ban_hours import written_hours

HALF_HOURS = st.integers(0, 47)


def weekly(hours: tuple[str, ...], days: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    return weekly_spans([read_hours(text) for text in hours], [DAYS.index(day) for day in days])


def text(begin: int, length: int) -> str:
    end = (begin + length - 1) % 48 + 1
    return f"{begin // 2:02}:{begin % 2 * 30:02}-{end // 2:02}:{end % 2 * 30:02}"


spans = st.builds(text, HALF_HOURS, st.integers(1, 47))
shown: set[bool] = set()


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.lists(spans, max_size=3), st.sets(st.sampled_from(DAYS), min_size=1))
def test_what_was_written_is_found_again(hours: list[str], days: set[str]) -> None:
    ordered = tuple(day for day in DAYS if day in days)
    minutes = weekly(tuple(hours), ordered)
    found = written_hours(minutes)
    shown.add(bool(found and found[0]))
    if found is not None:
        assert weekly(*found) == minutes
    if len(hours) <= 1:
        assert found is not None


def test_all_sorts_were_seen_and_the_usual_ones_read_well() -> None:
    assert shown == {True, False}
    workdays = DAYS[:5]
    for hours, days in (
        (("07:00-09:30", "16:30-18:00"), workdays),
        (("22:00-06:00",), DAYS),
        (("22:00-06:00",), ("fri", "sat")),
        ((), workdays),
        ((), DAYS),
    ):
        assert written_hours(weekly(hours, days)) == (hours, days)
    assert written_hours(((0, 60), (1440 + 60, 1440 + 90))) is None
    assert written_hours(()) is None
