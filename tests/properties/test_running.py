"""The clock with emergencies and pauses, against an oracle that steps second by second."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from yitong_command.domain.clock import CHINA, Limit, WorkCalendar, due_at, parse_limit
from yitong_command.domain.running import NONE, Conditions, Pace, Span, reach, used

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOLIDAYS = {date(2026, 12, 31), date(2027, 1, 1), date(2028, 2, 29), date(2026, 10, 1)}
MAKE_UP = {date(2027, 1, 2), date(2026, 2, 28)}
CALENDAR = WorkCalendar(frozenset({2026, 2027, 2028}), frozenset(HOLIDAYS), frozenset(MAKE_UP))
# Month ends, year ends, a leap day, a holiday after a Wednesday, a Friday evening.
CORNERS = (
    datetime(2026, 12, 30, 17, tzinfo=CHINA),
    datetime(2026, 12, 31, 23, 30, tzinfo=CHINA),
    datetime(2028, 2, 28, 16, tzinfo=CHINA),
    datetime(2026, 2, 27, 17, 30, tzinfo=CHINA),
    datetime(2026, 9, 30, 11, tzinfo=CHINA),
    datetime(2027, 4, 30, 17, tzinfo=CHINA),
    datetime(2026, 11, 23, 7, 30, tzinfo=CHINA),
)
starts = st.tuples(st.sampled_from(CORNERS), st.integers(0, 8 * 3600)).map(
    lambda pair: pair[0] + pair[1] * SECOND
)
shares = st.sampled_from([Fraction(1, 2), Fraction(3, 4), Fraction(1), Fraction(3, 2), Fraction(2)])
texts = st.sampled_from(["1m", "7m", "30m", "1uh", "1wh", "2wh"])
emergency = st.one_of(st.none(), st.sampled_from([Fraction(1, 2), Fraction(5), Fraction(60)]))


@st.composite
def spans(draw: st.DrawFn, start: datetime) -> tuple[Span, ...]:
    found = []
    for _ in range(draw(st.integers(0, 3))):
        begin = start + draw(st.integers(-3600, 6 * 3600)) * SECOND
        length = draw(st.one_of(st.none(), st.integers(1, 4 * 3600)))
        found.append(Span(begin, begin + length * SECOND if length else None))
    return tuple(found)


@st.composite
def lives(draw: st.DrawFn) -> tuple[datetime, Pace, Conditions, Fraction]:
    start = draw(starts)
    pace = Pace(parse_limit(draw(texts)), draw(emergency))
    return start, pace, Conditions(draw(spans(start)), draw(spans(start))), draw(shares)


def running(at: datetime, limit: Limit, conditions: Conditions) -> str:
    """How the clock runs in the second that begins now."""
    if any(s.begin <= at and (s.end is None or at < s.end) for s in conditions.pauses):
        return "paused"
    if any(s.begin <= at and (s.end is None or at < s.end) for s in conditions.emergencies):
        return "emergency"
    local = at.astimezone(CHINA)
    hours = time(8) <= local.time() < time(12) or time(14) <= local.time() < time(18)
    if limit.working and not (hours and CALENDAR.is_worked(local.date())):
        return "resting"
    return "normal"


def oracle(
    start: datetime, pace: Pace, conditions: Conditions, share: Fraction, seen: Counter[str]
) -> datetime | None:
    """Counts whole numbers only: a second is worth what the other way takes of them."""
    normal, emergency_s, zero = pace.normal_s, pace.emergency_s, Fraction(0)
    worth = {"normal": emergency_s, "emergency": normal, "resting": zero, "paused": zero}
    need, at = share * normal * emergency_s, start
    while need > 0:
        how = running(at, pace.limit, conditions)
        if how == "paused" and any(s.end is None and s.begin <= at for s in conditions.pauses):
            return None
        seen[how] += 1
        need -= worth[how]
        at += SECOND
        if at - start > timedelta(days=12):
            raise AssertionError("the oracle has lost its way")
    return at


SEEN: Counter[str] = Counter()


@settings(max_examples=60)
@given(lives())
def check_against_the_oracle(life: tuple[datetime, Pace, Conditions, Fraction]) -> None:
    start, pace, conditions, share = life
    slow = oracle(start, pace, conditions, share, SEEN)
    fast = reach(start, pace, CALENDAR, conditions, share)
    if slow is None or fast is None:
        SEEN["never"] += 1
        assert slow == fast
        return
    whole = fast.replace(microsecond=0) + (SECOND if fast.microsecond else timedelta(0))
    assert whole == slow.astimezone(UTC)
    assert used(start, fast, pace, CALENDAR, conditions) >= share
    before = used(start, fast - timedelta(microseconds=1), pace, CALENDAR, conditions)
    assert before < share


def test_every_deadline_is_that_of_the_slow_oracle_to_the_second() -> None:
    SEEN.clear()
    check_against_the_oracle()
    for how in ("normal", "emergency", "resting", "paused", "never"):
        assert SEEN[how] > 0, f"no example was ever {how}: {SEEN}"


@st.composite
def long_lives(draw: st.DrawFn) -> tuple[datetime, Limit]:
    start = datetime(2026, 1, 1, tzinfo=UTC) + draw(st.integers(0, 3 * 365 * 1440)) * MINUTE
    return start, parse_limit(draw(st.sampled_from(["15wd", "40wd", "250wd", "30nd", "90wh"])))


@settings(max_examples=25)
@given(long_lives())
def test_over_years_it_counts_whole_working_days(life: tuple[datetime, Limit]) -> None:
    """A coarser oracle for long limits: seconds of each day's overlap with the two spans."""
    start, limit = life
    due = reach(start, Pace(limit), CALENDAR)
    assert due is not None
    if not limit.working:
        assert due == start + timedelta(minutes=limit.minutes)
        return
    worked, day = 0.0, start.astimezone(CHINA).date()
    while day <= due.astimezone(CHINA).date():
        for opens, closes in ((8, 12), (14, 18)) if CALENDAR.is_worked(day) else ():
            begin = max(start, datetime.combine(day, time(opens), CHINA))
            end = min(due, datetime.combine(day, time(closes), CHINA))
            worked += max(0.0, (end - begin).total_seconds())
        day += timedelta(days=1)
    assert worked == limit.minutes * 60


