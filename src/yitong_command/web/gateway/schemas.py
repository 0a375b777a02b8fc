"""Answers of the gateway."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from yitong_command.web.schemas import Out


class ItemAnswer(Out):
    """What became of one item of a batch."""

    index: int = Field(description="position in the request, from 0")
    status: Literal["accepted", "repeated", "refused"]
    external_id: str | None = Field(examples=["CG20261123-0042"])
    sequence: int | None
    report_id: str | None
    code: str | None = Field(description="why it was refused, a stable word")
    field: str | None = Field(description="the wrong field, as the sender calls it")
    reason_zh: str | None
    reason_en: str | None


class BatchAnswer(Out):
    """What became of a batch; what was accepted or repeated is stored durably."""

    accepted: int
    repeated: int
    refused: int
    items: tuple[ItemAnswer, ...]


class ReportState(Out):
    """How a report stands."""

    platform: str
    external_id: str
    sequence: int = Field(description="of the newest message under this number")
    report_id: str
    state: Literal["received", "waiting", "handling", "done", "not_filed", "withdrawn", "refused"]
    state_zh: str
    state_en: str
    reason_zh: str = Field(description="what was decided, in words; empty until then")
    reason_en: str
    case_id: str | None
    case_state: str | None
    received_at: datetime
