"""Tables of a case's life: who held it, what was asked, paused, merged, and its evidence."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from yitong_command.storage.tables_base import CASE_ID, HASH, NAME, Json, Serial, UtcTime, metadata

CASE_KEY = "cases.case_id"

# One row for each holding, [from_at, to_at). Within one span, from a filing or reopening to an
# end, every row but the first names the end of the row before as its own beginning, by a foreign
# key: gap and overlap can't be stored, nor can two open holdings of a case.
holdings = Table(
    "holdings",
    metadata,
    Column("case_id", CASE_ID, ForeignKey(CASE_KEY), primary_key=True),
    Column("from_at", UtcTime, primary_key=True),
    Column("span", Integer, nullable=False),
    Column("to_at", UtcTime),
    Column("prev_to_at", UtcTime),
    Column("holder", NAME, nullable=False, index=True),
    UniqueConstraint("case_id", "span", "to_at", name="uq_holdings_end"),
    ForeignKeyConstraint(
        ["case_id", "span", "prev_to_at"],
        ["holdings.case_id", "holdings.span", "holdings.to_at"],
        name="fk_holdings_before",
    ),
    CheckConstraint("to_at IS NULL OR to_at > from_at", name="ck_holdings_order"),
    CheckConstraint("prev_to_at IS NULL OR prev_to_at = from_at", name="ck_holdings_joined"),
)
Index(
    "ix_holdings_open", holdings.c.case_id, unique=True,
    sqlite_where=holdings.c.to_at.is_(None), postgresql_where=holdings.c.to_at.is_(None),
)  # fmt: skip
Index(
    "ix_holdings_first", holdings.c.case_id, holdings.c.span, unique=True,
    sqlite_where=holdings.c.prev_to_at.is_(None), postgresql_where=holdings.c.prev_to_at.is_(None),
)  # fmt: skip

pauses = Table(
    "pauses",
    metadata,
    Column("case_id", CASE_ID, ForeignKey(CASE_KEY), primary_key=True),
    Column("begin_at", UtcTime, primary_key=True),
    Column("until", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("reason", String(32), nullable=False),
    Column("note", Text, nullable=False),
    Column("asked_by", NAME, nullable=False),
    Column("granted_by", NAME, nullable=False),
)
Index(
    "ix_pauses_open", pauses.c.case_id, unique=True,
    sqlite_where=pauses.c.ended_at.is_(None), postgresql_where=pauses.c.ended_at.is_(None),
)  # fmt: skip

proposals = Table(
    "proposals",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("case_id", CASE_ID, ForeignKey(CASE_KEY), nullable=False, index=True),
    Column("kind", String(8), nullable=False),
    Column("asked_by", NAME, nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("note", Text, nullable=False),
    Column("reason", String(32)),
    Column("until", UtcTime),
    Column("minutes", Integer),
    Column("decided_by", NAME),
    Column("decided_at", UtcTime),
    Column("granted", Boolean),
    Column("answer", Text),
    CheckConstraint("decided_by <> asked_by OR NOT granted", name="ck_proposals_two_people"),
    sqlite_autoincrement=True,
)
Index(
    "ix_proposals_open", proposals.c.case_id, unique=True,
    sqlite_where=proposals.c.decided_at.is_(None),
    postgresql_where=proposals.c.decided_at.is_(None),
)  # fmt: skip

receipts = Table(
    "receipts",
    metadata,
    Column("case_id", CASE_ID, ForeignKey(CASE_KEY), primary_key=True),
    Column("body", String(16), primary_key=True),
    Column("number", String(80), primary_key=True),
    Column("issued_at", UtcTime, nullable=False),
    Column("taken_at", UtcTime, nullable=False),
    Column("by", NAME, nullable=False),
)

case_acts = Table(
    "case_acts",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("case_id", CASE_ID, ForeignKey(CASE_KEY), nullable=False, index=True),
    Column("kind", String(12), nullable=False),
    Column("at", UtcTime, nullable=False, index=True),
    Column("by", NAME, nullable=False),
    Column("role", String(16), nullable=False),
    Column("note", Text, nullable=False),
    Column("detail", Json, nullable=False),
    sqlite_autoincrement=True,
)

case_merges = Table(
    "case_merges",
    metadata,
    Column("case_id", CASE_ID, ForeignKey(CASE_KEY), primary_key=True),
    Column("at", UtcTime, primary_key=True),
    Column("target_id", CASE_ID, ForeignKey(CASE_KEY), nullable=False, index=True),
    Column("by", NAME, nullable=False),
    Column("incident_ids", Json, nullable=False),
    Column("pictures", Json, nullable=False),
    Column("undone_at", UtcTime),
    Column("undone_by", NAME),
)

evidence_manifest = Table(
    "evidence_manifest",
    metadata,
    Column("case_id", CASE_ID, ForeignKey(CASE_KEY), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("entry", String(12), nullable=False),
    Column("sha256", HASH, index=True),
    Column("at", UtcTime, nullable=False),
    Column("by", NAME, nullable=False),
    Column("detail", Json, nullable=False),
    Column("prev", HASH, nullable=False),
    Column("hash", HASH, nullable=False),
)

legal_holds = Table(
    "legal_holds",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("case_id", CASE_ID, ForeignKey(CASE_KEY), nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("set_at", UtcTime, nullable=False),
    Column("set_by", NAME, nullable=False),
    Column("lifted_at", UtcTime),
    Column("lifted_by", NAME),
    Column("lift_reason", Text),
    sqlite_autoincrement=True,
)
Index(
    "ix_legal_holds_open", legal_holds.c.case_id, unique=True,
    sqlite_where=legal_holds.c.lifted_at.is_(None),
    postgresql_where=legal_holds.c.lifted_at.is_(None),
)  # fmt: skip
