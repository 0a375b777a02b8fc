"""Teams besides the street's own: volunteer groups, and mediation squads of 3 + N + X. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from yitong_command.domain.clock import Limit, WorkCalendar, due_at, parse_limit
from yitong_command.domain.roster import BOTH, Roster

GROUPS: dict[str, tuple[str, str]] = {
    "policy": ("政策宣讲", "explaining policy"),
    "mediation": ("矛盾调解", "mediation"),
    "patrol": ("治安巡防", "neighbourhood patrol"),
    "environment": ("环境整治", "clean-up"),
    "care": ("扶老助幼", "care for old and young"),
    "law": ("法律服务", "legal help"),
    "culture": ("文体活动", "culture and sport"),
    "emergency": ("应急互助", "help in emergencies"),
}
"""The eight volunteer groups."""

DISPUTE = "ex_dispute"
SEATS: dict[str, tuple[str, ...]] = {
    "three": ("township_duty", "police_station", "grid_worker"),
    "n": ("grid_leader", "tun_head"),
    "x": ("justice_office", "mediation"),
}
"""Roles of each seat: one of each role of the three, everybody of N and of X around the place."""

CHECKS: dict[str, tuple[str, str]] = {
    "hazard": ("安全隐患", "hazards"),
    "care": ("困难与关爱需求", "hardship and need of care"),
    "fraud_safety": ("反诈与治安防范", "fraud and safety"),
    "surroundings": ("环境与设施", "surroundings and facilities"),
}
"""The four things that are looked at with every visit."""

STEPS: tuple[tuple[str, str, str], ...] = (
    ("网格、屯", "grid or hamlet", "1wd"),
    ("村、社区", "village or community", "2wd"),
    ("司法所", "justice office", "2wd"),
    ("乡镇综治中心", "township centre", "2wd"),
)
"""The four levels a dispute climbs, seven working days in all."""


class Answer(StrEnum):
    """What was found of one of the four checks."""

    FINE = "fine"
    FOUND = "found"
    NOT_LOOKED = "not_looked"


class Result(StrEnum):
    """How a mediation ends."""

    AGREED = "agreed"
    REFERRED = "referred"


@dataclass(frozen=True, slots=True)
class Member:
    """One person of a squad.

    Attributes:
        username: Who.
        seat: ``three``, ``n`` or ``x``.
        role: As what, a role of the taxonomy.
    """

    username: str
    seat: str
    role: str


@dataclass(frozen=True, slots=True)
class Squad:
    """A squad, and the roles of the three for which nobody is on the roster."""

    members: tuple[Member, ...]
    missing: tuple[str, ...]


def form(roster: Roster, grid_code: str, at: datetime) -> Squad:
    """The squad for a place: whoever is on duty around it; one person takes one seat.

    Args:
        roster: Who is on duty.
        grid_code: Where the dispute is.
        at: Now, aware.
    """
    found: dict[str, Member] = {}
    missing = []
    for role in SEATS["three"]:
        people = sorted(
            roster.people(role, grid_code, at, BOTH),
            key=lambda item: (-(item.duty.level(grid_code) or 0), item.username),
        )
        free = [item.username for item in people if item.username not in found]
        if free:
            found[free[0]] = Member(free[0], "three", role)
        else:
            missing.append(role)
    for seat in ("n", "x"):
        for role in SEATS[seat]:
            for item in roster.people(role, grid_code, at, BOTH):
                found.setdefault(item.username, Member(item.username, seat, role))
    return Squad(tuple(found.values()), tuple(missing))


def step_due(number: int, begun_at: datetime, calendar: WorkCalendar) -> datetime:
    """When a level has to be done with a dispute.

    Args:
        number: Of the level, from 1.
        begun_at: When it took the dispute, aware.
        calendar: Working days.
    """
    return due_at(begun_at, _limit(number), calendar)


def next_step(number: int) -> int | None:
    """The level after this one; None after the last."""
    return number + 1 if number < len(STEPS) else None


def unanswered(checks: Iterable[str]) -> tuple[str, ...]:
    """Which of the four checks a visit left out; "not looked" is an answer, silence is none."""
    given = set(checks)
    return tuple(name for name in CHECKS if name not in given)


def _limit(number: int) -> Limit:
    return parse_limit(STEPS[number - 1][2])
