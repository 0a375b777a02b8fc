"""Lawful pauses of a case: when its clock stood still, and why. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

MAX_PAUSE = timedelta(days=92)
"""Longest pause that may be granted at once; a pause that must go on is asked for again."""


class PauseReason(StrEnum):
    """Why a clock may lawfully stand still; nothing else stops one."""

    FORCE_MAJEURE = "force_majeure"
    LAW_PROCEDURE = "law_procedure"
    NO_OWNER = "no_owner"
    SEASON = "season"
    WAITING_VERIFY_BY_OTHER = "waiting_verify_by_other"


PAUSE_WORDS: dict[PauseReason, tuple[str, str]] = {
    PauseReason.FORCE_MAJEURE: ("不可抗力", "force majeure"),
    PauseReason.LAW_PROCEDURE: ("依法定程序办理", "a legal procedure runs"),
    PauseReason.NO_OWNER: ("权属不清", "nobody owns it yet"),
    PauseReason.SEASON: ("受季节限制", "the season forbids the work"),
    PauseReason.WAITING_VERIFY_BY_OTHER: ("待其他单位核实", "another body has to verify"),
}


@dataclass(frozen=True, slots=True)
class Pause:
    """One interval ``[begin_at, end)`` in which a case was suspended.

    Attributes:
        begin_at: When it began, aware UTC.
        until: When it ends by itself at the latest, as granted.
        ended_at: When it really ended; None while it lasts.
        reason: Why.
        note: In words.
        asked_by: Who asked for it.
        granted_by: Who granted it; another person.
    """

    begin_at: datetime
    until: datetime
    ended_at: datetime | None
    reason: PauseReason
    note: str = ""
    asked_by: str = ""
    granted_by: str = ""

    def __post_init__(self) -> None:
        if not self.begin_at < self.until:
            raise ValueError("a pause ends after it began")
        if self.ended_at is not None and self.ended_at < self.begin_at:
            raise ValueError("a pause can't end before it began")

    @property
    def end_at(self) -> datetime:
        """When it ended, or will end by itself."""
        return self.until if self.ended_at is None else min(self.ended_at, self.until)
