"""Tables of what leaves for others: webhooks with their deliveries, and public warnings.

Only the worker with the lease writes deliveries; their ids are the order in which the changes of
one case are sent.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from yitong_command.storage.tables_base import CASE_ID, NAME, Json, Serial, UtcTime, metadata

webhooks = Table(
    "webhooks",
    metadata,
    Column("webhook_id", String(36), primary_key=True),
    Column("name", String(80), nullable=False),
    Column("url", Text, nullable=False),
    # Sealed with the installation's key.
    Column("secret", Text, nullable=False),
    Column("wanted", Json, nullable=False),
    # active, or dead: nothing is sent any more until somebody replays.
    Column("state", String(8), nullable=False),
    Column("reason_zh", Text, nullable=False),
    Column("reason_en", Text, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("made_by", NAME, nullable=False),
    # Set while somebody waits for a replay from this time on.
    Column("replay_from", UtcTime),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("webhook_id", String(36), ForeignKey("webhooks.webhook_id"), nullable=False),
    # The number the receiver sees; the same however often it is sent.
    Column("message_id", NAME, nullable=False),
    Column("case_id", CASE_ID, nullable=False),
    Column("body", Json, nullable=False),
    # When the change happened, and when it was first due.
    Column("at", UtcTime, nullable=False),
    Column("queued_at", UtcTime, nullable=False),
    Column("next_at", UtcTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("delivered_at", UtcTime),
    Column("problem", Text, nullable=False),
    Index("ix_webhook_deliveries_message", "webhook_id", "message_id", unique=True),
    Index("ix_webhook_deliveries_delivered_at", "delivered_at"),
    sqlite_autoincrement=True,
)
Index(
    "ix_webhook_deliveries_waiting",
    webhook_deliveries.c.webhook_id, webhook_deliveries.c.case_id, webhook_deliveries.c.id,
    sqlite_where=webhook_deliveries.c.delivered_at.is_(None),
    postgresql_where=webhook_deliveries.c.delivered_at.is_(None),
)  # fmt: skip

webhook_positions = Table(
    "webhook_positions",
    metadata,
    Column("topic", String(40), primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("next_offset", Serial, nullable=False),
)

# One row for each CAP message; the newest of a case's thread says how its warning stands.
warnings = Table(
    "warnings",
    metadata,
    Column("warning_id", String(36), primary_key=True),
    Column("case_id", CASE_ID, ForeignKey("cases.case_id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("status", String(8), nullable=False),
    Column("sent_at", UtcTime, nullable=False, index=True),
    Column("expires_at", UtcTime, nullable=False),
    Column("by", NAME, nullable=False),
    Column("refers_to", Json, nullable=False),
    Column("text", Json, nullable=False),
    Column("grid_codes", Json, nullable=False),
    # Two operators can't both add the next one.
    Index("ix_warnings_thread", "case_id", "seq", unique=True),
)
