"""Holding a run against the ground truth."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from yitong_command.demo.report import Fact, Found, compare, to_json

T0 = datetime(2026, 1, 1, tzinfo=UTC)
DUE = {"illegal_parking": timedelta(seconds=25), "manhole_cover": timedelta(seconds=45)}


def _fact(at_s: float, ended_s: float | None = None, camera: str = "cam-001") -> Fact:
    ended = None if ended_s is None else T0 + timedelta(seconds=ended_s)
    began = T0 + timedelta(seconds=at_s)
    return Fact(f"f{at_s}-{camera}", "illegal_parking", camera, "main", began, ended)


def _found(at_s: float, case: str = "c1", camera: str = "cam-001") -> Found:
    began = T0 + timedelta(seconds=at_s)
    return Found(f"i{at_s}-{case}", case, "illegal_parking", camera, "main", began)


def _until(s: float) -> datetime:
    return T0 + timedelta(seconds=s)


def test_one_fact_found_once_is_perfect() -> None:
    assert compare([_fact(10, 40)], [_found(11)], _until(90), DUE).perfect


def test_nothing_found_and_nothing_due_is_not_a_success() -> None:
    verdict = compare([_fact(80)], [], _until(90), DUE)
    assert not verdict.perfect
    assert len(verdict.pending) == 1


def test_a_due_fact_without_a_case_is_missed() -> None:
    assert len(compare([_fact(10, 40)], [], _until(90), DUE).missed) == 1


def test_a_stop_too_short_for_the_rule_is_neither_missed_nor_pending() -> None:
    verdict = compare([_fact(10, 15)], [], _until(90), DUE)
    assert (verdict.missed, verdict.pending) == ([], [])


def test_an_incident_without_a_fact_is_false() -> None:
    assert len(compare([_fact(10, 40)], [_found(11), _found(70)], _until(90), DUE).false) == 1


def test_an_incident_on_another_camera_is_false() -> None:
    assert len(compare([_fact(10, 40)], [_found(11, camera="cam-003")], _until(90), DUE).false) == 1


def test_two_cases_for_one_fact_are_duplicated() -> None:
    found = [_found(11, "c1"), _found(12, "c2")]
    verdict = compare([_fact(10, 40)], found, _until(90), DUE)
    assert len(verdict.duplicated) == 1
    assert not verdict.perfect


def test_the_report_counts_what_the_verdict_lists() -> None:
    verdict = compare([_fact(10, 40), _fact(20, 60, "cam-002")], [_found(11)], _until(90), DUE)
    report = to_json(verdict, first_alert_s=20.123, alerts=1, cases=1, tasks=1, run_s=90)
    assert (report["missed"], report["false"], report["duplicated"], report["ok"]) == (
        1,
        0,
        0,
        False,
    )
    assert report["incidents"][0]["ground_truth"]["fact_id"] == "f10-cam-001"


@given(
    st.lists(st.integers(0, 20), max_size=6, unique=True),
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3)), max_size=8),
)
def test_every_incident_is_matched_or_false_and_every_fact_has_one_fate(
    facts: list[int], found: list[tuple[int, int]]
) -> None:
    real = [_fact(100 * n, 100 * n + 40) for n in facts]
    seen = [_found(100 * n, f"c{c}") for n, c in found]
    verdict = compare(real, seen, _until(10_000), DUE)
    assert len(verdict.pairs) == len(seen)
    assert {item.began_at for item in verdict.false} == {
        item.began_at for item in seen if item.began_at not in {f.began_at for f in real}
    }
    once = [f for f in real if len({i.case_id for i, g in verdict.pairs if g is f}) == 1]
    assert len(once) + len(verdict.missed) + len(verdict.duplicated) == len(real)
