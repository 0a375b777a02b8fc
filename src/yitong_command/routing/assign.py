"""Which grid a place lies in, and who is sent there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from yitong_command.domain.county import County
from yitong_command.domain.geometry import Place
from yitong_command.domain.grid import Grid
from yitong_command.domain.roster import A_ONLY, Duty, OnDuty, Post, Roster
from yitong_command.domain.taxonomy import Category, Group, Taxonomy

FALLBACK_ROLE = "grid_worker"
CHAINS: dict[str, tuple[str, ...]] = {
    "unit_head": ("unit_head", "building_head", "grid_leader"),
    "property_mgr": ("property_mgr", "xiaoqu_head"),
    "tun_head": ("tun_head", "community_sec"),
}
"""Who comes next when the first role is not there, before the grid worker."""
LAST_ROLE = "township_duty"
MISSES = 3
"""After so many who did not take a task, the township's duty gets it."""


@dataclass(frozen=True, slots=True)
class Route:
    """The one person to send.

    Attributes:
        username: The person's account.
        post: A or B.
        role: The role in which the person is sent.
        reason_zh: Why this one, in Chinese.
        reason_en: Why this one, in English.
    """

    username: str
    post: Post
    role: str
    reason_zh: str = ""
    reason_en: str = ""


@dataclass(frozen=True, slots=True)
class Staff:
    """Who could be sent now.

    Attributes:
        roster: Duties, leave and swaps.
        posts: Posts that are filled.
        open_tasks: Open tasks of each person; nobody else has one.
        missed: Who was asked already and did not take it.
    """

    roster: Roster
    posts: frozenset[Post] = A_ONLY
    open_tasks: Mapping[str, int] = field(default_factory=dict)
    missed: frozenset[str] = frozenset()


def grid_of(place: Place, grids: tuple[Grid, ...]) -> Grid | None:
    """The grid the place lies in; None if there is none, or more than one."""
    found = [grid for grid in grids if grid.holds(place)]
    return found[0] if len(found) == 1 else None


def on_duty(roster: tuple[Duty, ...], role: str, grid_code: str, at: datetime) -> tuple[Duty, ...]:
    """Everyone on an A post who does this role in this grid now, one line a person."""
    return tuple(item.duty for item in Roster(roster).people(role, grid_code, at))


def roles_for(category: Category) -> tuple[str, ...]:
    """Roles that are asked, one after the other.

    A grid worker is never sent to what is the police's: a theft in progress or a fight.
    """
    chain = CHAINS.get(category.first, (category.first,))
    if category.group is Group.PUBLIC_SECURITY or FALLBACK_ROLE in chain:
        return chain
    return (*chain, FALLBACK_ROLE)


def route(
    county: County,
    category: Category,
    grid_code: str | None,
    at: datetime,
    staff: Staff | None = None,
) -> Route | None:
    """Who is sent without asking, or None if an operator has to choose.

    Of those who do the category's first role there now, the one whose area is the smallest
    around the place, then the one with the fewest open tasks, then the first by name; if nobody
    has that role, the next of its chain, at last the grid worker.

    Args:
        county: Taxonomy, and the roster that holds if ``staff`` is not given.
        category: What it is about.
        grid_code: Where it lies, or None.
        at: Now.
        staff: Who could be sent.
    """
    if grid_code is None:
        return None
    staff = staff or Staff(Roster(county.roster))
    roles = (LAST_ROLE,) if len(staff.missed) >= MISSES else (*roles_for(category), LAST_ROLE)
    if not staff.missed:
        roles = roles_for(category)
    for role in roles:
        people = [
            item
            for item in staff.roster.people(role, grid_code, at, staff.posts)
            if item.username not in staff.missed
        ]
        if people:
            return _chosen(people, grid_code, role, staff, county.taxonomy)
    return None


def _chosen(
    people: list[OnDuty], grid_code: str, role: str, staff: Staff, taxonomy: Taxonomy
) -> Route:
    def rank(item: OnDuty) -> tuple[int, str, int, str]:
        level = item.duty.level(grid_code) or 0
        # The everyday post goes first: B comes to help, not to replace.
        return -level, item.duty.post, staff.open_tasks.get(item.username, 0), item.username

    best = min(people, key=rank)
    zh, en = _words(best, people, role, grid_code, staff, taxonomy)
    return Route(best.username, best.duty.post, role, zh, en)


def _words(
    best: OnDuty,
    people: list[OnDuty],
    role: str,
    grid_code: str,
    staff: Staff,
    taxonomy: Taxonomy,
) -> tuple[str, str]:
    words = taxonomy.roles.get(role)
    zh, en = (words.zh, words.en) if words else (role, role)
    tasks = staff.open_tasks.get(best.username, 0)
    level_zh, level_en = _LEVELS.get(best.duty.level(grid_code) or 0, ("本网格", "this grid"))
    if len(people) == 1:
        zh, en = f"{zh},在班仅此一人", f"{en}, the only one on duty"
    else:
        zh = f"{zh},{len(people)} 人在班,选{level_zh}、在办 {tasks} 件最少者"
        en = f"{en}, of {len(people)} on duty: {level_en}, fewest open tasks ({tasks})"
    if best.stands_in_for:
        zh, en = f"{zh}(替 {best.stands_in_for} 班)", f"{en} (stands in for {best.stands_in_for})"
    return zh, en


_LEVELS = {
    0: ("全县", "whole county"), 6: ("全县", "whole county"), 9: ("本乡镇", "this township"),
    12: ("本村(社区)", "this village"), 16: ("本小区", "this compound"),
    19: ("本楼栋", "this building"), 21: ("本单元", "this unit"),
}  # fmt: skip