@settings(max_examples=50)
@given(starts, texts)
def test_without_conditions_it_is_the_plain_clock(start: datetime, text: str) -> None:
    limit = parse_limit(text)
    assert reach(start, Pace(limit), CALENDAR, NONE) == due_at(start, limit, CALENDAR)


@settings(max_examples=50)
@given(lives())
def test_a_pause_never_makes_a_deadline_earlier(
    life: tuple[datetime, Pace, Conditions, Fraction],
) -> None:
    start, pace, conditions, share = life
    without = reach(start, pace, CALENDAR, Conditions(conditions.emergencies), share)
    with_pauses = reach(start, pace, CALENDAR, conditions, share)
    assert without is not None
    assert with_pauses is None or with_pauses >= without


def test_an_emergency_that_begins_in_mid_case_keeps_what_was_used() -> None:
    start = datetime(2026, 11, 23, 8, tzinfo=CHINA)
    pace = Pace(parse_limit("4wh"), Fraction(60))
    noon = Conditions((Span(datetime(2026, 11, 23, 10, tzinfo=CHINA)),))
    # Half of four working hours is used by ten; half of the emergency's hour remains.
    assert reach(start, pace, CALENDAR, noon) == datetime(2026, 11, 23, 10, 30, tzinfo=CHINA)
    ended = Conditions((Span(noon.emergencies[0].begin, noon.emergencies[0].begin + 15 * MINUTE),))
    # Three quarters are used when it ends, the last quarter takes a working hour again.
    assert reach(start, pace, CALENDAR, ended) == datetime(2026, 11, 23, 11, 15, tzinfo=CHINA)
