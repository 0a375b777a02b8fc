"""Rosters: who is on duty where, as what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Post = Literal["A", "B"]


@dataclass(frozen=True, slots=True)
class Duty:
    """One line of the roster.

    Attributes:
        username: The person's account.
        post: A is everyday work, B is filled when urgent.
        role: Taxonomy role slug, for example ``grid_worker``.
        grids: Grid codes, or None for every grid.
        from_at: First moment on duty, or None for always.
        until_at: First moment off duty, or None for always.
    """

    username: str
    post: Post
    role: str
    grids: frozenset[str] | None = None
    from_at: datetime | None = None
    until_at: datetime | None = None

    def covers(self, grid_code: str, role: str, at: datetime) -> bool:
        """Whether this person does this role in this grid at this time."""
        return (
            self.role == role
            and (self.grids is None or grid_code in self.grids)
            and (self.from_at is None or self.from_at <= at)
            and (self.until_at is None or at < self.until_at)
        )
