"""How long evidence is kept, and what a camera may check. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class EvidencePolicy:
    """What the county does with evidence.

    Attributes:
        machine_checks: Categories whose handling a camera may check.
        default_days: Days that pictures are kept after the end of their case.
        days: The same by category code, where it is another number.
    """

    machine_checks: frozenset[str] = frozenset()
    default_days: int = 730
    days: Mapping[str, int] = field(default_factory=dict)

    def kept_until(self, category: str, ended_at: datetime | None) -> datetime | None:
        """Until when pictures of a case are kept; None while the case is open."""
        if ended_at is None:
            return None
        return ended_at + timedelta(days=self.days.get(category, self.default_days))

    def may_purge(
        self, category: str, ended_at: datetime | None, at: datetime, *, held: bool
    ) -> bool:
        """Whether pictures of a case are to be deleted now.

        Args:
            category: Category code.
            ended_at: When the case ended; None while it is open.
            at: Now.
            held: Whether a legal hold lies on the case.
        """
        until = self.kept_until(category, ended_at)
        return not held and until is not None and at >= until
