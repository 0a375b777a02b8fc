"""For whom and when a zone's rule holds."""

from __future__ import annotations

from dataclasses import dataclass, field

from yitong_command.domain.ban import Ban


@dataclass(frozen=True, slots=True)
class Terms:
    """For which vehicles and when standing in a zone is forbidden.

    Attributes:
        vehicles: Labels that count, or None for those that the rule counts by itself.
        ban: When.
    """

    vehicles: frozenset[str] | None = None
    ban: Ban = field(default_factory=Ban)
