"""Stories of one manhole cover."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from yitong_command.domain.geometry import Point
from yitong_command.domain.incident import Change, RuleChange
from yitong_command.domain.observation import CoverLook, Tick, ZoneLook
from yitong_command.rules.manhole_cover import MANHOLE_COVER, configure
from yitong_command.rules.replay import replay

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
COVER = (Point(0.4, 0.4), Point(0.6, 0.4), Point(0.6, 0.6), Point(0.4, 0.6))
CONF = configure(COVER, {"agree_looks": 3, "agree_s": 4})


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def run(states: str, every_s: float = 2.0) -> list[RuleChange]:
    """A story, one letter a look: o ok, b broken, m missing, d displaced, - not judged."""
    words = {"o": "ok", "b": "broken", "m": "missing", "d": "displaced", "-": None}
    looks = [CoverLook(at(n * every_s), words[s], 0.8) for n, s in enumerate(states)]
    return list(replay(MANHOLE_COVER, CONF, looks))


def test_a_missing_cover_opens_when_three_looks_agree_and_began_with_the_first() -> None:
    [change] = run("oooommmmmm")
    assert (change.change, change.state) == (Change.OPENED, "missing")
    assert (change.began_at, change.at) == (at(8), at(12))


@pytest.mark.parametrize("story", ["oooooo", "omomom", "ommommomm", "o-m-m-o", "------", ""])
def test_looks_that_do_not_agree_open_none(story: str) -> None:
    assert run(story) == []


def test_agreement_needs_time_as_well_as_looks() -> None:
    assert run("mmmm", every_s=0.5) == []
    assert len(run("mmmmmmmmmm", every_s=0.5)) == 1


def test_a_car_over_the_cover_changes_nothing() -> None:
    assert [c.change for c in run("mm--m---mmm")] == [Change.OPENED]
    assert [c.change for c in run("mmm-----------")] == [Change.OPENED]


def test_a_displaced_cover_that_goes_missing_stays_one_incident() -> None:
    assert [(c.change, c.state) for c in run("ddddmmmmmmmm")] == [(Change.OPENED, "displaced")]


def test_the_form_told_is_the_one_seen_most() -> None:
    assert run("mmd")[0].state == "missing"
    assert run("mdm")[0].state == "missing"
    assert run("mdd")[0].state == "displaced"


def test_a_cover_put_back_is_cleared_and_a_new_hole_is_a_new_incident() -> None:
    changes = run("mmmmoooommmm")
    assert [(c.change, c.began_at, c.state) for c in changes] == [
        (Change.OPENED, at(0), "missing"),
        (Change.CLEARED, at(0), "missing"),
        (Change.OPENED, at(16), "missing"),
    ]


def test_agreement_starts_anew_after_a_long_blindness() -> None:
    looks = [CoverLook(at(s), "missing", 0.8) for s in (0, 2, 2000, 2002)]
    assert list(replay(MANHOLE_COVER, CONF, looks)) == []


def test_ticks_and_looks_at_other_things_change_nothing() -> None:
    assert list(replay(MANHOLE_COVER, CONF, [Tick(at(1)), ZoneLook(at(2)), Tick(at(3))])) == []


def test_a_count_of_looks_is_checked() -> None:
    with pytest.raises(ValueError, match="agree_looks: must be 2 to 1000 looks, not 1"):
        configure(COVER, {"agree_looks": 1})
