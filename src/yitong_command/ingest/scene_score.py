"""Reported incidents against what truly happened; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from yitong_command.domain.geometry import Box
from yitong_command.domain.incident import IncidentKind
from yitong_command.ingest.scene_truth import Fact

SAME_PLACE_IOU = 0.3
EARLY_S = 2.0
"""A vehicle that rolls to a stop may stand in the eyes of the rule a little before it does."""


@dataclass(frozen=True, slots=True)
class Report:
    """An incident that a rule opened.

    Attributes:
        kind: What it says.
        zone_id: Where.
        opened_s: When it was reported, seconds of scene time.
        box: Where exactly, in [0, 1] of the picture, or None.
        state: Of a cover.
        score: Confidence of the detector in [0, 1].
    """

    kind: IncidentKind
    zone_id: str
    opened_s: float
    box: Box | None = None
    state: str = ""
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a condition must last, in seconds.

    Attributes:
        due_s: From its begin until it should be reported; delays count from there.
        sure_s: One that lasts longer must be reported.
        slack_s: Time between two looks.
    """

    due_s: float
    sure_s: float
    slack_s: float


@dataclass(slots=True)
class Score:
    """What the reports came to.

    Attributes:
        found: Facts with their reports.
        missed: Facts that lasted long enough and were not reported.
        duplicates: Further reports of a fact.
        false: Reports of nothing.
        short: Facts too short to demand a report and too long to forbid one.
    """

    found: list[tuple[Fact, Report]] = field(default_factory=list)
    missed: list[Fact] = field(default_factory=list)
    duplicates: list[Report] = field(default_factory=list)
    false: list[Report] = field(default_factory=list)
    short: int = 0


def repeat(facts: Sequence[Fact], length_s: float, until_s: float, seam_s: float) -> list[Fact]:
    """The facts of a clip that is played over and over.

    Args:
        facts: Of one pass.
        length_s: Of one pass.
        until_s: When playing stops.
        seam_s: A condition that holds again within this time of its end never ended.
    """
    played: list[Fact] = []
    start_s = 0.0
    while start_s < until_s:
        for fact in facts:
            begin_s = start_s + fact.begin_s
            end_s = min(start_s + min(fact.end_s, length_s), until_s)
            if begin_s < end_s:
                played.append(replace(fact, begin_s=begin_s, end_s=end_s))
        start_s += length_s
    joined: list[Fact] = []
    for fact in played:
        before = next((i for i, other in enumerate(joined) if _goes_on(other, fact, seam_s)), None)
        if before is None:
            joined.append(fact)
        else:
            end_s = max(joined[before].end_s, fact.end_s)
            joined[before] = replace(joined[before], end_s=end_s)
    return joined


def compare(
    facts: Sequence[Fact], reports: Iterable[Report], patience: dict[IncidentKind, Patience]
) -> Score:
    """Which reports are right.

    A report is right if it tells of a fact, where it is, while it holds, and not before it has
    held for ``due_s``; the first such report counts, others are duplicates.

    Args:
        facts: What truly happened.
        reports: In order of time.
        patience: By kind.
    """
    score = Score()
    owners: dict[int, Report] = {}
    for report in reports:
        fits = [n for n, fact in enumerate(facts) if _tells(report, fact, patience[fact.kind])]
        fresh = [n for n in fits if n not in owners]
        if fresh:
            owners[fresh[0]] = report
        elif fits:
            score.duplicates.append(report)
        else:
            score.false.append(report)
    for number, fact in enumerate(facts):
        sure = fact.end_s - fact.begin_s >= patience[fact.kind].sure_s
        if not sure:
            score.short += 1
        elif number in owners:
            score.found.append((fact, owners[number]))
        else:
            score.missed.append(fact)
    return score


def _tells(report: Report, fact: Fact, patience: Patience) -> bool:
    return (
        (report.kind, report.zone_id) == (fact.kind, fact.zone_id)
        and report.opened_s >= fact.begin_s + patience.due_s - patience.slack_s - EARLY_S
        and report.opened_s <= fact.end_s + patience.slack_s
        and (fact.box is None or report.box is None or report.box.iou(fact.box) >= SAME_PLACE_IOU)
    )


def _goes_on(before: Fact, after: Fact, seam_s: float) -> bool:
    return (before.kind, before.zone_id, before.box) == (
        after.kind, after.zone_id, after.box
    ) and 0 <= after.begin_s - before.end_s <= seam_s  # fmt: skip
