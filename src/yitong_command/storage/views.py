"""What the store gives back: plain frozen values with the field names of the REST API.

All times are aware UTC. ``category`` is the taxonomy code of the category (``cp_parking``),
``subtype`` that of the subtype in it (``no_parking_zone``), except in alerts, where ``category``
is both with a dot, as in the wire model.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from yitong_command.domain.geometry import Place
from yitong_command.storage.life import Life

MAX_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSummary:
    """A case as a list shows it; ``evidence`` is the hash of its first picture."""

    case_id: str
    version: int
    state: str
    category: str
    subtype: str
    severity: int
    title_zh: str
    title_en: str
    place_zh: str
    place_en: str
    place: Place
    grid_code: str | None
    source: str
    holder: str | None
    holder_name_zh: str
    holder_name_en: str
    condition: str
    reported_at: datetime
    filed_at: datetime | None
    due_at: datetime | None
    updated_at: datetime
    incident_count: int
    evidence: str | None
    camera_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentView:
    """One incident of a case; ``evidence`` are hashes, ``box`` is ``x0 y0 x1 y1``."""

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
    box: dict[str, float] | None
    reason_zh: str
    reason_en: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionView:
    """One step of a case's life."""

    seq: int
    from_state: str | None
    to_state: str
    actor: str
    actor_name_zh: str
    actor_name_en: str
    role: str
    at: datetime
    note: str
    reason_code: int | None
    evidence: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskView:
    """One assignment of a case to a worker."""

    task_id: str
    case_id: str
    state: str
    assignee: str
    assignee_name_zh: str
    assignee_name_en: str
    post: str
    title_zh: str
    title_en: str
    place_zh: str
    place_en: str
    place: Place
    severity: int
    category: str
    due_at: datetime | None
    created_at: datetime
    accepted_at: datetime | None
    arrived_at: datetime | None
    handled_at: datetime | None
    case_version: int
    case_state: str
    return_until: datetime | None
    extensions: int
    evidence: str | None
    grid_code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceView:
    """A picture of a case: kind is ``camera``, ``before`` or ``after``."""

    sha256: str
    kind: str
    captured_at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDetail(CaseSummary):
    """A case with everything that belongs to it."""

    due_rule_zh: str
    due_rule_en: str
    merge_reason_zh: str
    merge_reason_en: str
    filed_by: str | None
    handled_by: str | None
    checked_by: str | None
    verifier: str | None
    resume_to: str | None
    return_until: datetime | None
    returned_by: list[str]
    extensions: int
    reworks: int
    reopens: int
    objections: int
    opinion: str | None
    closed_at: datetime | None
    merged_into: str | None
    life: Life
    incidents: tuple[IncidentView, ...] = ()
    transitions: tuple[TransitionView, ...] = ()
    tasks: tuple[TaskView, ...] = ()
    evidence_items: tuple[EvidenceView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """A page of cases, newest first; ``next`` asks for the page after it."""

    items: tuple[CaseSummary, ...]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertView:
    """An alert, in the fields of the wire model's ``AlertMessage``."""

    change_id: str
    alert_id: str
    case_id: str
    change: str
    severity: int
    category: str
    kind: str
    source: str
    title_zh: str
    title_en: str
    reason_zh: str
    reason_en: str
    place: Place
    place_zh: str
    place_en: str
    grid_code: str | None
    camera_id: str | None
    view_id: str | None
    zone_id: str | None
    box: dict[str, float] | None
    evidence: str | None
    began_at: datetime
    opened_at: datetime
    changed_at: datetime
    case_state: str
    case_version: int
    repeats: int
    second_look: bool = False
    schema_version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person who can sign in.

    Attributes:
        username: Name of the account.
        name_zh: Chinese name.
        name_en: English name.
        role: What the person may do.
        grid_codes: Where: codes of grids, villages or townships.
        post: A or B.
        password_hash: argon2id; ``!`` where only the county's sign-on opens the account.
        active: Whether the account may be used.
        must_change: Whether the password must be changed before anything else.
        detail_roles: Roles of the taxonomy whose protected details this person may ask for.
        oidc_subject: Who this is to the county's sign-on, or None.
        phone: Where the desk calls them on duty, or "".
    """

    username: str
    name_zh: str
    name_en: str
    role: str
    grid_codes: tuple[str, ...] = ()
    post: str = "A"
    password_hash: str = field(default="", repr=False)
    active: bool = True
    must_change: bool = False
    detail_roles: tuple[str, ...] = ()
    oidc_subject: str | None = None
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A message waiting to be sent: topic name without prefix, key and JSON fields.

    Without fields it withdraws what a compacted topic holds under the key.
    """

    id: int
    topic: str
    key: str
    payload: dict[str, Any] | None
    at: datetime
