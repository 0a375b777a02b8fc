"""Wire models of the ledger: what was captured, and differences that stayed too long."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from yitong_command.bus.messages import Message


class CapturedModel(BaseModel):
    """One message that a worker captured, named as its readers name it."""

    model_config = ConfigDict(frozen=True)
    message_id: str = Field(min_length=1, max_length=120)
    source: str = Field(pattern=r"^[a-z0-9_]+$", max_length=40)
    hour: AwareDatetime


class LedgerMessage(Message):
    """What one worker captured since its last statement; saying it twice changes nothing."""

    worker: str = Field(max_length=80)
    at: AwareDatetime
    captured: tuple[CapturedModel, ...]

    @property
    def key(self) -> str:
        """Record key: the worker."""
        return self.worker


class LedgerAlarmMessage(Message):
    """A difference between captured, delivered and cased that stayed longer than its grace."""

    change_id: UUID
    alarm_id: str
    state: Literal["open", "cleared"]
    kind: Literal["not_delivered", "not_cased", "not_captured"]
    source: str
    hour: AwareDatetime
    count: int = Field(ge=0)
    began_at: AwareDatetime
    ended_at: AwareDatetime | None
    reason_zh: str = ""
    reason_en: str = ""
    changed_at: AwareDatetime

    @property
    def key(self) -> str:
        """Record key: the alarm."""
        return self.alarm_id
