"""What people are to the system, what each role may do, and where. Pure.

One table of rights and one rule of area; every address, list and message is held to them. A role
says what a person may do, the area codes say where, and the detail roles of the taxonomy (an
attribute of the account, not a role) say whose protected details they may ask for.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Role(StrEnum):
    """What a person is to the system; ``SYSTEM`` is the system itself."""

    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    WORKER = "worker"
    ADMIN = "admin"
    AUDITOR = "auditor"
    WALL = "wall"
    SYSTEM = "system"


ROLE_WORDS: dict[Role, tuple[str, str]] = {
    Role.OPERATOR: ("值班员", "operator"),
    Role.SUPERVISOR: ("值班长", "duty leader"),
    Role.WORKER: ("处置人员", "worker"),
    Role.ADMIN: ("系统管理员", "administrator"),
    Role.AUDITOR: ("审计员", "auditor"),
    Role.WALL: ("大屏", "wall screen"),
    Role.SYSTEM: ("系统", "system"),
}

PEOPLE = frozenset(Role) - {Role.SYSTEM}
"""Roles that an account can have."""

DESK = frozenset({Role.OPERATOR, Role.SUPERVISOR})
"""Who decides on cases. An administrator does not: who makes accounts should see no case."""


class Right(StrEnum):
    """One thing that may be done."""

    SELF = "self"  # one's own session, password and words of the county
    CASES_SEE = "cases_see"  # cases and their pictures, in one's area
    CASES_MOVE = "cases_move"  # moves; the life cycle decides which
    DESK_WORK = "desk_work"  # alerts, dispatch, merge questions
    TASKS_OWN = "tasks_own"  # one's own tasks
    CAMERAS_SEE = "cameras_see"  # pictures, looks, states and zones, in one's area
    CAMERAS_STEER = "cameras_steer"  # ball cameras
    CAMERAS_SET = "cameras_set"  # zones and what a view usually looks like
    NUMBERS_SEE = "numbers_see"  # the counts that may hang on a wall: no single case
    WALL_SEE = "wall_see"  # the wall screen
    REPORTS_SEE = "reports_see"  # rates, lists and reports, for who has to answer for them
    STREAM_SEE = "stream_see"  # the live stream; what comes is filtered by role and area
    TOPICS_SEE = "topics_see"  # the published contract and samples of it
    DETAILS_SEE = "details_see"  # protected details; also needs a detail role, task and purpose
    LEAD = "lead"  # second signatures, mode switches, scores
    PEOPLE_SET = "people_set"  # accounts
    AUDIT_SEE = "audit_see"  # the audit log


GRANTS: dict[Role, frozenset[Right]] = {
    Role.OPERATOR: frozenset(
        {
            Right.SELF, Right.CASES_SEE, Right.CASES_MOVE, Right.DESK_WORK, Right.CAMERAS_SEE,
            Right.CAMERAS_STEER, Right.NUMBERS_SEE, Right.REPORTS_SEE, Right.STREAM_SEE,
            Right.TOPICS_SEE, Right.DETAILS_SEE, Right.WALL_SEE,
        }
    ),
    Role.SUPERVISOR: frozenset(
        {
            Right.SELF, Right.CASES_SEE, Right.CASES_MOVE, Right.DESK_WORK, Right.CAMERAS_SEE,
            Right.CAMERAS_STEER, Right.NUMBERS_SEE, Right.REPORTS_SEE, Right.STREAM_SEE,
            Right.TOPICS_SEE, Right.DETAILS_SEE, Right.WALL_SEE, Right.LEAD,
        }
    ),
    Role.WORKER: frozenset(
        {
            Right.SELF, Right.CASES_SEE, Right.CASES_MOVE, Right.TASKS_OWN, Right.STREAM_SEE,
            Right.DETAILS_SEE,
        }
    ),
    Role.ADMIN: frozenset(
        {
            Right.SELF, Right.CAMERAS_SEE, Right.CAMERAS_STEER, Right.CAMERAS_SET,
            Right.NUMBERS_SEE, Right.REPORTS_SEE, Right.STREAM_SEE, Right.TOPICS_SEE,
            Right.PEOPLE_SET,
        }
    ),
    Role.AUDITOR: frozenset({Right.SELF, Right.NUMBERS_SEE, Right.REPORTS_SEE, Right.AUDIT_SEE}),
    Role.WALL: frozenset(
        {Right.SELF, Right.NUMBERS_SEE, Right.STREAM_SEE, Right.CAMERAS_SEE, Right.WALL_SEE}
    ),
    Role.SYSTEM: frozenset(),
}  # fmt: skip


def may(right: Right) -> frozenset[Role]:
    """The roles that have this right."""
    return frozenset(role for role, rights in GRANTS.items() if right in rights)


def whole_county(role: Role, area: Iterable[str]) -> bool:
    """Whether somebody's area is the county: no codes, for all but workers."""
    return role is not Role.WORKER and not tuple(area)


def in_area(role: Role, area: Iterable[str], grid_code: str | None) -> bool:
    """Whether a grid lies in somebody's area.

    Args:
        role: Theirs; a worker without codes has no area, anybody else has the county.
        area: Codes of grids, villages or townships: a longer code that begins with one of them
            lies in it.
        grid_code: The grid, or None for what lies in none, which only the whole county sees.
    """
    codes = tuple(area)
    if whole_county(role, codes):
        return True
    return grid_code is not None and grid_code.startswith(codes) if codes else False
