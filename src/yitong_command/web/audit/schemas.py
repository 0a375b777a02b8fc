"""Answers about the audit log."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime, Field

from yitong_command.web.schemas import Out


class AuditRowOut(Out):
    """One line of the log; place and hash are empty until it is sealed."""

    id: int
    at: AwareDatetime
    actor: str = Field(examples=["desk"])
    role: str = Field(examples=["operator"])
    action: str = Field(examples=["case_moved"])
    object: str = Field(examples=["YT20261123-000012"])
    detail: dict[str, Any]
    seq: int | None
    hash: str | None


class AuditRows(Out):
    """Lines of the log, newest first."""

    items: tuple[AuditRowOut, ...]
    next: int | None = Field(description="pass as `before` for the next page")


class AuditState(Out):
    """Whether the chain is whole."""

    rows: int
    head_seq: int
    head_hash: str
    unsealed: int
    anchors: int
    broken_seq: int | None
    broken_id: int | None
    reason_zh: str
    reason_en: str
