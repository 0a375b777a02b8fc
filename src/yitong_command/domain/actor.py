"""Who acts on a case. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from yitong_command.domain.roles import DESK, Right, Role, in_area, may

_LEADERS = may(Right.LEAD)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. One account is one person: accounts are neither shared nor doubled.

    Attributes:
        username: The person's account, or ``system``.
        role: What the person may do.
        grid_codes: The person's area; empty is the whole county for all but workers.
    """

    username: str
    role: Role
    grid_codes: frozenset[str] = frozenset()

    @property
    def at_desk(self) -> bool:
        """Who decides on cases."""
        return self.role in DESK

    @property
    def leads(self) -> bool:
        """Who gives second signatures."""
        return self.role in _LEADERS

    def covers(self, grid_code: str | None) -> bool:
        """Whether a grid lies in the person's area."""
        return in_area(self.role, self.grid_codes, grid_code)


SYSTEM = Actor("system", Role.SYSTEM)
