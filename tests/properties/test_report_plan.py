"""Reports: whatever order they come in and however often, one number is one fact."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.kit import AT, county
from yitong_command.domain.geometry import Place
from yitong_command.domain.report import Report, ReportKind, report_id
from yitong_command.routing.reports import (
    Outcome,
    ReportStep,
    Thread,
    normalise,
    plan_reports,
    report_refusal,
)

MERGING = county().taxonomy.merging
OPENS = {Outcome.CASED, Outcome.MERGED}


@st.composite
def reports(draw: st.DrawFn) -> Report:
    number, sequence = f"GD-{draw(st.integers(0, 3))}", draw(st.integers(0, 3))
    kind = draw(st.sampled_from(["new", "update", "update", "withdrawn"]))
    category = draw(st.sampled_from(["ar_manhole.missing_shifted", None]))
    place = Place(125.30 + draw(st.integers(0, 2)) * 0.001, 43.34)
    received = AT + timedelta(minutes=5)
    report = Report(
        report_id("hotline", number, sequence), ReportKind(kind), "hotline", number, sequence,
        "hotline_12345", category, "井盖", "", place, "", AT, received,
        subject=draw(st.sampled_from([None, "component:7"])),
    )  # fmt: skip
    return normalise(report)


streams = st.lists(reports(), min_size=1, max_size=20)


def whole(stream: list[Report]) -> tuple[ReportStep, ...]:
    return plan_reports(stream, {}, (), MERGING)


@given(streams)
def test_a_report_that_came_before_changes_nothing(stream: list[Report]) -> None:
    steps = whole(stream)
    again = whole([*stream, *stream])
    assert again[: len(steps)] == steps
    assert {step.outcome for step in again[len(steps) :]} == {Outcome.DUPLICATE}


@given(streams)
def test_one_number_opens_once_and_stays_with_its_case(stream: list[Report]) -> None:
    opened: dict[str, str | None] = {}
    for step in whole(stream):
        thread = step.report.thread
        if step.outcome in OPENS:
            assert thread not in opened
            opened[thread] = step.case_id
        elif step.outcome is not Outcome.WITHDRAWN_FIRST:
            assert step.case_id == opened.get(thread)


@given(streams)
def test_nothing_opens_after_a_newer_withdrawal_unless_newer_still(stream: list[Report]) -> None:
    withdrawn: dict[str, int] = defaultdict(lambda: -1)
    for step in whole(stream):
        report = step.report
        if step.outcome in OPENS:
            assert report.sequence >= withdrawn[report.thread]
        if report.kind is ReportKind.WITHDRAWN:
            newest = max(withdrawn[report.thread], report.sequence)
            withdrawn[report.thread] = newest


@given(streams, st.integers(0, 20))
def test_where_the_stream_is_cut_does_not_matter(stream: list[Report], cut: int) -> None:
    steps = whole(stream)
    first = plan_reports(stream[:cut], {}, (), MERGING)
    opened = sum(step.outcome is Outcome.CASED for step in first)
    cases = {
        match.case.case_id: match.case
        for step in first if step.decision for match in step.decision.matches
    }  # fmt: skip
    second = plan_reports(stream[cut:], _threads(first), cases.values(), MERGING, opened)
    mine, theirs = [*first, *second], list(steps)
    assert [step.outcome in OPENS for step in mine] == [step.outcome in OPENS for step in theirs]
    assert [step.outcome is Outcome.DUPLICATE for step in mine] == [
        step.outcome is Outcome.DUPLICATE for step in theirs
    ]


def test_words_and_pictures_about_people_are_refused() -> None:
    base = normalise(
        Report(
            report_id("x", "1", 0), ReportKind.NEW, "x", "1", 0, "worker",
            "kp_elder_alone.visit_overdue", "", "", None, "", AT, AT,
        )
    )  # fmt: skip
    taxonomy = county().taxonomy
    assert report_refusal(base, taxonomy) is None
    for change in ({"text": "某某住在三楼"}, {"address": "示例路1号"}, {"source": "camera_ai"}):
        values = {name: getattr(base, name) for name in base.__slots__} | change
        assert report_refusal(Report(**values), taxonomy)


def test_the_streams_hold_every_outcome() -> None:
    """Otherwise these properties would say little."""
    seen: set[Outcome] = set()

    @given(streams)
    def gather(stream: list[Report]) -> None:
        seen.update(step.outcome for step in whole([*stream, *stream[:1]]))

    gather()
    assert seen == set(Outcome)


def _threads(steps: tuple[ReportStep, ...]) -> dict[str, Thread]:
    threads: dict[str, Thread] = {}
    for step in steps:
        report = step.report
        old = threads.get(report.thread, Thread(None, -1, False, frozenset()))
        newest = report.sequence >= old.sequence
        withdrawn = report.kind is ReportKind.WITHDRAWN if newest else old.withdrawn
        taken = old.taken | {str(report.report_id)}
        highest = max(old.sequence, report.sequence)
        threads[report.thread] = Thread(step.case_id or old.case_id, highest, withdrawn, taken)
    return threads
