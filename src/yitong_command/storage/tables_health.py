"""Tables of the cameras' health: newest states, blind time, device faults."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text

from yitong_command.storage.tables_base import NAME, Json, Serial, UtcTime, metadata

camera_states = Table(
    "camera_states",
    metadata,
    Column("camera_id", NAME, primary_key=True),
    Column("state", String(16), nullable=False),
    Column("since", UtcTime, nullable=False),
    # When its worker last said so.
    Column("at", UtcTime, nullable=False),
    Column("reason_zh", Text, nullable=False),
    Column("reason_en", Text, nullable=False),
    Column("worker", NAME, nullable=False),
    # Set while its worker says nothing.
    Column("silent", Boolean, nullable=False),
    Column("excused", Boolean, nullable=False),
    Column("blind", Boolean, nullable=False),
    # From when on anything is known of it: what lies before is neither blind nor watched.
    Column("known_since", UtcTime, nullable=False),
)

camera_blind = Table(
    "camera_blind",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("camera_id", NAME, nullable=False),
    Column("began_at", UtcTime, nullable=False),
    # Empty while it lasts.
    Column("ended_at", UtcTime),
    Column("state", String(16), nullable=False),
    Column("reason_zh", Text, nullable=False),
    Column("reason_en", Text, nullable=False),
    # Only its worker was not heard; it may have watched all the same.
    Column("silent", Boolean, nullable=False),
    Index("ix_camera_blind_camera_id", "camera_id", "began_at"),
    Index("ix_camera_blind_ended_at", "ended_at"),
    sqlite_autoincrement=True,
)

camera_faults = Table(
    "camera_faults",
    metadata,
    Column("fault_id", String(36), primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("name", NAME, nullable=False),
    Column("state", String(16), nullable=False),
    Column("began_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime, index=True),
    Column("cameras", Json, nullable=False),
    Column("recovered", Json, nullable=False),
    Column("reason_zh", Text, nullable=False),
    Column("reason_en", Text, nullable=False),
    Column("repeats", Integer, nullable=False),
    Column("folded_into", String(36)),
    Column("changed_at", UtcTime, nullable=False),
    Index("ix_camera_faults_began_at", "began_at"),
)
