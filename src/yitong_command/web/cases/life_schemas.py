"""Requests and answers about a case's life: holdings, pauses, wishes, receipts, calls, proofs."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from yitong_command.web.schemas import In, Out, Text

Body = Literal["police_110", "fire_119", "medical_120", "justice"]
_AT = "2026-11-23T03:12:00Z"


class Holding(Out):
    """Who held a case from when to when; ``to_at`` is empty while it lasts."""

    holder: str = Field(examples=["worker1"])
    holder_name_zh: str
    holder_name_en: str
    from_at: datetime = Field(examples=[_AT])
    to_at: datetime | None


class HolderAt(Out):
    """Who held a case at a moment; nobody before its filing and after its end."""

    case_id: str = Field(examples=["YT20261123-000012"])
    at: datetime = Field(examples=[_AT])
    holding: Holding | None


class PauseOut(Out):
    """A lawful pause."""

    begin_at: datetime
    until: datetime
    ended_at: datetime | None
    reason: str = Field(examples=["force_majeure"])
    note: str
    asked_by: str
    granted_by: str


class Proposal(Out):
    """What one person asked for, and another's answer."""

    id: int
    kind: Literal["extend", "suspend", "force"]
    asked_by: str
    asked_at: datetime
    note: str
    reason: str | None
    until: datetime | None
    minutes: int | None
    decided_by: str | None
    decided_at: datetime | None
    granted: bool | None
    answer: str | None


class Propose(In):
    """Ask a second person for a pause or for closing by force."""

    kind: Literal["suspend", "force"] = Field(examples=["suspend"])
    note: Text = Field(min_length=1, max_length=2000, examples=["产权待法院裁定"])
    reason: (
        Literal["force_majeure", "law_procedure", "no_owner", "season", "waiting_verify_by_other"]
        | None
    ) = Field(None, examples=["law_procedure"])
    until: AwareDatetime | None = Field(None, examples=["2026-12-20T08:00:00Z"])


class Answer(In):
    """A second person's answer to what was asked."""

    granted: bool
    version: int = Field(ge=1, examples=[5])
    note: Text = Field("", max_length=2000)


class HandoverReceiptIn(In):
    """What the body that takes the case over gave."""

    body: Body
    number: Text = Field(min_length=1, max_length=80, examples=["J2203232026112300017"])
    issued_at: AwareDatetime = Field(examples=[_AT])


class HandoverReceipt(Out):
    """A receipt."""

    body: Body
    number: str
    issued_at: datetime
    taken_at: datetime
    by: str


class ActOut(Out):
    """Urging, or a return call."""

    kind: Literal["urge", "call"]
    at: datetime
    by: str
    role: str
    note: str
    detail: dict[str, Any]


class Urge(In):
    """Urge whoever holds the case."""

    note: Text = Field(min_length=1, max_length=1000, examples=["请在 18:00 前到场"])


class Call(In):
    """A return call to whoever reported, after the end."""

    answered: bool
    satisfaction: Literal["very", "satisfied", "fair", "not"] | None = Field(
        None, description="Required if the call was answered"
    )
    note: Text = Field("", max_length=1000)


class OpinionOut(Out):
    """What the detector thinks of a proof; a person decides."""

    sha256: str
    at: datetime
    opinion: Literal["still_there", "gone", "not_judged"]
    score: float | None = Field(description="Of the best detection, in [0, 1]")
    words_zh: str
    words_en: str
    model: str


class HoldIn(In):
    """Set or lift a legal hold."""

    held: bool
    reason: Text = Field(min_length=1, max_length=1000, examples=["行政诉讼"])
