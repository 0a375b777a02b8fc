"""The case clock: limits, working hours, holidays. Pure; times are passed in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has had no summer time since 1991, so its zone is a fixed offset."""

WORK_SPANS = ((time(8), time(12)), (time(14), time(18)))
WORK_DAY_MINUTES = 480
_FORM = re.compile(r"([1-9][0-9]*)(m|uh|wh|wd|nd)")
_MINUTES = {"m": 1, "uh": 60, "wh": 60, "wd": WORK_DAY_MINUTES, "nd": 24 * 60}
_WORDS = {
    "m": ("分钟", "minutes", "minute"),
    "uh": ("小时(连续计时)", "hours, around the clock", "hour, around the clock"),
    "wh": ("个工作时", "working hours", "working hour"),
    "wd": ("个工作日", "working days", "working day"),
    "nd": ("个自然日", "calendar days", "calendar day"),
}
MAX_LIMIT_MINUTES = 366 * 24 * 60
MIN_REWORK_MINUTES = 60


@dataclass(frozen=True, slots=True)
class Limit:
    """How long something may take.

    Attributes:
        text: As the taxonomy writes it: ``30m 2uh 4wh 1wd 3nd``.
        minutes: Its length on its own clock.
        working: True if its clock runs in working hours only.
        zh: In Chinese words.
        en: In English words.
    """

    text: str
    minutes: int
    working: bool
    zh: str
    en: str

    def for_rework(self) -> Limit:
        """Half of the limit, but an hour at least, on the same clock."""
        minutes = max(MIN_REWORK_MINUTES, self.minutes // 2)
        return Limit(
            self.text,
            minutes,
            self.working,
            f"返工: {self.zh} 的一半(不少于 1 小时)",
            f"rework: half of {self.en} (an hour at least)",
        )


def parse_limit(text: str) -> Limit:
    """The limit written as ``text``.

    Raises:
        ValueError: If it is not a number with one of m, uh, wh, wd, nd, or longer than a year.

    Example:
        >>> parse_limit("1wd").minutes
        480
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"not a limit: {text!r}; right are for example 30m 2uh 4wh 1wd 3nd")
    amount, unit = int(found[1]), found[2]
    minutes = amount * _MINUTES[unit]
    if minutes > MAX_LIMIT_MINUTES:
        raise ValueError(f"limit {text!r} is longer than a year")
    zh, many, one = _WORDS[unit]
    words = f"{amount} {one if amount == 1 else many}"
    return Limit(text, minutes, unit in {"wh", "wd"}, f"{amount} {zh}", words)


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Which days are worked.

    Attributes:
        years: Years the calendar knows; in others Monday to Friday are worked.
        holidays: Days off that would be worked otherwise.
        make_up_days: Days worked that would be off otherwise.
    """

    years: frozenset[int]
    holidays: frozenset[date]
    make_up_days: frozenset[date]

    def is_worked(self, day: date) -> bool:
        """Whether people work on this day."""
        if day in self.make_up_days:
            return True
        return day.weekday() < 5 and day not in self.holidays


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline with the rule that made it.

    Attributes:
        at: The deadline, aware UTC.
        rule_zh: Why then, in Chinese.
        rule_en: Why then, in English.
    """

    at: datetime
    rule_zh: str
    rule_en: str


def due_at(start: datetime, limit: Limit, calendar: WorkCalendar) -> datetime:
    """When a limit that starts now runs out.

    Args:
        start: Aware time the clock starts.
        limit: How long.
        calendar: Which days are worked.

    Returns:
        Aware UTC. A working clock that starts outside working hours starts at the next working
        minute; it may end exactly at the end of a span (12:00, 18:00).

    Raises:
        ValueError: If ``start`` has no time zone.
    """
    if start.tzinfo is None:
        raise ValueError("the clock needs an aware start")
    if not limit.working:
        return start.astimezone(UTC) + timedelta(minutes=limit.minutes)
    left = timedelta(minutes=limit.minutes)
    local = start.astimezone(CHINA)
    day = local.date()
    while True:
        if calendar.is_worked(day):
            for opens, closes in WORK_SPANS:
                begin = max(local, datetime.combine(day, opens, CHINA))
                span = datetime.combine(day, closes, CHINA) - begin
                if span >= left:
                    return (begin + left).astimezone(UTC)
                left -= max(span, timedelta(0))
        day += timedelta(days=1)


def deadline(start: datetime, limit: Limit, calendar: WorkCalendar) -> Due:
    """The deadline in time and in words.

    Raises:
        ValueError: If ``start`` has no time zone.
    """
    at = due_at(start, limit, calendar)
    begin, end = start.astimezone(CHINA), at.astimezone(CHINA)
    zh = f"{limit.zh},自派遣 {begin:%Y-%m-%d %H:%M} 起"
    en = f"{limit.en} from dispatch at {begin:%Y-%m-%d %H:%M}"
    if limit.working:
        zh += ",只计工作日 08:00-12:00、14:00-18:00"
        en += ", counted on work days 08:00-12:00 and 14:00-18:00 only"
        unknown = sorted({begin.year, end.year} - calendar.years)
        if unknown:
            years = ", ".join(str(year) for year in unknown)
            zh += f"({years} 年节假日未载入,按周一至周五计)"
            en += f" (no holidays known for {years}: Monday to Friday)"
    return Due(at, zh, en)
