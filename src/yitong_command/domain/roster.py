"""Rosters: who is on duty where, as what; shifts, leave and swaps. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from yitong_command.domain.clock import CHINA
from yitong_command.domain.running import Span

Post = Literal["A", "B"]
A_ONLY: frozenset[Post] = frozenset({"A"})
BOTH: frozenset[Post] = frozenset({"A", "B"})
EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class Shift:
    """The hours of a day in which a line of the roster holds, China time.

    Attributes:
        begins: First minute.
        ends: First minute after it; not later than ``begins`` means it passes midnight.
        days: Weekdays on which it begins, Monday is 0.
    """

    begins: time
    ends: time
    days: frozenset[int] = EVERY_DAY

    def holds(self, at: datetime) -> bool:
        """Whether the moment lies in one of its shifts."""
        return self.span_at(at) is not None

    def span_at(self, at: datetime) -> Span | None:
        """The shift that holds at this moment, or None."""
        today = at.astimezone(CHINA).date()
        for day in (today - timedelta(days=1), today):
            span = self._on(day)
            if day.weekday() in self.days and span.holds(at):
                return span
        return None

    def _on(self, day: date) -> Span:
        later = timedelta(days=0 if self.begins < self.ends else 1)
        return Span(
            datetime.combine(day, self.begins, CHINA),
            datetime.combine(day + later, self.ends, CHINA),
        )


@dataclass(frozen=True, slots=True)
class Duty:
    """One line of the roster.

    Attributes:
        username: The person's account.
        post: A is everyday work, B is filled when urgent.
        role: Taxonomy role slug, for example ``grid_worker``.
        grids: Codes of areas of any level (county to unit), or None for the whole county.
        from_at: First moment on duty, or None for always.
        until_at: First moment off duty, or None for always.
        shift: Hours of the day, or None for all day.
    """

    username: str
    post: Post
    role: str
    grids: frozenset[str] | None = None
    from_at: datetime | None = None
    until_at: datetime | None = None
    shift: Shift | None = None

    def covers(self, area_code: str, role: str, at: datetime) -> bool:
        """Whether this person does this role in this area at this time."""
        return self.role == role and self.level(area_code) is not None and self.runs(at)

    def runs(self, at: datetime) -> bool:
        """Whether this line holds at this time."""
        return (
            (self.from_at is None or self.from_at <= at)
            and (self.until_at is None or at < self.until_at)
            and (self.shift is None or self.shift.holds(at))
        )

    def level(self, area_code: str) -> int | None:
        """How near its area lies around the code: digits in common, 0 for the county; or None."""
        if self.grids is None:
            return 0
        return max((len(code) for code in self.grids if area_code.startswith(code)), default=None)


@dataclass(frozen=True, slots=True)
class Leave:
    """A person is away."""

    username: str
    span: Span


@dataclass(frozen=True, slots=True)
class Swap:
    """One stands in for another; both have agreed.

    Attributes:
        asked_by: Whose duty it is.
        with_user: Who does it instead.
        span: When.
    """

    asked_by: str
    with_user: str
    span: Span


@dataclass(frozen=True, slots=True)
class OnDuty:
    """A person on duty.

    Attributes:
        username: Who.
        duty: The line of the roster.
        stands_in_for: Whose line it is, or None if it is the person's own.
    """

    username: str
    duty: Duty
    stands_in_for: str | None = None


@dataclass(frozen=True, slots=True)
class Roster:
    """Who is on duty when: all lines, leave and agreed swaps."""

    duties: tuple[Duty, ...]
    leaves: tuple[Leave, ...] = ()
    swaps: tuple[Swap, ...] = ()

    def now(self, at: datetime, posts: frozenset[Post] = A_ONLY) -> tuple[OnDuty, ...]:
        """Everybody on duty, line by line; who is away and has no stand-in is left out."""
        away = {leave.username for leave in self.leaves if leave.span.holds(at)}
        instead = {swap.asked_by: swap.with_user for swap in self.swaps if swap.span.holds(at)}
        found = []
        for duty in self.duties:
            if duty.post not in posts or not duty.runs(at):
                continue
            who = instead.get(duty.username, duty.username)
            if who not in away:
                own = who == duty.username
                found.append(OnDuty(who, duty, None if own else duty.username))
        return tuple(found)

    def people(
        self, role: str, area_code: str, at: datetime, posts: frozenset[Post] = A_ONLY
    ) -> tuple[OnDuty, ...]:
        """Everybody who does this role in this area now, one line a person, the nearest."""
        found: dict[str, OnDuty] = {}
        for item in self.now(at, posts):
            if item.duty.role != role or (level := item.duty.level(area_code)) is None:
                continue
            known = found.get(item.username)
            if known is None or level > (known.duty.level(area_code) or 0):
                found[item.username] = item
        return tuple(found.values())
