"""Tables of reports: what was received, which tokens were used, what was refused.

A report is written here together with its outbox row, before its sender hears that it was taken.
The intake of reports sets ``case_id``, ``outcome`` and the words beside it when it has decided.
"""

from __future__ import annotations

from sqlalchemy import Column, Date, Index, Integer, String, Table, Text

from yitong_command.storage.tables_base import CASE_ID, HASH, NAME, Json, UtcTime, metadata

reports = Table(
    "reports",
    metadata,
    Column("report_id", String(36), primary_key=True),
    Column("platform", NAME, nullable=False),
    Column("external_id", String(80), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("kind", String(12), nullable=False),
    # Of what the sender said, so that other words under the same number are noticed.
    Column("digest", HASH, nullable=False),
    Column("message", Json, nullable=False),
    # Names and telephone numbers, and of key population the words too; sealed.
    Column("private", Text),
    Column("reported_at", UtcTime, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("case_id", CASE_ID, index=True),
    # Empty until the intake decided: cased, merged, waiting, noted or refused.
    Column("outcome", String(12)),
    Column("outcome_zh", Text, nullable=False, default="", server_default=""),
    Column("outcome_en", Text, nullable=False, default="", server_default=""),
    Column("decided_at", UtcTime),
    Index("ix_reports_thread", "platform", "external_id", "sequence", unique=True),
    Index("ix_reports_received_at", "received_at"),
)

used_tokens = Table(
    "used_tokens",
    metadata,
    Column("platform", NAME, primary_key=True),
    Column("token_id", NAME, primary_key=True),
    Column("expires_at", UtcTime, nullable=False, index=True),
)

report_refusals = Table(
    "report_refusals",
    metadata,
    Column("platform", NAME, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("code", NAME, primary_key=True),
    Column("count", Integer, nullable=False),
)
