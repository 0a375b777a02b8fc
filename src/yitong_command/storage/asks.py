"""What is asked of the store: which cases, and a wish to move one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from yitong_command.domain.case import Actor, Receipt, State


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """Which cases a list shall hold; empty fields do not filter.

    Attributes:
        states: Case states.
        categories: Category codes.
        grid_codes: Grid codes.
        text: Part of the case id, a title or a place.
        assignee: Only cases with a task of this person.
        visible_to: Only what this person may see: the desk everything, a worker the cases with
            an own task and those in an own grid.
        limit: Cases on a page, 1 to 500.
        before: ``next`` of the page before.
    """

    states: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    grid_codes: tuple[str, ...] = ()
    text: str = ""
    assignee: str | None = None
    visible_to: Actor | None = None
    limit: int = 100
    before: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionRequest:
    """A wish to move a case; see :func:`yitong_command.storage.cases.transition`.

    Attributes:
        case_id: The case.
        to: State wished for.
        actor: Who wishes it.
        at: Now.
        expected_version: Version the actor saw; None if it does not matter.
        note: Free text.
        reason_code: 1..9 for ``not_filed``.
        evidence_sha256: After-photo, already in the evidence store.
        evidence_captured_at: When the photo was taken; ``at`` if unknown.
        lon: Where the actor was, degrees.
        lat: Where the actor was, degrees.
        assignee: Worker to send, when an operator chooses.
        merge_into: Case to merge this one into.
        receipt: Of the body that takes the case over.
        minutes: How many more the holder asks for.
        granted: A second person's answer.
        result: What a verifier found: exists, not_exist or unable.
    """

    case_id: str
    to: State
    actor: Actor
    at: datetime
    expected_version: int | None = None
    note: str = ""
    reason_code: int | None = None
    evidence_sha256: str | None = None
    evidence_captured_at: datetime | None = None
    lon: float | None = None
    lat: float | None = None
    assignee: str | None = None
    merge_into: str | None = None
    receipt: Receipt | None = None
    minutes: int | None = None
    granted: bool | None = None
    result: str | None = None
