"""Shifts, leave, swaps, and levels of areas."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from yitong_command.domain.area import Area, Level, within
from yitong_command.domain.clock import CHINA
from yitong_command.domain.roster import Duty, Leave, Roster, Shift, Swap
from yitong_command.domain.running import Span

GRID = "22032390100101"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """November 2026; the 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("moment", "on"),
    [
        (at(23, 19, 59), False), (at(23, 20), True), (at(24, 3), True), (at(24, 7, 59), True),
        (at(24, 8), False), (at(24, 21), False), (at(23, 3), False),
    ],
)  # fmt: skip
def test_a_night_shift_belongs_to_the_day_it_begins(moment: datetime, on: bool) -> None:
    monday_night = Shift(time(20), time(8), frozenset({0}))
    assert monday_night.holds(moment) is on


def test_who_is_away_is_not_on_duty_and_a_stand_in_is() -> None:
    day = Span(at(23, 0), at(24, 0))
    duty = Duty("anna", "A", "grid_worker", frozenset({GRID}))
    roster = Roster((duty,), (Leave("anna", day),))
    assert roster.people("grid_worker", GRID, at(23, 9)) == ()
    assert [p.username for p in roster.people("grid_worker", GRID, at(24, 9))] == ["anna"]
    swapped = Roster((duty,), (Leave("anna", day),), (Swap("anna", "ben", day),))
    (found,) = swapped.people("grid_worker", GRID, at(23, 9))
    assert (found.username, found.stands_in_for) == ("ben", "anna")
    ill = Roster((duty,), (Leave("anna", day), Leave("ben", day)), swapped.swaps)
    assert ill.people("grid_worker", GRID, at(23, 9)) == ()


def test_a_line_for_a_bigger_area_covers_the_smaller_ones_in_it() -> None:
    village = Duty("anna", "A", "grid_worker", frozenset({GRID[:12], GRID[:9]}))
    assert village.level(GRID) == Level.VILLAGE
    assert village.level("22032390200101") is None
    assert Duty("ben", "A", "grid_worker").level(GRID) == 0
    assert Area(GRID, "", "").parent == GRID[:12]
    assert Area("220323", "", "").parent is None
    assert within(GRID, ["220323"])
