"""When a ban holds, against an oracle that walks the calendar minute by minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from yitong_command.domain.ban import DAY_MIN, EVER, Ban, Permit, Span, weekly_spans
from yitong_command.domain.clock import CHINA

MONDAY = datetime(2026, 11, 23, tzinfo=CHINA)
MINUTE = timedelta(minutes=1)
STEP_MIN = 30


@st.composite
def spans(draw: st.DrawFn) -> Span:
    start = draw(st.integers(0, DAY_MIN // STEP_MIN - 1)) * STEP_MIN
    return start, start + draw(st.integers(1, DAY_MIN // STEP_MIN)) * STEP_MIN


@st.composite
def permits(draw: st.DrawFn) -> Permit:
    begin = MONDAY + draw(st.integers(-300, 600)) * STEP_MIN * MINUTE
    return Permit(begin, begin + draw(st.integers(1, 96)) * STEP_MIN * MINUTE)


Written = tuple[list[Span], frozenset[int], list[Permit]]
written = st.tuples(
    st.lists(spans(), max_size=3),
    st.frozensets(st.integers(0, 6), min_size=1),
    st.lists(permits(), max_size=3),
)
moments = st.integers(-600, 600).map(lambda n: MONDAY + n * STEP_MIN * MINUTE)


def made(what: Written) -> Ban:
    hours, days, allowed = what
    return Ban(weekly_spans(hours, days), tuple(allowed))


def forbidden(what: Written, at: datetime) -> bool:
    """Straight from the words: some day it is written for, some span of that day, no permit."""
    hours, days, allowed = what
    local = at.astimezone(CHINA)
    for back in (0, 1, 2):
        midnight = (local - timedelta(days=back)).replace(hour=0, minute=0, second=0, microsecond=0)
        minutes = (local - midnight) / MINUTE
        if midnight.weekday() in days and any(
            start <= minutes < end for start, end in hours or [(0, DAY_MIN)]
        ):
            return not any(p.begins_at <= at < p.ends_at for p in allowed)
    return False


def oracle(what: Written, at: datetime) -> datetime | None:
    """Walk back to the first moment that is still forbidden; three weeks without one is ever."""
    if not forbidden(what, at):
        return None
    begin = at
    while forbidden(what, begin - STEP_MIN * MINUTE):
        begin -= STEP_MIN * MINUTE
        if at - begin > timedelta(days=21):
            return EVER
    return begin


@settings(deadline=None, derandomize=True, max_examples=200)
@given(written, moments)
def test_a_ban_began_where_the_oracle_finds_it(what: Written, at: datetime) -> None:
    assert made(what).began(at) == oracle(what, at)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(written, moments, st.integers(0, STEP_MIN * 60 - 1))
def test_between_two_steps_nothing_changes(what: Written, at: datetime, second: int) -> None:
    within = at + timedelta(seconds=second)
    assert made(what).began(within) == made(what).began(at)
    assert made(what).began(within.astimezone(UTC)) == made(what).began(at)


def test_a_ban_without_hours_days_and_permits_always_held() -> None:
    assert weekly_spans((), range(7)) == Ban().weekly
    assert Ban().began(MONDAY) == EVER


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    ban = Ban(weekly_spans([(22 * 60, 30 * 60)], [6]))
    assert ban.began(MONDAY - 3 * 60 * MINUTE) is None
    assert ban.began(MONDAY + 5 * 60 * MINUTE) == MONDAY - 120 * MINUTE
    assert ban.began(MONDAY + 6 * 60 * MINUTE) is None
    assert ban.began(MONDAY + 23 * 60 * MINUTE) is None


def test_the_bans_do_hold_pause_cross_weeks_and_end_permits() -> None:
    quick = settings(deadline=None, max_examples=2000, phases=[Phase.generate])

    def crosses_the_week(case: tuple[Written, datetime]) -> bool:
        began = oracle(*case)
        return began not in {None, EVER} and began.astimezone(CHINA).weekday() > case[1].weekday()

    def begins_with_a_permits_end(case: tuple[Written, datetime]) -> bool:
        began = oracle(*case)
        return began is not None and any(p.ends_at == began for p in case[0][2])

    cases = st.tuples(written, moments)
    assert find(cases, crosses_the_week, settings=quick)
    assert find(cases, begins_with_a_permits_end, settings=quick)
    assert find(cases, lambda case: oracle(*case) is None, settings=quick)
