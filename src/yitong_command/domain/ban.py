"""When the ban of a zone holds: hours and days of the week, minus permits. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from yitong_command.domain.clock import CHINA

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MIN = 24 * 60
WEEK_MIN = 7 * DAY_MIN
EVER = datetime(1, 1, 1, tzinfo=UTC)
"""Begin of a ban that always holds."""
_HOURS = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")

Span = tuple[int, int]
"""Minutes, the second one left out; it is larger than the first and may lie past the week's end."""


@dataclass(frozen=True, slots=True)
class Permit:
    """A time in which standing is allowed.

    Attributes:
        begins_at: First moment, aware.
        ends_at: First moment that is forbidden again, aware.
        note: For whom or why, as the operator wrote it.
    """

    begins_at: datetime
    ends_at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Ban:
    """When standing is forbidden; by default always.

    Attributes:
        weekly: Minutes of the week (Monday 00:00 in China is 0) in which it is, merged by
            :func:`weekly_spans`.
        permits: When it is allowed nevertheless.
    """

    weekly: tuple[Span, ...] = ((0, WEEK_MIN),)
    permits: tuple[Permit, ...] = ()

    def began(self, at: datetime) -> datetime | None:
        """When the ban that holds at a moment began; None if none holds.

        A ban that never pauses began at ``EVER``. The end of a permit begins a ban anew.

        Args:
            at: Any moment, aware.
        """
        if self.permit_at(at) is not None:
            return None
        begin = self._weekly_began(at)
        if begin is None:
            return None
        ends = [permit.ends_at for permit in self.permits if permit.ends_at <= at]
        return max([begin, *ends])

    def permit_at(self, at: datetime) -> Permit | None:
        """A permit that is in force at a moment, or None."""
        return next((p for p in self.permits if p.begins_at <= at < p.ends_at), None)

    def _weekly_began(self, at: datetime) -> datetime | None:
        if self.weekly == ((0, WEEK_MIN),):
            return EVER
        local = at.astimezone(CHINA)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        monday = midnight - timedelta(days=local.weekday())
        for start, end in self.weekly:
            for week in (0, -WEEK_MIN):  # a span that began last week may reach into this one
                begin = monday + timedelta(minutes=start + week)
                if begin <= local < begin + timedelta(minutes=end - start):
                    return begin.astimezone(UTC)
        return None


def read_hours(text: str) -> Span:
    """Minutes of the day of ``07:00-09:30``; ``22:00-06:00`` ends on the next day.

    Raises:
        ValueError: If it is not two times of a day, or lasts no time at all.
    """
    found = _HOURS.fullmatch(text)
    if found is None:
        raise ValueError(f"不是时段 / not a time span HH:MM-HH:MM: {text!r}")
    start, end = (int(found[i]) * 60 + int(found[i + 1]) for i in (1, 3))
    if start == end or start >= DAY_MIN or end > DAY_MIN:
        raise ValueError(f"时段起止无效 / begin and end make no time span: {text!r}")
    return start, end if end > start else end + DAY_MIN


def weekly_spans(hours: Iterable[Span], days: Collection[int]) -> tuple[Span, ...]:
    """Minutes of the week in which a ban holds, in order, neighbours merged around the week's end.

    A span that crosses midnight belongs to the day on which it begins.

    Args:
        hours: Of a day, see :func:`read_hours`; none means all day.
        days: Days of the week, Monday is 0.
    """
    spans = tuple(hours) or ((0, DAY_MIN),)
    held = {
        minute % WEEK_MIN
        for day in days
        for start, end in spans
        for minute in range(day * DAY_MIN + start, day * DAY_MIN + end)
    }
    begins = sorted(minute for minute in held if (minute - 1) % WEEK_MIN not in held)
    if held and not begins:
        return ((0, WEEK_MIN),)
    return tuple((begin, _end_of(begin, held)) for begin in begins)


def _end_of(begin: int, held: Collection[int]) -> int:
    end = begin
    while end % WEEK_MIN in held:
        end += 1
    return end
