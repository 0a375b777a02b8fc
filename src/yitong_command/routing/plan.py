"""From a batch of incidents to what has to be written: pure, so that it can be replayed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from yitong_command.domain.geometry import grid_cell
from yitong_command.domain.incident import Change, Incident
from yitong_command.domain.taxonomy import MergeRule, Taxonomy
from yitong_command.routing.cells import cells_within
from yitong_command.routing.merge import OpenCase, find_case, open_key


class StepKind(StrEnum):
    """What an incident does to the cases."""

    NEW_CASE = "new_case"
    ATTACHED = "attached"
    UPDATED = "updated"
    CLEARED = "cleared"
    CLEARED_FIRST = "cleared_first"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of an incident id.

    Attributes:
        case_id: Its case; None while only the clearing is known.
        cleared: Whether the clearing is known.
    """

    case_id: str | None
    cleared: bool


@dataclass(frozen=True, slots=True)
class Step:
    """What one incident does.

    Attributes:
        kind: What.
        incident: Which.
        case_id: The case; a new one has a placeholder, see :func:`new_case_key`.
        overtaken: True if the clearing of this opened incident is known already.
        reason_zh: Why it was attached, in Chinese.
        reason_en: Why it was attached, in English.
    """

    kind: StepKind
    incident: Incident
    case_id: str | None = None
    overtaken: bool = False
    reason_zh: str = ""
    reason_en: str = ""


def new_case_key(number: int) -> str:
    """Placeholder of the ``number``-th new case of a batch, from 0."""
    return f"new-{number}"


def plan(
    incidents: Iterable[Incident],
    seen: Mapping[str, Seen],
    open_cases: Iterable[OpenCase],
    taxonomy: Taxonomy,
) -> tuple[Step, ...]:
    """One step for each incident, in order.

    Args:
        incidents: A batch, in the order it arrived; each of a category the taxonomy knows.
        seen: What is known of incident ids, by id.
        open_cases: Every open case that one of the incidents could belong to.
        taxonomy: For the merge rules.
    """
    book = _Book(dict(seen), open_cases, taxonomy)
    return tuple(book.take(incident) for incident in incidents)


class _Book:
    """What is known while a batch is gone through."""

    def __init__(
        self, seen: dict[str, Seen], open_cases: Iterable[OpenCase], taxonomy: Taxonomy
    ) -> None:
        self._seen = seen
        self._taxonomy = taxonomy
        self._by_key: dict[str, OpenCase] = {}
        self._by_cell: dict[tuple[str, str], dict[str, OpenCase]] = {}
        self._new = 0
        for case in open_cases:
            self._keep(case)

    def take(self, incident: Incident) -> Step:
        known = self._seen.get(str(incident.incident_id))
        if incident.change is Change.CLEARED:
            return self._clear(incident, known)
        if known is not None and known.case_id is not None:
            on = incident.change is Change.UPDATED and not known.cleared
            return Step(StepKind.UPDATED if on else StepKind.DUPLICATE, incident, known.case_id)
        return self._open(incident, overtaken=known is not None)

    def _clear(self, incident: Incident, known: Seen | None) -> Step:
        if known is not None and known.cleared:
            return Step(StepKind.DUPLICATE, incident, known.case_id)
        case_id = known.case_id if known else None
        self._seen[str(incident.incident_id)] = Seen(case_id, cleared=True)
        if case_id is None:
            return Step(StepKind.CLEARED_FIRST, incident)
        return Step(StepKind.CLEARED, incident, case_id)

    def _open(self, incident: Incident, *, overtaken: bool) -> Step:
        found = self._taxonomy.find(incident.category)
        rule = found[0].merge if found else None
        match = find_case(incident, self._candidates(incident, rule), rule)
        if match is None:
            case, kind, words = self._new_case(incident), StepKind.NEW_CASE, ("", "")
        else:
            latest = max(match.case.last_seen_at, incident.changed_at)
            case, kind = replace(match.case, last_seen_at=latest), StepKind.ATTACHED
            words = (match.reason_zh, match.reason_en)
        self._keep(case)
        self._seen[str(incident.incident_id)] = Seen(case.case_id, cleared=overtaken)
        return Step(kind, incident, case.case_id, overtaken, *words)

    def _candidates(self, incident: Incident, rule: MergeRule | None) -> tuple[OpenCase, ...]:
        own = self._by_key.get(open_key(incident.category, incident.subject))
        if own is not None:
            return (own,)
        if rule is None:
            return ()
        return tuple(
            case
            for cell in cells_within(incident.place, rule.distance_m)
            for case in self._by_cell.get((incident.category, cell), {}).values()
        )

    def _new_case(self, incident: Incident) -> OpenCase:
        case_id = new_case_key(self._new)
        self._new += 1
        return OpenCase(
            case_id, incident.category, incident.subject, incident.place, incident.changed_at
        )

    def _keep(self, case: OpenCase) -> None:
        self._by_key[open_key(case.category, case.subject)] = case
        cell = grid_cell(case.place)
        self._by_cell.setdefault((case.category, cell), {})[case.case_id] = case
