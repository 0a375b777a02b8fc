"""Answers about the ledger."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from yitong_command.web.schemas import Out


class LedgerCounts(Out):
    """One source in one hour; each count is taken from another place."""

    source: str = Field(examples=["camera_ai"])
    hour: datetime = Field(description="Hour in which the facts changed")
    captured: int = Field(description="Stated by the workers that captured them")
    delivered: int = Field(description="Lie on the topic")
    cased: int = Field(description="Found in the database")
    dead: int = Field(description="Became dead letters, with a reason")
    copies: int = Field(description="Lie on the topic more than once; counted once")
    not_delivered: int = Field(description="Captured, not delivered")
    not_cased: int = Field(description="Delivered, neither cased nor dead")
    not_captured: int = Field(description="Delivered, stated by nobody")


class LedgerAlarm(Out):
    """A difference that stayed longer than its grace."""

    alarm_id: str
    kind: str = Field(examples=["not_delivered"])
    source: str
    hour: datetime
    count: int
    began_at: datetime
    ended_at: datetime | None
    reason_zh: str
    reason_en: str
    messages: tuple[str, ...] = Field(description="Names of some of them while it lasts")


class Ledger(Out):
    """The ledger of the last hours."""

    since: datetime
    at: datetime
    grace_s: float
    behind: bool = Field(description="Nobody has counted for a while: the figures are old")
    items: tuple[LedgerCounts, ...]
    alarms: tuple[LedgerAlarm, ...] = Field(description="Those that last first, then the newest")
