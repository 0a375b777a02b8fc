"""What a decision needs to know of a case, and a wish to move one. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from yitong_command.domain.actor import Actor
from yitong_command.domain.states import State


class AskedKind(StrEnum):
    """What one person asks for and another grants."""

    EXTEND = "extend"
    SUSPEND = "suspend"
    FORCE = "force"


class Opinion(StrEnum):
    """What the detector thinks of a picture that was taken as proof."""

    STILL_THERE = "still_there"
    GONE = "gone"
    NOT_JUDGED = "not_judged"


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish that waits for a second person.

    Attributes:
        kind: For what.
        by: Who asks.
        at: When, aware.
        note: Why.
    """

    kind: AskedKind
    by: str
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a body that took a case over gave for it.

    Attributes:
        body: ``police_110``, ``fire_119``, ``medical_120`` or ``justice``.
        number: The receipt's number.
        issued_at: When it was given, aware.
    """

    body: str
    number: str
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """What a decision needs to know of a case.

    Attributes:
        case_id: For example ``YT20261123-000012``.
        state: Where it stands.
        version: Grows by one with every transition; 1 when reported.
        grid_code: Grid it lies in, or None.
        holder: The one person accountable now; None before filing and after the end.
        filed_by: Operator who filed it.
        handled_by: Worker who handled it last.
        checked_by: Person who checked it last.
        severity: 1 (highest) to 4.
        police: Whether only a receipt of the police ends it.
        recurring: Whether "it is there again" reopens it (areas and community problems).
        machine_checks: Whether a camera may check it.
        verifier: Worker who looks before filing.
        resume_to: State to go back to after a pause, an extension or a merging.
        due_at: Deadline, or None.
        ended_at: When it ended last.
        return_until: Until when it may be handed back.
        returned_by: Who handed it back already.
        extensions: How often its limit was extended.
        objections: How often a refusal was objected to.
        asked: What waits for a second person.
        opinion: The detector's, on the last proof taken after the handling.
    """

    case_id: str
    state: State = State.REPORTED
    version: int = 1
    grid_code: str | None = None
    holder: str | None = None
    filed_by: str | None = None
    handled_by: str | None = None
    checked_by: str | None = None
    severity: int = 4
    police: bool = False
    recurring: bool = True
    machine_checks: bool = False
    verifier: str | None = None
    resume_to: State | None = None
    due_at: datetime | None = None
    ended_at: datetime | None = None
    return_until: datetime | None = None
    returned_by: frozenset[str] = frozenset()
    extensions: int = 0
    objections: int = 0
    asked: Asked | None = None
    opinion: Opinion | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """A wish to move a case.

    Attributes:
        to: State wished for.
        actor: Who wishes it.
        expected_version: Version the actor saw, or None if the actor does not care.
        note: Free text.
        reason_code: 1..9 for not filing, 1..2 for reopening.
        evidence_sha256: Photo in the evidence store.
        assignee: Worker to send; on rework None sends the handler again.
        merge_into: Case that this one is merged into.
        at: Now, aware; needed by moves that have a window.
        receipt: Of the body that takes the case over.
        minutes: How many more the holder asks for.
        granted: The second person's answer.
        result: What the verifier found: exists, not_exist or unable.
    """

    to: State
    actor: Actor
    expected_version: int | None = None
    note: str = ""
    reason_code: int | None = None
    evidence_sha256: str | None = None
    assignee: str | None = None
    merge_into: str | None = None
    at: datetime | None = None
    receipt: Receipt | None = None
    minutes: int | None = None
    granted: bool | None = None
    result: str | None = None
