"""Calm and emergency (平 / 急): where an emergency holds, and what it does to clocks. Pure.

An emergency changes who is sent, how fast clocks run and how often cameras look. It changes
nothing of the ethical frame: no source, no category and no right to see details is named here,
and there is none to name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from yitong_command.domain.roster import A_ONLY, BOTH, Post
from yitong_command.domain.running import Conditions, Span
from yitong_command.errors import IllegalTransition, NotAllowed

MAX_HOURS = 24
"""An emergency ends by itself after this long at the latest; one that must go on is proposed
again."""

CHECK_IN = timedelta(minutes=30)
"""Within this B posts report that they have come."""

UNRELATED_SEVERITY = 4


class ModeState(StrEnum):
    """Where a switch stands."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Mode:
    """An emergency, proposed, in force or over.

    Attributes:
        mode_id: Its id.
        state: Where it stands.
        rehearsal: Nothing leaves the system and no case is changed.
        areas: Codes of the areas it holds in: county, township, village or grid.
        categories: Categories it is about, or None for all.
        proposed_by: Who proposed it.
        begins_at: When it was confirmed; None before.
        ends_at: When it ends by itself; None before it was confirmed.
        ended_at: When it really ended; None before.
    """

    mode_id: str
    state: ModeState
    rehearsal: bool
    areas: frozenset[str]
    categories: frozenset[str] | None
    proposed_by: str
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def span(self) -> Span | None:
        """When it held or holds; None if it never began or is a rehearsal."""
        if self.begins_at is None or self.rehearsal:
            return None
        ends = [at for at in (self.ends_at, self.ended_at) if at is not None]
        return Span(self.begins_at, min(ends, default=None))

    def covers(self, grid_code: str | None) -> bool:
        """Whether the grid lies in its areas."""
        return grid_code is not None and any(grid_code.startswith(area) for area in self.areas)

    def is_about(self, grid_code: str | None, category: str) -> bool:
        """Whether a case of this category in this grid belongs to it."""
        return self.covers(grid_code) and (self.categories is None or category in self.categories)

    def holds_up(self, grid_code: str | None, category: str, severity: int) -> bool:
        """Whether such a case has to wait for it: a minor matter of another category there."""
        return (
            severity >= UNRELATED_SEVERITY
            and self.covers(grid_code)
            and not self.is_about(grid_code, category)
        )


def may_confirm(mode: Mode, username: str) -> None:
    """Whether this person may confirm it.

    Raises:
        IllegalTransition: If it is not waiting for that.
        NotAllowed: If it is the person who proposed it.
    """
    if mode.state is not ModeState.PROPOSED:
        raise IllegalTransition(
            f"应急状态 {mode.mode_id} 不在待确认状态", f"{mode.mode_id} does not wait for this"
        )
    if mode.proposed_by == username:
        raise NotAllowed(
            "提出人不能自己确认,须由另一人确认",
            "who proposed it can't confirm it: another person has to",
        )


def conditions_of(
    modes: Iterable[Mode],
    grid_code: str | None,
    category: str,
    severity: int,
    pauses: Iterable[Span] = (),
) -> Conditions:
    """What bears on the clock of such a case.

    Args:
        modes: All that ever held.
        grid_code: Where the case lies.
        category: Its category.
        severity: 1 to 4.
        pauses: The case's own lawful pauses.
    """
    known = [(mode, mode.span) for mode in modes]
    emergencies = tuple(span for mode, span in known if span and mode.is_about(grid_code, category))
    waits = tuple(
        span for mode, span in known if span and mode.holds_up(grid_code, category, severity)
    )
    return Conditions(emergencies, (*pauses, *waits))


def posts_at(
    modes: Iterable[Mode], grid_code: str | None, category: str, at: datetime
) -> frozenset[Post]:
    """Posts that are filled there now: B joins in an emergency."""
    for mode in modes:
        span = mode.span
        if span is not None and span.holds(at) and mode.is_about(grid_code, category):
            return BOTH
    return A_ONLY
