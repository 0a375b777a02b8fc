"""Tables of the ledger: what was captured, delivered and cased, and what was replayed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from yitong_command.storage.tables_base import NAME, UtcTime, metadata

ledger_entries = Table(
    "ledger_entries",
    metadata,
    # Named by what it says, so that each of the counts finds the same row however often it counts.
    Column("message_id", String(120), primary_key=True),
    Column("source", String(40), nullable=False),
    Column("hour", UtcTime, nullable=False),
    Column("first_at", UtcTime, nullable=False),
    # By the worker's own statement.
    Column("captured_at", UtcTime),
    Column("worker", String(80), nullable=False, default="", server_default=""),
    # By what lies on the topic.
    Column("delivered_at", UtcTime),
    Column("copies", Integer, nullable=False, default=0, server_default="0"),
    # By what lies on the dead letters' topic.
    Column("dead_at", UtcTime),
    # By what lies in the database.
    Column("cased_at", UtcTime),
    Index("ix_ledger_entries_hour", "hour", "source"),
    Index("ix_ledger_entries_cased_at", "cased_at", "dead_at"),
)

ledger_positions = Table(
    "ledger_positions",
    metadata,
    Column("topic", String(80), primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
)

ledger_alarms = Table(
    "ledger_alarms",
    metadata,
    Column("alarm_id", String(120), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("source", String(40), nullable=False),
    Column("hour", UtcTime, nullable=False),
    Column("count", Integer, nullable=False),
    Column("began_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime, index=True),
    Column("reason_zh", Text, nullable=False),
    Column("reason_en", Text, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
)

letter_replays = Table(
    "letter_replays",
    metadata,
    # Partition and offset of the dead letter.
    Column("letter_id", String(40), primary_key=True),
    Column("replayed_at", UtcTime, nullable=False),
    Column("replayed_by", NAME, nullable=False),
    Column("topic", String(80), nullable=False),
)
