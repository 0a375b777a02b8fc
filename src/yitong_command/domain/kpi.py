"""The county's figures: each with its own denominator, never a rate without its counts. Pure.

A case counts in the period in which what the denominator asks for happened: reports when they
were reported, filings when they were filed, handling and closing when they fell due. Cases closed
by force are in no rate and are told as a count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from yitong_command.domain.states import State

LEAST = 20
"""Below so many there are counts, but no rate: a handful says nothing."""

CONSULTATION = "ex_request.consult"
DISPUTE = "ex_dispute"
_DISPATCH_IN = {1: timedelta(minutes=5), 2: timedelta(minutes=10)}
_DISPATCH_ELSE = timedelta(minutes=30)
_CLOSED = {State.CLOSED.value, State.HANDED_OVER.value}


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many.

    Attributes:
        count: Those that did.
        of: Those that could have.
    """

    count: int
    of: int

    @property
    def rate(self) -> float | None:
        """``count / of``, or None where there are too few to say."""
        return self.count / self.of if self.of >= LEAST else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What the figures need to know of a case; times are aware UTC."""

    category: str
    subtype: str
    state: str
    severity: int
    reported_at: datetime
    filed_at: datetime | None = None
    dispatched_at: datetime | None = None
    handled_at: datetime | None = None
    closed_at: datetime | None = None
    due_at: datetime | None = None
    returned: bool = False
    extended: bool = False
    redone: bool = False
    satisfaction: str | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """From ``begin`` until before ``end``."""

    begin: datetime
    end: datetime

    def holds(self, at: datetime | None) -> bool:
        """Whether something happened in it."""
        return at is not None and self.begin <= at < self.end


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: which cases could have, and which of them did."""

    code: str
    zh: str
    en: str
    could: Callable[[CaseFacts, Period], bool]
    did: Callable[[CaseFacts, Period], bool]


def _reported(case: CaseFacts, period: Period) -> bool:
    return period.holds(case.reported_at)


def _fileable(case: CaseFacts, period: Period) -> bool:
    consultation = f"{case.category}.{case.subtype}" == CONSULTATION
    return _reported(case, period) and case.state != State.MERGED and not consultation


def _filed(case: CaseFacts, period: Period) -> bool:
    return period.holds(case.filed_at)


def _dispatched(case: CaseFacts, period: Period) -> bool:
    return period.holds(case.dispatched_at)


def _due(case: CaseFacts, period: Period) -> bool:
    return period.holds(case.due_at) and case.state != State.MERGED


def _handled(case: CaseFacts, period: Period) -> bool:
    return period.holds(case.handled_at)


def _soon_dispatched(case: CaseFacts, _period: Period) -> bool:
    if case.filed_at is None or case.dispatched_at is None:
        return False
    limit = _DISPATCH_IN.get(case.severity, _DISPATCH_ELSE)
    return case.dispatched_at - case.filed_at <= limit


def _in_time(case: CaseFacts, _period: Period) -> bool:
    return bool(case.handled_at and case.due_at and case.handled_at <= case.due_at)


def _overdue(case: CaseFacts, period: Period) -> bool:
    done = case.handled_at or period.end
    return case.due_at is not None and case.due_at < min(done, period.end)


FIGURES: tuple[Figure, ...] = (
    Figure("valid_reports", "有效上报率", "valid reports", _reported,
           lambda case, _: case.state != State.NOT_FILED),
    Figure("filed", "立案率", "filed", _fileable, lambda case, _: case.filed_at is not None),
    Figure("dispatched_in_time", "派遣及时率", "dispatched in time", _filed, _soon_dispatched),
    Figure("dispatched_right", "派遣准确率", "dispatched to the right unit", _dispatched,
           lambda case, _: not case.returned),
    Figure("handled_in_time", "按期处置率", "handled in time", _due, _in_time),
    Figure("closed", "结案率", "closed", _due, lambda case, _: case.state in _CLOSED),
    Figure("closed_in_time", "按期结案率", "closed in time", _due,
           lambda case, period: case.state in _CLOSED and _in_time(case, period)),
    Figure("redone", "返工率", "reworked or reopened", _handled, lambda case, _: case.redone),
    Figure("extended", "延期率", "extended", _due, lambda case, _: case.extended),
    Figure("overdue", "督办率", "overdue", _dispatched, _overdue),
    Figure("repeated", "重复率", "merged into another case", _reported,
           lambda case, _: case.state == State.MERGED),
    Figure("disputes_resolved", "化解率", "disputes resolved",
           lambda case, period: case.category == DISPUTE and _filed(case, period),
           lambda case, _: case.state == State.CLOSED),
    Figure("satisfied", "满意率", "satisfied",
           lambda case, period: period.holds(case.closed_at) and case.satisfaction is not None,
           lambda case, _: case.satisfaction in {"very", "satisfied"}),
)  # fmt: skip


def figures(cases: Iterable[CaseFacts], period: Period) -> dict[str, Share]:
    """Every figure of a period, by its code."""
    known = [case for case in cases if case.state != State.CLOSED_FORCED]
    shares = {}
    for figure in FIGURES:
        could = [case for case in known if figure.could(case, period)]
        shares[figure.code] = Share(sum(figure.did(case, period) for case in could), len(could))
    return shares


def forced(cases: Iterable[CaseFacts], period: Period) -> int:
    """Cases closed by force in a period; they are in no rate."""
    return sum(case.state == State.CLOSED_FORCED and period.holds(case.closed_at) for case in cases)
