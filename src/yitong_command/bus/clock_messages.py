"""Wire models of escalations, and of calm and emergency."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from yitong_command.bus.messages import Message


class EscalationMessage(Message):
    """A case was not taken, not reached or is late: who is told, and why."""

    change_id: UUID
    escalation_id: UUID
    case_id: str
    kind: Literal["accept", "arrive", "yellow", "red", "red2", "red3", "ladder"]
    role: str
    people: tuple[str, ...]
    passed_to: str | None = None
    reason_zh: str
    reason_en: str
    severity: int = Field(ge=1, le=4)
    category: str
    title_zh: str
    title_en: str
    grid_code: str | None
    holder: str | None
    case_state: str
    case_version: int
    due_at: AwareDatetime
    at: AwareDatetime

    @property
    def key(self) -> str:
        """Record key: the case."""
        return self.case_id


class ModeMessage(Message):
    """An emergency begins or ends; a rehearsal is never sent."""

    change_id: UUID
    mode_id: str
    state: Literal["active", "ended"]
    areas: tuple[str, ...]
    categories: tuple[str, ...] | None
    reason: str
    begins_at: AwareDatetime
    ends_at: AwareDatetime
    ended_at: AwareDatetime | None = None
    look_percent: int = Field(100, ge=10, le=100)
    cameras: tuple[str, ...] = ()
    changed_at: AwareDatetime

    @property
    def key(self) -> str:
        """Record key: the mode."""
        return self.mode_id
