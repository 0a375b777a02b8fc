"""Which cases must have been told overdue, by the diary alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from yitong_command.demo.simulation.diary import Deed
from yitong_command.domain.clock import CHINA

RUNNING = frozenset(
    {"dispatched", "accepted", "arrived", "protected", "handling", "waiting_extension", "suspended"}
)
QUIET_FROM, QUIET_UNTIL = 22, 6
"""Hours of the night in which less urgent cases wait for the morning, China time."""


@dataclass(slots=True)
class _Case:
    running: bool = False
    due_at: datetime | None = None
    least: int = 0
    most: int = 0
    told: bool = False

    def pass_time(self, until: datetime) -> None:
        """What must and may have been told by then; once for each dispatch."""
        if not self.running or self.due_at is None or self.told or self.due_at > until:
            return
        self.most += 1
        self.told = True
        self.least += _morning_after(self.due_at) < until


def overdue(deeds: Iterable[Deed], now: datetime) -> dict[str, tuple[int, int]]:
    """How often each case must, and how often it may, have been told overdue by now.

    Args:
        deeds: What was done, in order.
        now: The moment of the check.
    """
    cases: dict[str, _Case] = {}
    for deed in deeds:
        case = cases.setdefault(deed.case_id, _Case())
        if deed.what in {"called", "told"}:
            continue
        case.pass_time(deed.at)
        if deed.what == "dispatched":
            case.told = False
        if deed.what not in {"clock", "granted"}:
            case.running = deed.what in RUNNING
        if deed.due_at is not None:
            case.due_at = deed.due_at
    for case in cases.values():
        case.pass_time(now)
    return {name: (case.least, case.most) for name, case in cases.items()}


def _morning_after(due_at: datetime) -> datetime:
    """The moment itself by day, six in the morning by night."""
    local = due_at.astimezone(CHINA)
    if QUIET_UNTIL <= local.hour < QUIET_FROM:
        return due_at
    late = timedelta(days=1 if local.hour >= QUIET_FROM else 0)
    return local.replace(hour=QUIET_UNTIL, minute=0, second=0, microsecond=0) + late
