"""Tables of merging: what was told of which case, what was decided, and event groups."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, Text

from yitong_command.storage.tables_base import CASE_ID, NAME, Json, UtcTime, metadata

CASE_KEY = "cases.case_id"
SIGHTING = String(160)

# One row for each telling that counts in merging: an incident's id, or platform and number of a
# report. What only repeats the same thing has none.
sightings = Table(
    "sightings",
    metadata,
    Column("sighting_id", SIGHTING, primary_key=True),
    Column("case_id", CASE_ID, ForeignKey(CASE_KEY), nullable=False, index=True),
    # Cases it was in before, the oldest first: a split goes back along it.
    Column("path", Json, nullable=False),
    Column("category", String(80), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("source", String(40), nullable=False),
    Column("lon", Float),
    Column("lat", Float),
    Column("crs", String(12), nullable=False),
    Column("words", Text, nullable=False),
    Column("cell", String(24), nullable=False),
    Column("street", String(40), nullable=False),
    Column("at", UtcTime, nullable=False),
    Index("ix_sightings_cell", "cell", "category"),
    Index("ix_sightings_street", "street", "category"),
    Index("ix_sightings_subject", "subject", "category"),
)

# One row for each telling that was joined to a case by weighing, and each question asked.
merge_decisions = Table(
    "merge_decisions",
    metadata,
    Column("decision_id", String(36), primary_key=True),
    Column("sighting_id", SIGHTING, nullable=False, index=True),
    # Automatic: the case it was joined to. Ask: the case of its own that it has meanwhile.
    Column("case_id", CASE_ID, ForeignKey(CASE_KEY), nullable=False, index=True),
    # Ask: the case that may be the same.
    Column("other_case_id", CASE_ID, ForeignKey(CASE_KEY), index=True),
    Column("band", String(12), nullable=False),
    # joined, split; open, same, different, moot.
    Column("state", String(12), nullable=False),
    Column("severity", Integer, nullable=False),
    Column("probability", Float, nullable=False),
    Column("distance_m", Float),
    Column("gap_s", Float, nullable=False),
    Column("reason_zh", Text, nullable=False),
    Column("reason_en", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("answered_at", UtcTime),
    Column("answered_by", NAME),
    Index("ix_merge_decisions_state", "state", "severity", "at"),
)

event_groups = Table(
    "event_groups",
    metadata,
    Column("group_id", String(36), primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("began_at", UtcTime, nullable=False),
    Column("last_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime, index=True),
    Column("size", Integer, nullable=False),
    Column("reason_zh", Text, nullable=False),
    Column("reason_en", Text, nullable=False),
)

group_members = Table(
    "group_members",
    metadata,
    Column("case_id", CASE_ID, ForeignKey(CASE_KEY), primary_key=True),
    Column("group_id", String(36), ForeignKey("event_groups.group_id"), nullable=False, index=True),
    # Shown within its group and without a sound; never set for severity 1.
    Column("inhibited", Boolean, nullable=False),
    Column("reason_zh", Text, nullable=False),
    Column("reason_en", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)
