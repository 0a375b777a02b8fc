"""Working days from `calendar-<year>.yaml`, one file a year."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field

from yitong_command.domain.clock import WorkCalendar
from yitong_command.errors import ConfigError
from yitong_command.settings.files import Strict, check, read_yaml


class _Holiday(Strict):
    name_zh: str = Field(min_length=1)
    name_en: str = Field(min_length=1)
    from_day: date = Field(alias="from")
    until: date


class _CalendarFile(Strict):
    year: int = Field(ge=2000, le=2100)
    status: Literal["announced", "statutory_only"]
    holidays: tuple[_Holiday, ...]
    make_up_days: tuple[date, ...]


def load_calendar(folder: Path) -> WorkCalendar:
    """All years in a folder as one calendar.

    Raises:
        ConfigError: Naming file and key: no file at all, a day of another year, a range that ends
            before it begins, a make-up day that is no weekend or a holiday too.
    """
    files = sorted(folder.glob("calendar-*.yaml"))
    if not files:
        raise ConfigError(str(folder / "calendar-*.yaml"), "", "there is no calendar")
    years: set[int] = set()
    holidays: set[date] = set()
    make_up_days: set[date] = set()
    for path in files:
        content = check(_CalendarFile, path, read_yaml(path))
        if path.stem != f"calendar-{content.year}":
            raise ConfigError(str(path), "year", f"{content.year} does not fit the file's name")
        years.add(content.year)
        own = _holidays(path, content)
        holidays |= own
        make_up_days |= _make_up_days(path, content, own)
    return WorkCalendar(frozenset(years), frozenset(holidays), frozenset(make_up_days))


def _holidays(path: Path, content: _CalendarFile) -> set[date]:
    days: set[date] = set()
    for index, item in enumerate(content.holidays):
        key = f"holidays.{index}"
        if item.until < item.from_day:
            raise ConfigError(str(path), f"{key}.until", "it ends before it begins")
        if {item.from_day.year, item.until.year} != {content.year}:
            raise ConfigError(str(path), key, f"not in {content.year}")
        length = (item.until - item.from_day).days + 1
        days |= {item.from_day + timedelta(days=n) for n in range(length)}
    return days


def _make_up_days(path: Path, content: _CalendarFile, holidays: set[date]) -> set[date]:
    for index, day in enumerate(content.make_up_days):
        key = f"make_up_days.{index}"
        if day.year != content.year:
            raise ConfigError(str(path), key, f"{day} is not in {content.year}")
        if day.weekday() < 5:
            raise ConfigError(str(path), key, f"{day} is no Saturday or Sunday")
        if day in holidays:
            raise ConfigError(str(path), key, f"{day} is a holiday too")
    return set(content.make_up_days)
