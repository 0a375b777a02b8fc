"""Silent sensors of a demo run against the ground truth."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from yitong_command.demo.report import Silence, Verdict, compare_silence

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
DUE = timedelta(seconds=30)
LASTING = Silence("manhole-002", AT, None)


def test_a_silence_that_is_told_is_found() -> None:
    verdict = compare_silence([LASTING], {"manhole-002"}, AT + DUE, DUE)
    assert (verdict.found, verdict.missed, verdict.false) == ([LASTING], [], [])


def test_a_due_silence_that_nobody_tells_is_missed_and_spoils_the_run() -> None:
    young = compare_silence([LASTING], set(), AT + DUE / 2, DUE)
    assert young.missed == []
    due = compare_silence([LASTING], set(), AT + DUE, DUE)
    assert due.missed == [LASTING]
    assert not Verdict(silence=due).perfect


def test_a_sensor_told_silent_that_is_not_is_false_but_not_just_after_it_spoke() -> None:
    over = Silence("a-1", AT, AT + timedelta(seconds=40))
    assert compare_silence([over], {"a-1"}, AT + timedelta(seconds=50), DUE).false == []
    assert compare_silence([over], {"a-1"}, AT + timedelta(seconds=90), DUE).false == ["a-1"]
    assert compare_silence([], {"b-1"}, AT, DUE).false == ["b-1"]
