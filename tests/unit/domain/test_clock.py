"""Limits in words and in time, with examples people can check by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tests.kit import county
from yitong_command.domain.clock import CHINA, WorkCalendar, deadline, due_at, parse_limit

CALENDAR = county().calendar


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("limit", "start", "due"),
    [
        ("30m", "2026-11-22 23:50", "2026-11-23 00:20"),
        ("2uh", "2026-11-21 23:00", "2026-11-22 01:00"),
        ("3nd", "2026-09-30 09:00", "2026-10-03 09:00"),
        ("2wh", "2026-11-23 09:00", "2026-11-23 11:00"),
        ("4wh", "2026-11-23 11:00", "2026-11-23 17:00"),
        ("4wh", "2026-11-23 08:00", "2026-11-23 12:00"),
        ("2wh", "2026-11-20 17:00", "2026-11-23 09:00"),
        ("2wh", "2026-11-21 10:00", "2026-11-23 10:00"),
        ("1wd", "2026-11-23 10:00", "2026-11-24 10:00"),
        ("1wd", "2026-09-30 15:00", "2026-10-08 15:00"),
        ("1wd", "2026-10-09 15:00", "2026-10-10 15:00"),
        ("1wd", "2026-02-13 15:00", "2026-02-14 15:00"),
        ("1wd", "2026-02-14 15:00", "2026-02-24 15:00"),
    ],
)
def test_examples_of_the_calendar_of_2026(limit: str, start: str, due: str) -> None:
    assert due_at(at(start), parse_limit(limit), CALENDAR) == at(due).astimezone(UTC)


@pytest.mark.parametrize("text", ["", "0m", "2", "h", "2h", "-1wd", "2 wh", "367nd", "1.5uh"])
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="limit"):
        parse_limit(text)


def test_a_naive_start_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        due_at(datetime(2026, 11, 23), parse_limit("1uh"), CALENDAR)  # noqa: DTZ001


def test_the_rule_is_told_in_both_languages() -> None:
    due = deadline(at("2026-11-23 15:40"), parse_limit("2wh"), CALENDAR)
    assert due.rule_zh == (
        "2 个工作时,自派遣 2026-11-23 15:40 起,只计工作日 08:00-12:00、14:00-18:00"
    )
    assert due.rule_en == (
        "2 working hours from dispatch at 2026-11-23 15:40, "
        "counted on work days 08:00-12:00 and 14:00-18:00 only"
    )
    assert (
        "around the clock" in deadline(at("2026-11-23 15:40"), parse_limit("1uh"), CALENDAR).rule_en
    )


def test_a_year_without_a_calendar_is_said() -> None:
    calendar = WorkCalendar(frozenset({2026}), frozenset(), frozenset())
    due = deadline(at("2026-12-31 17:00"), parse_limit("1wd"), calendar)
    assert "2027 年节假日未载入" in due.rule_zh
    assert "no holidays known for 2027" in due.rule_en
    assert not calendar.is_worked(date(2027, 1, 2))


def test_rework_gets_half_the_time_but_an_hour_at_least() -> None:
    assert parse_limit("4wh").for_rework().minutes == 120
    assert parse_limit("4wh").for_rework().working
    assert parse_limit("30m").for_rework().minutes == 60
