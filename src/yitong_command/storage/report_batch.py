"""The rows of a batch of reports, as they will be once it is written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from yitong_command.domain.case import FINAL, SYSTEM, State
from yitong_command.domain.report import Report
from yitong_command.routing.reports import UNSORTED, Outcome, ReportStep, sighting_of_report
from yitong_command.storage import notices
from yitong_command.storage.decision_rows import decision_rows
from yitong_command.storage.intake_batch import Batch
from yitong_command.storage.intake_rows import transition_row
from yitong_command.storage.report_rows import (
    report_alert_row,
    report_case_row,
    report_evidence_rows,
)
from yitong_command.storage.sightings import sighting_row

_WORDS = {
    Outcome.CASED: ("已成案,等待受理", "a case of its own, waiting to be filed"),
    Outcome.NOTED: ("补充信息已记入案件", "noted in its case"),
    Outcome.LATE: (
        "迟到的旧信息,图片已记入案件",
        "older than what is known; its pictures are noted",
    ),
    Outcome.WITHDRAWN: ("已撤回,案件仍待人工办结", "withdrawn; a person still closes the case"),
    Outcome.WITHDRAWN_FIRST: ("撤回先于上报到达,不成案", "withdrawn before it arrived; no case"),
}
_OUTCOMES = {
    Outcome.CASED: "cased", Outcome.MERGED: "merged", Outcome.NOTED: "noted",
    Outcome.LATE: "noted", Outcome.WITHDRAWN: "noted", Outcome.WITHDRAWN_FIRST: "noted",
}  # fmt: skip


@dataclass(slots=True)
class ReportBatch(Batch):
    """All rows of a batch of reports; ``uncleared`` holds the open incidents and threads."""

    decided: list[dict[str, Any]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def take(self, step: ReportStep) -> None:
        """Write one step into the rows."""
        self.counts[step.outcome.value] += 1
        if step.outcome is Outcome.DUPLICATE:
            return
        case_id = self.ids.get(step.case_id or "", step.case_id)
        words = _WORDS.get(step.outcome)
        if step.outcome is Outcome.CASED and case_id:
            self._open_case(step, case_id)
        elif step.outcome is Outcome.MERGED and case_id and step.decision:
            words = (step.decision.matches[0].reason_zh, step.decision.matches[0].reason_en)
            self._join(step, self.cases[case_id])
        elif case_id:
            self._note(step, self.cases[case_id])
        zh, en = words or ("", "")
        self.decided.append(
            {
                "row_key": str(step.report.report_id),
                "new_case_id": case_id,
                "new_outcome": _OUTCOMES[step.outcome],
                "new_outcome_zh": zh,
                "new_outcome_en": en,
                "new_decided_at": self.at,
            }
        )

    def _open_case(self, step: ReportStep, case_id: str) -> None:
        report = step.report
        case = report_case_row(report, case_id, self.county, self.at)
        alert = report_alert_row(report, case_id)
        self.cases[case_id], self.alerts[case_id] = case, alert
        self.new_cases.append(case)
        self.new_alerts.append(alert)
        self.transitions.append(transition_row(case, self.at))
        self._tell(step, case_id)
        self.evidence += report_evidence_rows(report, case_id)
        self.uncleared[case_id] = {report.thread}
        self.outbox.append(notices.case_notice(case, None, self.at, SYSTEM))
        self.outbox.append(notices.alert_notice(alert, case, "opened", self.at))

    def _join(self, step: ReportStep, case: dict[str, Any]) -> None:
        report, case_id = step.report, case["case_id"]
        case["incident_count"] += 1
        case["condition"] = "open"
        case["last_seen_at"] = max(case["last_seen_at"], report.reported_at)
        best = step.decision.matches[0] if step.decision else None
        if best is not None:
            case["merge_reason_zh"], case["merge_reason_en"] = best.reason_zh, best.reason_en
        self._tell(step, case_id)
        self.uncleared.setdefault(case_id, set()).add(report.thread)
        change = self.raised(case, report.category or UNSORTED)
        self._changed(case, report, change, count=True)

    def _note(self, step: ReportStep, case: dict[str, Any]) -> None:
        """An update, a late word or a withdrawal; a case that is over stays as it is."""
        report, case_id = step.report, case["case_id"]
        over = State(case["state"]) in FINAL
        if step.outcome is Outcome.WITHDRAWN:
            told = self.uncleared.setdefault(case_id, set())
            told.discard(report.thread)
            if not over and not told:
                case["condition"] = "cleared"
                self._changed(case, report, "cleared")
                return
        if not over:
            self._changed(case, report, "repeated")
        else:
            self.evidence += report_evidence_rows(report, case_id)

    def _changed(
        self, case: dict[str, Any], report: Report, change: str, *, count: bool = False
    ) -> None:
        case_id = case["case_id"]
        case["updated_at"] = self.at
        self.changed.add(case_id)
        self.evidence += report_evidence_rows(report, case_id)
        alert = self.alerts[case_id]
        alert["repeats"] += count
        self.outbox.append(notices.case_notice(case, case["state"], self.at, SYSTEM))
        self.outbox.append(notices.alert_notice(alert, case, change, self.at))

    def _tell(self, step: ReportStep, case_id: str) -> None:
        report = step.report
        self.sightings.append(sighting_row(report.thread, case_id, sighting_of_report(report)))
        if step.decision is not None:
            severity = self.cases[case_id]["severity"]
            self.decisions += decision_rows(
                step.decision, report.thread, case_id, severity, self.at,
                lambda key: self.ids.get(key, key),
            )  # fmt: skip
