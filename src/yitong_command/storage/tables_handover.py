"""Tables of the shift handover: one sheet, two signatures, and the cases that went with it."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, String, Table, Text

from yitong_command.storage.tables_base import CASE_ID, HASH, NAME, Json, UtcTime, metadata

handovers = Table(
    "handovers",
    metadata,
    Column("handover_id", String(36), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("outgoing", NAME, nullable=False),
    Column("incoming", NAME, nullable=False),
    # What both have signed, word for word, and its hash.
    Column("sheet", Json, nullable=False),
    Column("sheet_sha256", HASH, nullable=False),
    Column("note_out", Text, nullable=False),
    Column("note_in", Text, nullable=False, default="", server_default=""),
    Column("signed_out_at", UtcTime, nullable=False),
    Column("signed_in_at", UtcTime),
    Column("withdrawn_at", UtcTime),
    CheckConstraint("outgoing <> incoming", name="two_people"),
    CheckConstraint("(state = 'done') = (signed_in_at IS NOT NULL)", name="done_when_both_signed"),
    Index("ix_handovers_signed_out_at", "signed_out_at"),
)
Index(
    "ix_handovers_offered", handovers.c.outgoing, unique=True,
    sqlite_where=handovers.c.state == "offered",
    postgresql_where=handovers.c.state == "offered",
)  # fmt: skip

handover_cases = Table(
    "handover_cases",
    metadata,
    Column("handover_id", String(36), ForeignKey("handovers.handover_id"), primary_key=True),
    Column("case_id", CASE_ID, ForeignKey("cases.case_id"), primary_key=True),
)
