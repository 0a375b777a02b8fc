"""When a clock runs: working hours, emergencies, pauses. Pure and exact.

A limit is used up little by little: every second in which its clock runs uses one share of it. In
normal times that share is one over the limit, and the clock runs as the limit says (around the
clock, or in working hours). In an emergency it is one over the emergency limit, around the clock.
In a pause nothing is used. So a case that lives through any number of switches and pauses keeps
what it has used, and every deadline is the moment a given share is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

from yitong_command.domain.clock import CHINA, WORK_SPANS, Limit, WorkCalendar

_MICRO = timedelta(microseconds=1)
_DAY = timedelta(days=1)
_FOREVER = datetime(9000, 1, 1, tzinfo=UTC)
_EDGES = (time(0), *(edge for span in WORK_SPANS for edge in span))
HORIZON_DAYS = 12 * 366
"""Longer no limit takes: a year of working time, used twice over, is nine years."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, from its first moment to just before its end.

    Attributes:
        begin: First moment.
        end: First moment after it, or None while it lasts.
    """

    begin: datetime
    end: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether the moment lies in it."""
        return self.begin <= at and (self.end is None or at < self.end)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What bears on a case's clock besides the calendar.

    Attributes:
        emergencies: When an emergency held for the case.
        pauses: When its clock stood still, lawfully.
    """

    emergencies: tuple[Span, ...] = ()
    pauses: tuple[Span, ...] = ()


NONE = Conditions()


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a limit is used.

    Attributes:
        limit: The limit in normal times.
        emergency_minutes: Length in an emergency, around the clock; None as in normal times.
    """

    limit: Limit
    emergency_minutes: Fraction | None = None

    @property
    def normal_s(self) -> Fraction:
        """Seconds that use it up in normal times."""
        return Fraction(self.limit.minutes * 60)

    @property
    def emergency_s(self) -> Fraction:
        """Seconds that use it up in an emergency."""
        minutes = self.emergency_minutes
        return self.normal_s if minutes is None else Fraction(minutes) * 60


def reach(
    start: datetime,
    pace: Pace,
    calendar: WorkCalendar,
    conditions: Conditions = NONE,
    share: Fraction = Fraction(1),
) -> datetime | None:
    """The moment a share of a limit is used.

    Args:
        start: Aware time the clock starts.
        pace: The limit.
        calendar: Which days are worked.
        conditions: Emergencies and pauses.
        share: Which share; 1 is the deadline itself, 1.5 is half a limit later.

    Returns:
        Aware UTC, rounded up to the microsecond; None while a pause without an end comes first.

    Raises:
        ValueError: If ``start`` has no time zone.
    """
    if start.tzinfo is None:
        raise ValueError("the clock needs an aware start")
    left = share
    for begin, end, needed in _pieces(start, pace, calendar, conditions):
        if needed is None:
            continue
        wanted = left * needed
        length = _seconds(end - begin)
        if length >= wanted:
            return (begin + _ceil(wanted)).astimezone(UTC)
        left -= length / needed
    return None


def used(
    start: datetime,
    at: datetime,
    pace: Pace,
    calendar: WorkCalendar,
    conditions: Conditions = NONE,
) -> Fraction:
    """Share of a limit used between two moments; may pass 1."""
    share = Fraction(0)
    for begin, end, needed in _pieces(start, pace, calendar, conditions):
        if begin >= at:
            break
        if needed is not None:
            share += _seconds(min(end, at) - begin) / needed
    return share


def _pieces(
    start: datetime, pace: Pace, calendar: WorkCalendar, conditions: Conditions
) -> Iterator[tuple[datetime, datetime, Fraction | None]]:
    """Stretches in which nothing changes, with the seconds that use the limit up, or None."""
    pauses, emergencies = conditions.pauses, conditions.emergencies
    for begin, end in _edges(start, pace.limit.working, (*pauses, *emergencies)):
        if any(span.end is None and span.begin <= begin for span in pauses):
            return
        if _within(pauses, begin):
            yield begin, end, None
        elif _within(emergencies, begin):
            yield begin, end, pace.emergency_s
        elif pace.limit.working and not _works(begin, calendar):
            yield begin, end, None
        else:
            yield begin, end, pace.normal_s


def _edges(
    start: datetime, working: bool, spans: tuple[Span, ...]
) -> Iterator[tuple[datetime, datetime]]:
    marks = sorted({moment for span in spans for moment in _marks(span) if moment > start})
    if not working:
        moments = [start, *marks, _FOREVER]
        yield from zip(moments, moments[1:], strict=False)
        return
    last, passed = start, 0
    for edge in _work_edges(start.astimezone(CHINA).date()):
        if edge <= last:
            continue
        while passed < len(marks) and marks[passed] < edge:
            if marks[passed] > last:
                yield last, marks[passed]
                last = marks[passed]
            passed += 1
        yield last, edge
        last = edge


def _work_edges(first: date) -> Iterable[datetime]:
    for number in range(HORIZON_DAYS):
        day = first + number * _DAY
        for edge in _EDGES:
            yield datetime.combine(day, edge, CHINA)


def _marks(span: Span) -> Iterable[datetime]:
    yield span.begin
    if span.end is not None:
        yield span.end


def _within(spans: tuple[Span, ...], at: datetime) -> bool:
    return any(span.holds(at) for span in spans)


def _works(at: datetime, calendar: WorkCalendar) -> bool:
    local = at.astimezone(CHINA)
    hour = local.time()
    return any(o <= hour < c for o, c in WORK_SPANS) and calendar.is_worked(local.date())


def _seconds(length: timedelta) -> Fraction:
    return Fraction(length // _MICRO, 1_000_000)


def _ceil(seconds: Fraction) -> timedelta:
    micros = seconds * 1_000_000
    return timedelta(microseconds=-(-micros.numerator // micros.denominator))
