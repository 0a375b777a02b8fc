"""From a batch of incidents to what has to be written: pure, so that it can be replayed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from yitong_command.domain.incident import Change, Incident
from yitong_command.domain.taxonomy import Taxonomy
from yitong_command.routing.likeness import Sighting
from yitong_command.routing.merge import Band, Decision, decide
from yitong_command.routing.open_case import Book, OpenCase


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
        decision: Why it was attached, or which cases are asked about; None for what follows
            from an earlier message of the same incident.
    """

    kind: StepKind
    incident: Incident
    case_id: str | None = None
    overtaken: bool = False
    decision: Decision | None = None


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
    going = _Plan(dict(seen), open_cases, taxonomy)
    return tuple(going.take(incident) for incident in incidents)


class _Plan:
    """What is known while a batch is gone through."""

    def __init__(
        self, seen: dict[str, Seen], open_cases: Iterable[OpenCase], taxonomy: Taxonomy
    ) -> None:
        self._seen = seen
        self._merging = taxonomy.merging
        self._cases = Book(open_cases, taxonomy.merging)
        self._new = 0

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
        sighting = sighting_of(incident)
        decision = decide(sighting, self._cases.near(sighting), self._merging)
        if decision.band is Band.AUTOMATIC:
            case, kind = decision.matches[0].case, StepKind.ATTACHED
            self._cases.keep(case.with_sighting(sighting, incident.changed_at))
        else:
            case = OpenCase(new_case_key(self._new), (sighting,), incident.changed_at)
            kind, self._new = StepKind.NEW_CASE, self._new + 1
            self._cases.keep(case)
        self._seen[str(incident.incident_id)] = Seen(case.case_id, cleared=overtaken)
        return Step(kind, incident, case.case_id, overtaken, decision)


def sighting_of(incident: Incident) -> Sighting:
    """An incident as merging sees it."""
    return Sighting(
        incident.category, incident.subject, incident.source, incident.place, incident.began_at
    )
