"""Which grid a place lies in, and who is sent there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from yitong_command.domain.county import County
from yitong_command.domain.geometry import Place
from yitong_command.domain.grid import Grid
from yitong_command.domain.roster import Duty, Post
from yitong_command.domain.taxonomy import Category

FALLBACK_ROLE = "grid_worker"


@dataclass(frozen=True, slots=True)
class Route:
    """The one person to send.

    Attributes:
        username: The person's account.
        post: A or B.
        role: The role in which the person is sent.
    """

    username: str
    post: Post
    role: str


def grid_of(place: Place, grids: tuple[Grid, ...]) -> Grid | None:
    """The grid the place lies in; None if there is none, or more than one."""
    found = [grid for grid in grids if grid.holds(place)]
    return found[0] if len(found) == 1 else None


def on_duty(roster: tuple[Duty, ...], role: str, grid_code: str, at: datetime) -> tuple[Duty, ...]:
    """Everyone on an A post who does this role in this grid now, one line a person."""
    people: dict[str, Duty] = {}
    for duty in roster:
        if duty.post == "A" and duty.covers(grid_code, role, at):
            people.setdefault(duty.username, duty)
    return tuple(people.values())


def route(county: County, category: Category, grid_code: str | None, at: datetime) -> Route | None:
    """Who is sent without asking, or None if an operator has to choose.

    The category's first role on duty in the grid; if nobody has it, the grid worker. Two people
    for one role are a choice, and a choice is the operator's.
    """
    if grid_code is None:
        return None
    for role in (category.first, FALLBACK_ROLE):
        people = on_duty(county.roster, role, grid_code, at)
        if people:
            return Route(people[0].username, people[0].post, role) if len(people) == 1 else None
    return None
