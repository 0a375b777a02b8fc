"""How long a camera watched: what was observed of it less what it was blind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

Interval = tuple[datetime, datetime | None]
"""Begin and end; None while it lasts."""


@dataclass(frozen=True, slots=True)
class Watched:
    """Seconds observed and, of these, blind; never a share without its denominator.

    Attributes:
        observed_s: Seconds in which anything was known of the cameras, all together.
        blind_s: Of these, those in which they watched nothing.
        cameras: How many cameras these are.
    """

    observed_s: float = 0.0
    blind_s: float = 0.0
    cameras: int = 0

    @property
    def availability(self) -> float | None:
        """Share of the observed time in which they watched, or None if there is none."""
        return 1 - self.blind_s / self.observed_s if self.observed_s > 0 else None

    def __add__(self, other: Watched) -> Watched:
        return Watched(
            self.observed_s + other.observed_s,
            self.blind_s + other.blind_s,
            self.cameras + other.cameras,
        )


NOTHING = Watched()


def watched(
    known_since: datetime, blind: Iterable[Interval], begin: datetime, end: datetime
) -> Watched:
    """What one camera watched in a period.

    Args:
        known_since: From when on anything is known of it.
        blind: When it was blind; may overlap and reach beyond the period.
        begin: Begin of the period.
        end: End of it, not later than now.
    """
    first = max(begin, known_since)
    if end <= first:
        return NOTHING
    clipped = sorted((max(first, min(end, a)), min(end, b or end)) for a, b in blind)
    dark, reached = timedelta(), first
    for a, b in clipped:
        if b > reached:
            dark += b - max(a, reached)
            reached = b
    return Watched((end - first).total_seconds(), dark.total_seconds(), 1)
