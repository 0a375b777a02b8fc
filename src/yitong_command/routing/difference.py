"""What differs between the cases as they were and as they would have been. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from yitong_command.domain.incident import Incident
from yitong_command.domain.precision import Verdict
from yitong_command.routing.what_if import WouldBe

What = Literal["gone", "added", "later", "joined", "split", "rerouted", "overdue", "in_time"]
Told = Mapping[str, Incident]
"""Openings by incident id."""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that would differ.

    Attributes:
        what: In one word: an alert gone or added, told later (or earlier), cases joined or split,
            another person sent, a limit missed or kept.
        incident_id: The incident, or the first one of the case.
        kind: Its kind.
        category: Category and subtype with a dot.
        subject: What it is about.
        at: When it was, or would be, told.
        before: As it was, in words.
        after: As it would be, in words.
        label: What an operator said of it: true, false, uncounted, or "" if nobody did.
    """

    what: What
    incident_id: str
    kind: str
    category: str
    subject: str
    at: datetime
    before: str
    after: str
    label: str


@dataclass(frozen=True, slots=True)
class Sums:
    """One side in numbers: incidents told, cases (as many alerts), and what was overdue."""

    incidents: int
    cases: int
    asked: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that would differ.

    Attributes:
        before: As it was.
        after: As it would be.
        missed_real: Alerts gone that an operator had confirmed.
        spared_false: Alerts gone that an operator had called false.
        gone_unknown: Alerts gone that nobody judged.
        by_kind: Incidents by kind, before and after.
        rows: Every single thing.
    """

    before: Sums
    after: Sums
    missed_real: int
    spared_false: int
    gone_unknown: int
    by_kind: tuple[tuple[str, int, int], ...]
    rows: tuple[Row, ...]


def differ(
    told: tuple[Told, Told],
    cases: tuple[Sequence[WouldBe], Sequence[WouldBe]],
    labels: Mapping[str, str],
) -> Difference:
    """Compare two sides, each the older one first.

    Args:
        told: Openings of either side.
        cases: Cases of either side.
        labels: Operators' verdicts by incident id.
    """
    before, after = told
    rows = _told_rows(before, after, labels) + _case_rows(told, cases, labels)
    gone = Counter(row.label for row in rows if row.what == "gone")
    kinds = [Counter(item.kind.value for item in side.values()) for side in told]
    return Difference(
        _sums(before, cases[0]), _sums(after, cases[1]),
        gone[Verdict.TRUE.value], gone[Verdict.FALSE.value],
        gone[""] + gone[Verdict.UNCOUNTED.value],
        tuple((kind, kinds[0][kind], kinds[1][kind]) for kind in sorted({*kinds[0], *kinds[1]})),
        tuple(sorted(rows, key=lambda row: (row.at, row.incident_id, row.what))),
    )  # fmt: skip


def _sums(told: Told, cases: Sequence[WouldBe]) -> Sums:
    return Sums(
        len(told), len(cases), sum(case.asked for case in cases),
        sum(case.overdue for case in cases),
    )  # fmt: skip


def _told_rows(before: Told, after: Told, labels: Mapping[str, str]) -> list[Row]:
    rows = [
        _row("gone", item, "✓", "—", labels) for name, item in before.items() if name not in after
    ]
    rows += [
        _row("added", item, "—", "✓", labels) for name, item in after.items() if name not in before
    ]
    for name in before.keys() & after.keys():
        was, now = before[name], after[name]
        if was.changed_at != now.changed_at:
            rows.append(_row("later", now, _time(was.changed_at), _time(now.changed_at), labels))
    return rows


def _case_rows(
    told: tuple[Told, Told],
    cases: tuple[Sequence[WouldBe], Sequence[WouldBe]],
    labels: Mapping[str, str],
) -> list[Row]:
    """What differs of cases for incidents that both sides have."""
    was, now = ({name: case for case in side for name in case.incidents} for side in cases)
    rows: list[Row] = []
    for name in sorted(was.keys() & now.keys()):
        old, new, item = was[name], now[name], told[1][name]
        first_was, first_now = old.incidents[0] == name, new.incidents[0] == name
        if first_was and not first_now:
            rows.append(_row("joined", item, "—", new.subject, labels))
        elif first_now and not first_was:
            rows.append(_row("split", item, old.subject, "—", labels))
        elif first_was and first_now:
            rows += _same_case(item, old, new, labels)
    return rows


def _same_case(item: Incident, old: WouldBe, new: WouldBe, labels: Mapping[str, str]) -> list[Row]:
    rows = []
    if old.sent != new.sent:
        rows.append(_row("rerouted", item, old.sent or "?", new.sent or "?", labels))
    if old.overdue != new.overdue:
        what: What = "overdue" if new.overdue else "in_time"
        rows.append(_row(what, item, _time(old.due_at), _time(new.due_at), labels))
    return rows


def _row(what: What, item: Incident, before: str, after: str, labels: Mapping[str, str]) -> Row:
    name = str(item.incident_id)
    return Row(
        what, name, item.kind.value, item.category, item.subject, item.changed_at, before, after,
        labels.get(name, ""),
    )  # fmt: skip


def _time(at: datetime) -> str:
    return f"{at:%m-%d %H:%M:%S}Z"
