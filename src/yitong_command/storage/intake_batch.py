"""The rows of a batch of incidents, as they will be once it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from yitong_command.domain.case import FINAL, SYSTEM, State
from yitong_command.domain.county import County
from yitong_command.domain.incident import Incident
from yitong_command.routing.merge import Band
from yitong_command.routing.plan import Step, StepKind, sighting_of
from yitong_command.storage import notices
from yitong_command.storage.decision_rows import decision_rows
from yitong_command.storage.intake_rows import (
    alert_row,
    case_row,
    evidence_rows,
    incident_row,
    late_evidence_rows,
    transition_row,
)
from yitong_command.storage.sightings import sighting_row


@dataclass(slots=True)
class Taken:
    """What a batch did, in incidents."""

    new_cases: int = 0
    attached: int = 0
    updated: int = 0
    cleared: int = 0
    duplicates: int = 0


@dataclass(slots=True)
class Batch:
    """All rows of a batch as they will be."""

    county: County
    at: datetime
    second_looks: frozenset[tuple[str, str]] = frozenset()
    ids: dict[str, str] = field(default_factory=dict)
    cases: dict[str, dict[str, Any]] = field(default_factory=dict)
    alerts: dict[str, dict[str, Any]] = field(default_factory=dict)
    uncleared: dict[str, set[str]] = field(default_factory=dict)
    new_cases: list[dict[str, Any]] = field(default_factory=list)
    new_alerts: list[dict[str, Any]] = field(default_factory=list)
    new_incidents: dict[str, dict[str, Any]] = field(default_factory=dict)
    known_incidents: dict[str, dict[str, Any]] = field(default_factory=dict)
    transitions: list[dict[str, Any]] = field(default_factory=list)
    evidence: list[dict[str, Any]] = field(default_factory=list)
    outbox: list[dict[str, Any]] = field(default_factory=list)
    sightings: list[dict[str, Any]] = field(default_factory=list)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)
    taken: Taken = field(default_factory=Taken)

    def apply(self, step: Step) -> None:
        """Write one step into the rows."""
        if step.kind is StepKind.DUPLICATE:
            self.taken.duplicates += 1
        elif step.kind is StepKind.CLEARED_FIRST:
            self.new_incidents[str(step.incident.incident_id)] = incident_row(
                step.incident, None, self.at
            )
            self.taken.cleared += 1
        elif step.kind is StepKind.UPDATED:
            self._update(step.incident, self._case(step))
        elif step.kind is StepKind.CLEARED:
            self._clear(step.incident, self._case(step))
            self.taken.cleared += 1
        else:
            self._open(step)

    def _case(self, step: Step) -> dict[str, Any]:
        key = step.case_id or ""
        return self.cases[self.ids.get(key, key)]

    def _open(self, step: Step) -> None:
        incident = step.incident
        incident_id = str(incident.incident_id)
        if step.kind is StepKind.NEW_CASE:
            case = self._new_case(incident, self.ids[step.case_id or ""])
        else:
            case = self._case(step)
            self._attach(case, step)
        case_id = case["case_id"]
        self._decided(step, case)
        row = incident_row(incident, case_id, self.at)
        self.evidence += evidence_rows(incident, case_id)
        if step.overtaken:
            self._opened_late(row, incident, case)
        else:
            self.new_incidents[incident_id] = row
            self.uncleared.setdefault(case_id, set()).add(incident_id)

    def _decided(self, step: Step, case: dict[str, Any]) -> None:
        """Keep what was told and why it is in this case; the same thing again adds nothing."""
        decision = step.decision
        if decision is None or (decision.band is Band.AUTOMATIC and decision.same_subject):
            return
        told, case_id = str(step.incident.incident_id), case["case_id"]
        self.sightings.append(sighting_row(told, case_id, sighting_of(step.incident)))
        self.decisions += decision_rows(
            decision, told, case_id, case["severity"], self.at, lambda key: self.ids.get(key, key)
        )

    def _new_case(self, incident: Incident, case_id: str) -> dict[str, Any]:
        case = case_row(incident, case_id, self.county, self.at)
        quiet = (incident.camera_id, incident.kind.value) in self.second_looks
        alert = alert_row(incident, case_id, second_look=quiet)
        self.cases[case_id], self.alerts[case_id] = case, alert
        self.new_cases.append(case)
        self.new_alerts.append(alert)
        self.transitions.append(transition_row(case, self.at))
        ids = [str(incident.incident_id)]
        self.outbox.append(notices.case_notice(case, None, self.at, SYSTEM, ids))
        self.outbox.append(notices.alert_notice(alert, case, "opened", self.at))
        self.taken.new_cases += 1
        return case

    def _attach(self, case: dict[str, Any], step: Step) -> None:
        incident = step.incident
        case["incident_count"] += 1
        case["condition"] = "open"
        case["last_seen_at"] = max(case["last_seen_at"], incident.changed_at)
        case["updated_at"] = self.at
        if step.decision is not None and not step.decision.same_subject:
            best = step.decision.matches[0]
            case["merge_reason_zh"], case["merge_reason_en"] = best.reason_zh, best.reason_en
        worse = self.raised(case, incident.category)
        self.changed.add(case["case_id"])
        ids = [str(incident.incident_id)]
        self.outbox.append(notices.case_notice(case, case["state"], self.at, SYSTEM, ids))
        alert = self.alerts[case["case_id"]]
        alert["repeats"] += 1
        self.outbox.append(notices.alert_notice(alert, case, worse, self.at))
        self.taken.attached += 1

    def raised(self, case: dict[str, Any], category: str) -> str:
        """Raise the case to the severity of what joins it; gives the alert's change.

        An alert that becomes more urgent is shown and rings like a new one.
        """
        found = self.county.taxonomy.find(category)
        if found is None or found[1].severity >= case["severity"]:
            return "repeated"
        case["severity"] = found[1].severity
        return "opened"

    def _opened_late(self, row: dict[str, Any], incident: Incident, case: dict[str, Any]) -> None:
        incident_id = row["incident_id"]
        known = self.new_incidents.get(incident_id) or self.known_incidents[incident_id]
        cleared_at, pictures = known["cleared_at"], known["evidence"]
        self.evidence += late_evidence_rows(incident, case["case_id"], pictures, cleared_at)
        pictures = [*row["evidence"], *pictures]
        known |= row | {"cleared_at": cleared_at, "evidence": pictures}
        self._cleared(case)

    def _update(self, incident: Incident, case: dict[str, Any]) -> None:
        """The condition goes on in another state; a message that came again changes nothing."""
        incident_id = str(incident.incident_id)
        row = self.new_incidents.get(incident_id) or self.known_incidents[incident_id]
        pictures = [item.sha256 for item in incident.evidence]
        if row["state"] == incident.state and set(pictures) <= set(row["evidence"]):
            self.taken.duplicates += 1
            return
        case_id, alert = case["case_id"], self.alerts[case["case_id"]]
        row["state"], row["evidence"] = incident.state, [*row["evidence"], *pictures]
        for name, words in (("reason_zh", incident.reason_zh), ("reason_en", incident.reason_en)):
            row[name] = alert[name] = words
        self.evidence += evidence_rows(incident, case_id)
        case["updated_at"] = self.at
        self.changed.add(case_id)
        self.taken.updated += 1
        if State(case["state"]) not in FINAL:
            self.outbox.append(
                notices.case_notice(case, case["state"], self.at, SYSTEM, [incident_id])
            )
            self.outbox.append(notices.alert_notice(alert, case, "repeated", self.at))

    def _clear(self, incident: Incident, case: dict[str, Any]) -> None:
        incident_id = str(incident.incident_id)
        row = self.new_incidents.get(incident_id) or self.known_incidents[incident_id]
        row["cleared_at"] = incident.changed_at
        row["evidence"] = [*row["evidence"], *(item.sha256 for item in incident.evidence)]
        self.evidence += evidence_rows(incident, case["case_id"])
        self.uncleared.setdefault(case["case_id"], set()).discard(incident_id)
        self._cleared(case)

    def _cleared(self, case: dict[str, Any]) -> None:
        case_id = case["case_id"]
        if self.uncleared.get(case_id):
            return
        case["condition"] = "cleared"
        case["updated_at"] = self.at
        self.changed.add(case_id)
        if State(case["state"]) not in FINAL:
            notice = notices.alert_notice(self.alerts[case_id], case, "cleared", self.at)
            self.outbox.append(notice)
