"""All tables, and the column types they share."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    false,
)

from yitong_command.storage import tables_handover as tables_handover
from yitong_command.storage import tables_kit as tables_kit
from yitong_command.storage import tables_teams as tables_teams
from yitong_command.storage.tables_base import (
    CASE_ID,
    HASH,
    NAME,
    NAMING,
    Json,
    Serial,
    UtcTime,
    metadata,
)
from yitong_command.storage.tables_cameras import camera_records, camera_versions
from yitong_command.storage.tables_clock import (
    case_clocks,
    escalations,
    mode_checkins,
    modes,
    revisions,
    roster_entries,
    roster_versions,
    timers,
)
from yitong_command.storage.tables_desk import claims
from yitong_command.storage.tables_health import camera_blind, camera_faults, camera_states
from yitong_command.storage.tables_ledger import (
    ledger_alarms,
    ledger_entries,
    ledger_positions,
    letter_replays,
)
from yitong_command.storage.tables_life import (
    case_acts,
    case_merges,
    evidence_manifest,
    holdings,
    legal_holds,
    pauses,
    proposals,
    receipts,
)
from yitong_command.storage.tables_merging import (
    event_groups,
    group_members,
    merge_decisions,
    sightings,
)
from yitong_command.storage.tables_people import (
    audit,
    objections,
    protected_details,
    sessions,
    users,
)
from yitong_command.storage.tables_reports import report_refusals, reports, used_tokens

__all__ = [
    "CASE_ID", "HASH", "NAME", "NAMING", "Json", "Serial", "UtcTime", "alerts", "audit",
    "camera_blind", "camera_faults", "camera_records", "camera_states", "camera_versions",
    "case_acts", "case_clocks", "case_merges", "cases", "claims", "counters", "escalations",
    "event_groups", "evidence_links", "evidence_manifest", "group_members", "holdings",
    "incidents", "labels", "ledger_alarms", "ledger_entries", "ledger_positions", "legal_holds",
    "letter_replays", "merge_decisions", "metadata", "mode_checkins", "modes", "objections",
    "outbox", "pauses", "proposals", "protected_details", "receipts", "relay_lease",
    "report_refusals", "reports", "revisions", "roster_entries", "roster_versions", "sessions",
    "sightings", "tasks", "timers", "transitions", "used_tokens", "users",
]  # fmt: skip

cases = Table(
    "cases",
    metadata,
    Column("case_id", CASE_ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("category", String(40), nullable=False),
    Column("subtype", String(40), nullable=False),
    Column("severity", Integer, nullable=False),
    Column("title_zh", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("place_zh", Text, nullable=False),
    Column("place_en", Text, nullable=False),
    Column("lon", Float, nullable=False),
    Column("lat", Float, nullable=False),
    Column("crs", String(12), nullable=False),
    Column("cell", String(24), nullable=False),
    Column("grid_code", String(20)),
    Column("subject", String(200), nullable=False),
    Column("source", String(40), nullable=False),
    Column("camera_id", NAME),
    Column("evidence", HASH),
    Column("holder", NAME),
    Column("filed_by", NAME),
    Column("handled_by", NAME),
    Column("checked_by", NAME),
    Column("verifier", NAME),
    # Where a pause, an asked-for extension or a merging came from.
    Column("resume_to", String(20)),
    Column("return_until", UtcTime),
    Column("returned_by", Json, nullable=False, default=list, server_default="[]"),
    Column("extensions", Integer, nullable=False, default=0, server_default="0"),
    Column("reworks", Integer, nullable=False, default=0, server_default="0"),
    Column("reopens", Integer, nullable=False, default=0, server_default="0"),
    Column("objections", Integer, nullable=False, default=0, server_default="0"),
    Column("opinion", String(12)),
    Column("reported_at", UtcTime, nullable=False),
    Column("began_at", UtcTime, nullable=False),
    Column("last_seen_at", UtcTime, nullable=False),
    Column("filed_at", UtcTime),
    Column("dispatched_at", UtcTime),
    Column("handled_at", UtcTime),
    Column("closed_at", UtcTime),
    Column("updated_at", UtcTime, nullable=False),
    Column("due_at", UtcTime),
    Column("due_rule_zh", Text, nullable=False, default=""),
    Column("due_rule_en", Text, nullable=False, default=""),
    Column("condition", String(8), nullable=False),
    Column("incident_count", Integer, nullable=False),
    Column("merge_reason_zh", Text, nullable=False, default=""),
    Column("merge_reason_en", Text, nullable=False, default=""),
    Column("merged_into", CASE_ID),
    # Set while the case is open: two open cases of one subject can't exist.
    Column("open_key", String(300), unique=True),
    Index("ix_cases_reported_at", "reported_at", "case_id"),
    Index("ix_cases_state", "state", "reported_at"),
    Index("ix_cases_grid_code", "grid_code", "reported_at"),
    Index("ix_cases_cell", "cell", "category", "subtype"),
    Index("ix_cases_category", "category", "state", "reported_at"),
)

incidents = Table(
    "incidents",
    metadata,
    Column("incident_id", String(36), primary_key=True),
    # Empty while only the clearing is known: it can overtake the opening.
    Column("case_id", CASE_ID, ForeignKey("cases.case_id"), index=True),
    Column("kind", String(40), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("camera_id", NAME, nullable=False),
    Column("view_id", NAME, nullable=False),
    Column("zone_id", NAME, nullable=False),
    Column("state", String(40), nullable=False),
    Column("score", Float, nullable=False),
    Column("box", Json),
    Column("reason_zh", Text, nullable=False),
    Column("reason_en", Text, nullable=False),
    Column("evidence", Json, nullable=False),
    Column("began_at", UtcTime, nullable=False),
    Column("opened_at", UtcTime),
    Column("cleared_at", UtcTime),
    Column("taken_at", UtcTime, nullable=False),
)

transitions = Table(
    "transitions",
    metadata,
    Column("case_id", CASE_ID, ForeignKey("cases.case_id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("from_state", String(20)),
    Column("to_state", String(20), nullable=False),
    Column("actor", NAME, nullable=False),
    Column("role", String(16), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("note", Text, nullable=False),
    Column("reason_code", Integer),
    Column("evidence", HASH),
    Column("holder", NAME),
    Column("lon", Float),
    Column("lat", Float),
)

tasks = Table(
    "tasks",
    metadata,
    Column("task_id", String(40), primary_key=True),
    Column("case_id", CASE_ID, ForeignKey("cases.case_id"), nullable=False, index=True),
    Column("assignee", NAME, nullable=False),
    Column("post", String(1), nullable=False),
    Column("state", String(20), nullable=False),
    Column("due_at", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    Column("accepted_at", UtcTime),
    Column("arrived_at", UtcTime),
    Column("handled_at", UtcTime),
    # Set while the task is open: a case never has two open tasks.
    Column("open_case_id", CASE_ID, unique=True),
    Index("ix_tasks_assignee", "assignee", "created_at"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("alert_id", String(40), primary_key=True),
    Column("case_id", CASE_ID, ForeignKey("cases.case_id"), nullable=False, unique=True),
    Column("state", String(12), nullable=False),
    Column("change", String(12), nullable=False),
    Column("change_id", String(36), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("camera_id", NAME),
    Column("view_id", NAME),
    Column("zone_id", NAME),
    Column("box", Json),
    Column("evidence", HASH),
    Column("reason_zh", Text, nullable=False),
    Column("reason_en", Text, nullable=False),
    Column("began_at", UtcTime, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Column("repeats", Integer, nullable=False),
    # Its camera and kind were too often wrong when it opened; shown quietly, never dropped.
    Column("second_look", Boolean, nullable=False, default=False, server_default=false()),
    Index("ix_alerts_state", "state", "opened_at"),
    Index("ix_alerts_opened_at", "opened_at"),
)

labels = Table(
    "labels",
    metadata,
    Column("incident_id", String(36), ForeignKey("incidents.incident_id"), primary_key=True),
    Column("case_id", CASE_ID, ForeignKey("cases.case_id"), nullable=False, unique=True),
    Column("camera_id", NAME, nullable=False),
    Column("view_id", NAME, nullable=False),
    Column("zone_id", NAME, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("state", String(40), nullable=False),
    Column("verdict", String(12), nullable=False),
    Column("reason_code", Integer),
    Column("by", NAME, nullable=False),
    Column("at", UtcTime, nullable=False, index=True),
    Column("opened_at", UtcTime, nullable=False),
    # Hour of the county's day in which the alert opened: a detector may be bad at night alone.
    Column("hour", Integer, nullable=False),
    Column("evidence", HASH),
    Column("box", Json),
    Column("score", Float, nullable=False),
    Index("ix_labels_camera_id", "camera_id", "kind", "at"),
)

evidence_links = Table(
    "evidence_links",
    metadata,
    Column("case_id", CASE_ID, ForeignKey("cases.case_id"), primary_key=True),
    Column("sha256", HASH, primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("captured_at", UtcTime, nullable=False),
    Column("by", NAME, nullable=False),
    Index("ix_evidence_links_sha256", "sha256"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("change_id", String(36), nullable=False, unique=True),
    Column("topic", String(40), nullable=False),
    Column("key", String(64), nullable=False),
    # Empty where the key's record is withdrawn (a tombstone on a compacted topic).
    Column("payload", Json),
    Column("at", UtcTime, nullable=False),
    Column("relayed_at", UtcTime),
    sqlite_autoincrement=True,
)
Index(
    "ix_outbox_waiting",
    outbox.c.id,
    sqlite_where=outbox.c.relayed_at.is_(None),
    postgresql_where=outbox.c.relayed_at.is_(None),
)

counters = Table(
    "counters",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Integer, nullable=False),
)

relay_lease = Table(
    "relay_lease",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("owner", String(120), nullable=False),
    Column("expires_at", UtcTime, nullable=False),
)
