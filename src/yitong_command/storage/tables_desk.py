"""Tables of the duty desk."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table

from yitong_command.storage.tables_base import CASE_ID, NAME, UtcTime, metadata

claims = Table(
    "claims",
    metadata,
    Column("case_id", CASE_ID, ForeignKey("cases.case_id"), primary_key=True),
    Column("username", NAME, ForeignKey("users.username"), nullable=False, index=True),
    Column("taken_at", UtcTime, nullable=False),
    Column("until", UtcTime, nullable=False),
)
