"""Reports against facts, by hand."""

from __future__ import annotations

import pytest

from yitong_command.domain.geometry import Box
from yitong_command.domain.incident import IncidentKind
from yitong_command.ingest.scene_score import Patience, Report, Score, compare, repeat
from yitong_command.ingest.scene_truth import Fact

PARKING, COVER = IncidentKind.ILLEGAL_PARKING, IncidentKind.MANHOLE_COVER
HERE, THERE = Box(0.1, 0.1, 0.3, 0.3), Box(0.6, 0.6, 0.8, 0.8)
PATIENCE = {PARKING: Patience(8.0, 15.0, 1.0), COVER: Patience(4.0, 7.0, 1.0)}
STOP = Fact(PARKING, "road", 10.0, 60.0, HERE)


def told(at_s: float, zone: str = "road", box: Box | None = HERE) -> Report:
    return Report(PARKING, zone, at_s, box)


def counts(score: Score) -> tuple[int, int, int, int]:
    return len(score.found), len(score.missed), len(score.duplicates), len(score.false)


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        pytest.param([], (0, 1, 0, 0), id="nothing told"),
        pytest.param([told(22)], (1, 0, 0, 0), id="told"),
        pytest.param([told(22), told(40)], (1, 0, 1, 0), id="told twice"),
        pytest.param([told(22), told(40, box=THERE)], (1, 0, 0, 1), id="and another place"),
        pytest.param([told(22, zone="bay")], (0, 1, 0, 1), id="another zone"),
        pytest.param([told(12)], (0, 1, 0, 1), id="before the dwell is over"),
        pytest.param([told(63)], (0, 1, 0, 1), id="after it was over"),
        pytest.param([told(60.5)], (1, 0, 0, 0), id="at its last look"),
        pytest.param([told(22, box=None)], (1, 0, 0, 0), id="without a box"),
        pytest.param([Report(COVER, "road", 22)], (0, 1, 0, 1), id="another kind"),
    ],
)
def test_what_a_report_counts_as(
    reports: list[Report], expected: tuple[int, int, int, int]
) -> None:
    assert counts(compare([STOP], reports, PATIENCE)) == expected


def test_a_stop_between_short_and_long_neither_demands_nor_forbids() -> None:
    brief = Fact(PARKING, "road", 10.0, 22.0, HERE)
    assert counts(compare([brief], [], PATIENCE)) == (0, 0, 0, 0)
    assert counts(compare([brief], [told(21)], PATIENCE)) == (0, 0, 0, 0)
    assert compare([brief], [], PATIENCE).short == 1


def test_a_stop_shorter_than_the_dwell_forbids_a_report() -> None:
    passing = Fact(PARKING, "road", 10.0, 13.0, HERE)
    assert counts(compare([passing], [told(22)], PATIENCE)) == (0, 0, 0, 1)


def test_two_vehicles_are_two_facts() -> None:
    other = Fact(PARKING, "road", 10.0, 60.0, THERE)
    reports = [told(22, box=THERE), told(22)]
    score = compare([STOP, other], reports, PATIENCE)
    assert counts(score) == (2, 0, 0, 0)
    assert dict(score.found) == {STOP: reports[1], other: reports[0]}


def test_a_loop_repeats_facts_until_its_end() -> None:
    again = repeat([STOP], 60.0, 150.0, 0.0)
    assert [(f.begin_s, f.end_s) for f in again] == [(10, 60), (70, 120), (130, 150)]
    assert repeat([STOP], 60.0, 60.0, 0.0) == [STOP]
    assert repeat([STOP], 60.0, 5.0, 0.0) == []


def test_what_holds_over_the_seam_is_one_fact() -> None:
    always = Fact(COVER, "mh0", 0.0, float("inf"))
    assert repeat([always], 10.0, 35.0, 2.0) == [Fact(COVER, "mh0", 0.0, 35.0)]
    missing, displaced = Fact(COVER, "mh0", 5.0, 8.0), Fact(COVER, "mh0", 8.0, 9.0)
    joined = repeat([missing, displaced], 20.0, 40.0, 2.0)
    assert [(f.begin_s, f.end_s) for f in joined] == [(5, 9), (25, 29)]
