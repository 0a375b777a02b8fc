"""Tables of the clock, of rosters and of the switch between calm and emergency."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from yitong_command.storage.tables_base import CASE_ID, NAME, Json, Serial, UtcTime, metadata

case_clocks = Table(
    "case_clocks",
    metadata,
    Column("case_id", CASE_ID, ForeignKey("cases.case_id"), primary_key=True),
    Column("started_at", UtcTime, nullable=False),
    Column("handed_at", UtcTime, nullable=False),
    Column("rework", Boolean, nullable=False),
    Column("due_at", UtcTime),
    # The deadline as it would be without any emergency: both rules are kept.
    Column("normal_due_at", UtcTime),
    Column("accept_due_at", UtcTime),
    Column("arrive_due_at", UtcTime),
    Column("yellow_at", UtcTime),
    Column("red2_at", UtcTime),
    Column("red3_at", UtcTime),
    Column("rules", Json, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
)

timers = Table(
    "timers",
    metadata,
    Column("timer_id", Serial, primary_key=True, autoincrement=True),
    Column("case_id", CASE_ID, ForeignKey("cases.case_id")),
    Column("mode_id", String(36), ForeignKey("modes.mode_id")),
    Column("name", String(120), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("role", String(40), nullable=False),
    Column("state", String(10), nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("fire_at", UtcTime, nullable=False),
    Column("reason_zh", Text, nullable=False),
    Column("reason_en", Text, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    # One row for one step of one dispatch: a step can't be planned, so not fired, twice.
    UniqueConstraint("case_id", "name"),
    UniqueConstraint("mode_id", "name"),
    Index("ix_timers_state", "state", "fire_at"),
    sqlite_autoincrement=True,
)

escalations = Table(
    "escalations",
    metadata,
    Column("escalation_id", String(36), primary_key=True),
    Column("timer_id", Serial, ForeignKey("timers.timer_id"), unique=True, nullable=False),
    Column("case_id", CASE_ID, ForeignKey("cases.case_id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("role", String(40), nullable=False),
    Column("people", Json, nullable=False),
    Column("passed_to", NAME),
    Column("reason_zh", Text, nullable=False),
    Column("reason_en", Text, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("at", UtcTime, nullable=False),
    Index("ix_escalations_case_id", "case_id", "at"),
    Index("ix_escalations_at", "at"),
)

roster_entries = Table(
    "roster_entries",
    metadata,
    Column("entry_id", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("username", NAME, nullable=False, index=True),
    Column("state", String(10), nullable=False),
    Column("content", Json, nullable=False),
    Column("author", NAME, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("removed", Boolean, nullable=False),
    Index("ix_roster_entries_kind", "kind", "removed"),
)

roster_versions = Table(
    "roster_versions",
    metadata,
    Column("entry_id", String(36), ForeignKey("roster_entries.entry_id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("username", NAME, nullable=False),
    Column("state", String(10), nullable=False),
    Column("content", Json, nullable=False),
    Column("author", NAME, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("removed", Boolean, nullable=False),
)

revisions = Table(
    "revisions",
    metadata,
    # A new random word with every change: who has read this revision need not read it again.
    Column("name", String(40), primary_key=True),
    Column("revision", String(36), nullable=False),
    Column("at", UtcTime, nullable=False),
)

modes = Table(
    "modes",
    metadata,
    Column("mode_id", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("rehearsal", Boolean, nullable=False),
    Column("areas", Json, nullable=False),
    Column("categories", Json),
    Column("reason", Text, nullable=False),
    Column("hours", Integer, nullable=False),
    Column("look_percent", Integer, nullable=False),
    Column("proposed_by", NAME, nullable=False),
    Column("proposed_at", UtcTime, nullable=False),
    Column("confirmed_by", NAME),
    Column("begins_at", UtcTime),
    Column("ends_at", UtcTime),
    Column("ended_at", UtcTime),
    Column("ended_by", NAME),
    Column("effects", Json, nullable=False),
    CheckConstraint("confirmed_by IS NULL OR confirmed_by <> proposed_by", name="two_people"),
    Index("ix_modes_state", "state", "ends_at"),
    Index("ix_modes_proposed_at", "proposed_at"),
)

mode_checkins = Table(
    "mode_checkins",
    metadata,
    Column("mode_id", String(36), ForeignKey("modes.mode_id"), primary_key=True),
    Column("username", NAME, primary_key=True),
    Column("at", UtcTime, nullable=False),
)
