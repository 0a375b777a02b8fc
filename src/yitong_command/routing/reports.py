"""What a report does: normalise, refuse, leave out what is known, put in order, merge. Pure.

All reports of one platform and number are about one fact. A report that came before changes
nothing; one that is older than what is known of its number adds its pictures and changes nothing
else; a withdrawal takes the telling back, also when it overtakes what it withdraws.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from yitong_command.domain.merging import Merging
from yitong_command.domain.report import Report, ReportKind
from yitong_command.domain.taxonomy import CAMERA_SOURCES, Group, Taxonomy
from yitong_command.routing.likeness import Sighting
from yitong_command.routing.merge import Band, Decision, decide
from yitong_command.routing.open_case import Book, OpenCase

UNSORTED = "ex_request.help"
"""Where reports go whose platform names no category: a person chooses."""


class Outcome(StrEnum):
    """What became of a report."""

    CASED = "cased"
    MERGED = "merged"
    NOTED = "noted"
    LATE = "late"
    WITHDRAWN = "withdrawn"
    WITHDRAWN_FIRST = "withdrawn_first"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Thread:
    """What is known of one platform's number.

    Attributes:
        case_id: Its case, or None.
        sequence: The highest that was taken.
        withdrawn: Whether that one withdrew it.
        taken: Ids of its reports that were taken.
    """

    case_id: str | None
    sequence: int
    withdrawn: bool
    taken: frozenset[str]


@dataclass(frozen=True, slots=True)
class ReportStep:
    """What one report does.

    Attributes:
        outcome: What.
        report: Which, normalised.
        case_id: The case; a new one has a placeholder.
        decision: Why it is in this case, or which cases are asked about.
    """

    outcome: Outcome
    report: Report
    case_id: str | None = None
    decision: Decision | None = None


def report_refusal(report: Report, taxonomy: Taxonomy) -> str | None:
    """Why a report is refused, in Chinese then English, or None if it is not.

    Refused are unknown sources and categories, a source that the category does not list, and on a
    key-population category any camera source, picture or word about the person.
    """
    if report.source not in taxonomy.sources:
        return f"没有这个来源 / there is no source {report.source!r}"
    if report.category is None:
        return None
    found = taxonomy.find(report.category)
    if found is None:
        return f"没有这个类别 / there is no category {report.category!r}"
    category, _ = found
    if category.group is Group.KEY_POPULATION and (reason := _about_people(report)):
        return reason
    if report.source not in category.sources:
        return (
            f"类别 {category.code} 不接受来源 {report.source} / "
            f"category {category.code} does not take the source {report.source}"
        )
    return None


def _about_people(report: Report) -> str | None:
    if report.source in CAMERA_SOURCES or report.evidence:
        return "重点人群类别不接受摄像头来源和图片 / a key-population category refuses pictures"
    if report.text or report.address:
        return "重点人群的文字须密封 / words about key population must stay sealed"
    return None


def normalise(report: Report) -> Report:
    """The report with a category: one that names none is a request to be sorted by a person."""
    return report if report.category else replace(report, category=UNSORTED)


def sighting_of_report(report: Report) -> Sighting:
    """A report as merging sees it."""
    return Sighting(
        report.category or UNSORTED,
        report.subject or "",
        report.source,
        report.place,
        report.reported_at,
        report.address or report.title,
    )


def plan_reports(
    reports: Iterable[Report],
    threads: Mapping[str, Thread],
    open_cases: Iterable[OpenCase],
    merging: Merging,
    first_new: int = 0,
) -> tuple[ReportStep, ...]:
    """One step for each report, in order.

    Args:
        reports: A batch, in the order it arrived, normalised and not refused.
        threads: What is known of their numbers, by ``platform/number``.
        open_cases: Every open case that one of them could belong to.
        merging: Rules and errors.
        first_new: Number of the first placeholder.
    """
    going = _Plan(dict(threads), open_cases, merging, first_new)
    return tuple(going.take(report) for report in reports)


class _Plan:
    """What is known while a batch is gone through."""

    def __init__(
        self,
        threads: dict[str, Thread],
        open_cases: Iterable[OpenCase],
        merging: Merging,
        new: int,
    ) -> None:
        self._threads = threads
        self._merging = merging
        self._cases = Book(open_cases, merging)
        self._new = new

    def take(self, report: Report) -> ReportStep:
        thread = self._threads.get(report.thread)
        if thread and str(report.report_id) in thread.taken:
            return ReportStep(Outcome.DUPLICATE, report, thread.case_id)
        step = self._known(report, thread) if thread else self._first(report)
        self._remember(report, thread, step.case_id)
        return step

    def _first(self, report: Report) -> ReportStep:
        if report.kind is ReportKind.WITHDRAWN:
            return ReportStep(Outcome.WITHDRAWN_FIRST, report)
        return self._open(report)

    def _known(self, report: Report, thread: Thread) -> ReportStep:
        late = report.sequence < thread.sequence
        if thread.case_id is None:
            # Only a withdrawal is known: what it withdrew opens nothing, a newer word does.
            if late or report.kind is ReportKind.WITHDRAWN:
                return ReportStep(Outcome.WITHDRAWN_FIRST, report)
            return self._open(report)
        if late:
            return ReportStep(Outcome.LATE, report, thread.case_id)
        if report.kind is ReportKind.WITHDRAWN:
            return ReportStep(Outcome.WITHDRAWN, report, thread.case_id)
        return ReportStep(Outcome.NOTED, report, thread.case_id)

    def _open(self, report: Report) -> ReportStep:
        sighting = sighting_of_report(report)
        decision = decide(sighting, self._cases.near(sighting), self._merging)
        if decision.band is Band.AUTOMATIC:
            case = decision.matches[0].case
            self._cases.keep(case.with_sighting(sighting, report.reported_at))
            return ReportStep(Outcome.MERGED, report, case.case_id, decision)
        case = OpenCase(f"new-{self._new}", (sighting,), report.reported_at)
        self._new += 1
        self._cases.keep(case)
        return ReportStep(Outcome.CASED, report, case.case_id, decision)

    def _remember(self, report: Report, thread: Thread | None, case_id: str | None) -> None:
        newest = thread is None or report.sequence >= thread.sequence
        withdrawn = report.kind is ReportKind.WITHDRAWN
        self._threads[report.thread] = Thread(
            case_id=case_id or (thread.case_id if thread else None),
            sequence=max(report.sequence, thread.sequence if thread else 0),
            withdrawn=withdrawn if newest else bool(thread and thread.withdrawn),
            taken=(thread.taken if thread else frozenset()) | {str(report.report_id)},
        )
