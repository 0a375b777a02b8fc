"""The case clock against an oracle that steps minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from yitong_command.domain.clock import (
    CHINA,
    Limit,
    WorkCalendar,
    deadline,
    due_at,
    parse_limit,
)

MINUTE = timedelta(minutes=1)
FIRST = datetime(2026, 1, 1, tzinfo=UTC)

starts = st.integers(0, 365 * 24 * 60 - 1).map(lambda n: FIRST + n * MINUTE)
units = st.sampled_from(["m", "uh", "wh", "wd", "nd"])
limits = st.tuples(st.integers(1, 4), units).map(lambda pair: parse_limit(f"{pair[0]}{pair[1]}"))
days = st.integers(0, 400).map(lambda n: date(2026, 1, 1) + timedelta(days=n))


@st.composite
def calendars(draw: st.DrawFn) -> WorkCalendar:
    chosen = draw(st.frozensets(days, max_size=40))
    off = frozenset(day for day in chosen if day.weekday() < 5)
    return WorkCalendar(frozenset({2026, 2027}), off, chosen - off)


def runs(moment: datetime, calendar: WorkCalendar) -> bool:
    """Whether the working clock runs in the minute that begins now."""
    local = moment.astimezone(CHINA)
    worked = calendar.is_worked(local.date())
    return worked and (time(8) <= local.time() < time(12) or time(14) <= local.time() < time(18))


def oracle(start: datetime, limit: Limit, calendar: WorkCalendar) -> datetime:
    moment, left = start, limit.minutes
    while left:
        if not limit.working or runs(moment, calendar):
            left -= 1
        moment += MINUTE
    return moment


@given(starts, limits, calendars())
def test_the_clock_agrees_with_the_slow_oracle(
    start: datetime, limit: Limit, calendar: WorkCalendar
) -> None:
    assert due_at(start, limit, calendar) == oracle(start, limit, calendar)


@given(starts, st.timedeltas(timedelta(0), timedelta(days=3)), limits, calendars())
def test_who_starts_later_is_never_due_earlier(
    start: datetime, later: timedelta, limit: Limit, calendar: WorkCalendar
) -> None:
    assert due_at(start, limit, calendar) <= due_at(start + later, limit, calendar)


@given(starts, limits, calendars())
def test_rework_is_due_later_than_dispatch_and_says_so(
    start: datetime, limit: Limit, calendar: WorkCalendar
) -> None:
    half = limit.for_rework()
    due = deadline(start, half, calendar)
    assert due.at > start
    assert half.minutes >= 60
    assert half.minutes <= max(60, limit.minutes)
    assert "返工" in due.rule_zh
    assert "rework" in due.rule_en


def test_the_oracle_meets_nights_lunch_weekends_holidays_and_make_up_days() -> None:
    """Otherwise agreeing with it would say little."""
    holiday, make_up = date(2026, 11, 24), date(2026, 11, 28)
    calendar = WorkCalendar(frozenset({2026}), frozenset({holiday}), frozenset({make_up}))
    monday = datetime(2026, 11, 23, 11, 30, tzinfo=CHINA)
    for text, right in (
        ("1wh", datetime(2026, 11, 23, 14, 30, tzinfo=CHINA)),
        ("4wh", datetime(2026, 11, 23, 17, 30, tzinfo=CHINA)),
        ("1wd", datetime(2026, 11, 25, 11, 30, tzinfo=CHINA)),
        ("4wd", datetime(2026, 11, 28, 11, 30, tzinfo=CHINA)),
    ):
        limit = parse_limit(text)
        assert oracle(monday, limit, calendar) == right.astimezone(UTC)
