"""Requests and answers about cases."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from yitong_command.web.cases.life_schemas import (
    ActOut,
    HandoverReceipt,
    HandoverReceiptIn,
    Holding,
    OpinionOut,
    PauseOut,
    Proposal,
)
from yitong_command.web.schemas import BoxOut, In, Out, PlaceOut, Text
from yitong_command.web.tasks.schemas import TaskView

CaseState = Literal[
    "reported", "pending_verify", "pending_filing", "filed", "not_filed", "merged",
    "pending_dispatch", "dispatched", "accepted", "arrived", "protected", "handling",
    "waiting_extension", "suspended", "handled", "checked", "rework", "reopened", "closed",
    "closed_forced", "handed_over",
]  # fmt: skip
Need = Literal[
    "photo", "note", "reason", "assignee", "receipt", "minutes", "decision", "result",
]  # fmt: skip
Step = Literal["report", "file", "dispatch", "handle", "feedback", "close"]


class CaseHead(Out):
    """What lists and details of a case share."""

    case_id: str = Field(examples=["YT20261123-000012"])
    version: int = Field(examples=[2])
    state: CaseState
    category: str = Field(examples=["cp_parking"])
    subtype: str = Field(examples=["no_parking_zone"])
    severity: int = Field(ge=1, le=4, examples=[3])
    title_zh: str = Field(examples=["禁停区停车"])
    title_en: str = Field(examples=["Parking in a no-parking zone"])
    place_zh: str
    place_en: str
    place: PlaceOut
    grid_code: str | None = Field(examples=["22032300100101"])
    source: str = Field(examples=["camera_ai"])
    holder: str | None = Field(examples=["worker1"])
    holder_name_zh: str
    holder_name_en: str
    condition: Literal["open", "cleared"]
    reported_at: datetime
    filed_at: datetime | None
    due_at: datetime | None
    updated_at: datetime
    incident_count: int = Field(examples=[1])
    camera_id: str | None = Field(examples=["cam-001"])


class CaseSummary(CaseHead):
    """A case in a list."""

    evidence: str | None = Field(description="SHA-256 of its first picture")


class Cases(Out):
    """A page of cases, newest first."""

    items: tuple[CaseSummary, ...]
    next: str | None = Field(description="send it as ``before`` for the page after this one")


class CaseIncident(Out):
    """One incident of a case."""

    incident_id: str
    kind: str
    camera_id: str
    view_id: str
    zone_id: str
    state: str
    score: float
    began_at: datetime
    opened_at: datetime | None
    cleared_at: datetime | None
    box: BoxOut | None
    reason_zh: str
    reason_en: str
    evidence: tuple[str, ...]


class CaseTransition(Out):
    """One step of a case's life."""

    seq: int
    from_state: CaseState | None
    to_state: CaseState
    actor: str
    actor_name_zh: str
    actor_name_en: str
    role: str
    at: datetime
    note: str
    reason_code: int | None
    evidence: str | None


class CaseEvidence(Out):
    """A picture of a case."""

    sha256: str
    kind: Literal["before", "after", "camera", "protect", "proof"]
    captured_at: datetime
    by: str


class CaseAction(Out):
    """A step this person may make now, and what it must bring."""

    to: CaseState
    kind: str = Field(description="What the step is called", examples=["return"])
    needs: tuple[Need, ...]


class CaseDetail(CaseHead):
    """A case with everything that belongs to it."""

    due_rule_zh: str
    due_rule_en: str
    merge_reason_zh: str
    merge_reason_en: str
    step: Step = Field(description="Which of the six outer steps the state belongs to")
    filed_by: str | None
    handled_by: str | None
    checked_by: str | None
    closed_at: datetime | None
    merged_into: str | None
    return_until: datetime | None = Field(description="Until when the holder may hand it back")
    extensions: int
    reworks: int
    reopens: int
    holdings: tuple[Holding, ...]
    pauses: tuple[PauseOut, ...]
    proposals: tuple[Proposal, ...]
    receipts: tuple[HandoverReceipt, ...]
    acts: tuple[ActOut, ...]
    opinions: tuple[OpinionOut, ...]
    legal_hold: str | None = Field(description="Why its pictures are kept, if they are held")
    incidents: tuple[CaseIncident, ...]
    transitions: tuple[CaseTransition, ...]
    tasks: tuple[TaskView, ...]
    evidence: tuple[CaseEvidence, ...]
    actions: tuple[CaseAction, ...]


class Transition(In):
    """A wish to move a case."""

    to: CaseState
    version: int = Field(ge=1, examples=[1])
    note: Text = Field("", max_length=2000)
    reason_code: int | None = Field(None, ge=1, le=9)
    evidence: str | None = Field(None, pattern="^[0-9a-f]{64}$")
    assignee: Text | None = Field(None, max_length=64)
    merge_into: Text | None = Field(None, max_length=32)
    receipt: HandoverReceiptIn | None = None
    minutes: int | None = Field(None, ge=1, le=525600, description="Asked for by the holder")
    granted: bool | None = Field(None, description="A second person's answer")
    result: Literal["exists", "not_exist", "unable"] | None = None
