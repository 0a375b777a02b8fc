"""Tables of people: accounts, sessions, what they did, and what is told of few only."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    false,
    true,
)

from yitong_command.storage.tables_base import CASE_ID, HASH, NAME, Json, Serial, UtcTime, metadata

users = Table(
    "users",
    metadata,
    Column("username", NAME, primary_key=True),
    Column("name_zh", String(80), nullable=False),
    Column("name_en", String(80), nullable=False),
    Column("role", String(16), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("grid_codes", Json, nullable=False),
    Column("post", String(1), nullable=False),
    Column("active", Boolean, nullable=False, default=True, server_default=true()),
    Column("must_change", Boolean, nullable=False, default=False, server_default=false()),
    Column("failed", Integer, nullable=False, default=0, server_default="0"),
    Column("locked_until", UtcTime),
    # Roles of the taxonomy whose protected details this person may ask for.
    Column("detail_roles", Json, nullable=False, default=list, server_default="[]"),
    Column("oidc_subject", String(255)),
    Column("phone", String(20), nullable=False, default="", server_default=""),
    Index("ix_users_oidc_subject", "oidc_subject", unique=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", HASH, primary_key=True),
    Column("username", NAME, ForeignKey("users.username"), nullable=False, index=True),
    Column("expires_at", UtcTime, nullable=False, index=True),
    Column("session_id", String(36), nullable=False, server_default=""),
    Column("created_at", UtcTime, nullable=False, server_default="2000-01-01 00:00:00"),
    Column("seen_at", UtcTime, nullable=False, server_default="2000-01-01 00:00:00"),
    Column("address", NAME, nullable=False, server_default=""),
    Column("agent", String(200), nullable=False, server_default=""),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False, index=True),
    Column("actor", NAME, nullable=False),
    Column("role", String(16), nullable=False),
    Column("action", String(64), nullable=False),
    Column("object", String(200), nullable=False, index=True),
    Column("detail", Json, nullable=False),
    # Set once, after the row is committed; see storage/sealing.py.
    Column("seq", Integer),
    Column("previous", HASH),
    Column("hash", HASH),
    Index("ix_audit_seq", "seq", unique=True),
    Index("ix_audit_actor", "actor"),
    sqlite_autoincrement=True,
)
Index(
    "ix_audit_unsealed",
    audit.c.id,
    sqlite_where=audit.c.seq.is_(None),
    postgresql_where=audit.c.seq.is_(None),
)

protected_details = Table(
    "protected_details",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("case_id", CASE_ID, ForeignKey("cases.case_id"), nullable=False, index=True),
    Column("category", String(40), nullable=False),
    # Sealed with the county's key; the database alone tells nothing.
    Column("sealed", Text, nullable=False),
    Column("by", NAME, nullable=False),
    Column("at", UtcTime, nullable=False),
    sqlite_autoincrement=True,
)

objections = Table(
    "objections",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("company", String(40), nullable=False),
    Column("month", String(7), nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", NAME, nullable=False),
    Column("at", UtcTime, nullable=False),
    # Empty while it waits; then upheld or refused.
    Column("decision", String(12)),
    Column("decided_by", NAME),
    Column("decided_at", UtcTime),
    sqlite_autoincrement=True,
)
