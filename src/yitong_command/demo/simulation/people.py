"""The people of the simulated county: accounts, posts, shifts. All of them are made up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time

from yitong_command.domain.actor import Actor
from yitong_command.domain.clock import CHINA
from yitong_command.domain.county import County
from yitong_command.domain.roles import Role
from yitong_command.domain.roster import Duty, Shift
from yitong_command.storage.roster_seeds import seed_roster
from yitong_command.storage.session import Sessions, transaction
from yitong_command.storage.users import create_user
from yitong_command.storage.views import User

DAY = Shift(time(8), time(20))
NIGHT = Shift(time(20), time(8))
BAD_UNIT = "urban_mgmt"
"""The unit that is late with a quarter of its cases."""
GOOD_UNITS = frozenset({"police_station", "fire_brigade", "health_center", "gas_heat_co"})
IN_GRIDS = ("grid_worker", "grid_leader", "unit_head", "building_head", "xiaoqu_head",
            "property_mgr", "tun_head", "community_sec")  # fmt: skip
DESKS = {
    "desk-day": Actor("desk-day", Role.OPERATOR),
    "desk-night": Actor("desk-night", Role.OPERATOR),
    "desk-check": Actor("desk-check", Role.OPERATOR),
    "lead-day": Actor("lead-day", Role.SUPERVISOR),
    "lead-night": Actor("lead-night", Role.SUPERVISOR),
}
SEALED = "!"
"""No password opens these accounts."""


@dataclass(frozen=True, slots=True)
class Staffed:
    """The people by what they do.

    Attributes:
        duties: Lines of the roster.
        roles: Role of every worker by account.
        workers: As they act.
    """

    duties: tuple[Duty, ...]
    roles: dict[str, str]
    workers: dict[str, Actor]


def staff_of(county: County) -> Staffed:
    """People for every role that a case can be sent to or a ladder can tell."""
    codes = tuple(grid.code for grid in county.grids)
    duties = tuple(_duties(county, codes))
    workers = {
        duty.username: Actor(duty.username, Role.WORKER, duty.grids or frozenset(codes))
        for duty in duties
    }
    return Staffed(duties, {duty.username: duty.role for duty in duties}, workers)


def _duties(county: County, codes: tuple[str, ...]) -> Iterator[Duty]:
    for number, code in enumerate(codes, 1):
        here = frozenset({code})
        for role in IN_GRIDS:
            name = f"{role}-{number}"
            if role == "grid_worker":
                yield Duty(f"{name}-day", "A", role, here, shift=DAY)
                yield Duty(f"{name}-night", "A", role, here, shift=NIGHT)
                yield Duty(f"{name}-b", "B", role, here)
            else:
                yield Duty(name, "A", role, here)
    for role in county.taxonomy.roles:
        if role not in IN_GRIDS and role != "b_post":
            yield Duty(f"{role}-a", "A", role)
            yield Duty(f"{role}-b", "A", role)


async def settle(sessions: Sessions, staff: Staffed, at: datetime) -> None:
    """Write accounts and roster into the database, as an administrator would."""
    posts = {duty.username: duty for duty in staff.duties}
    people = [
        User(username=name, name_zh=f"{actor.role.value} {name}", name_en=name,
             role=actor.role.value, password_hash=SEALED)
        for name, actor in DESKS.items()
    ]  # fmt: skip
    people += [
        User(username=name, name_zh=f"{staff.roles[name]} {name}", name_en=name, role="worker",
             grid_codes=tuple(sorted(actor.grid_codes)), post=posts[name].post,
             detail_roles=(staff.roles[name],), password_hash=SEALED)
        for name, actor in staff.workers.items()
    ]  # fmt: skip
    async with transaction(sessions) as session:
        for user in people:
            await create_user(session, user)
        await seed_roster(session, staff.duties, at, author="simulation")


def desk_at(at: datetime) -> Actor:
    """Who sits at the desk."""
    return DESKS["desk-day" if _is_day(at) else "desk-night"]


def leader_at(at: datetime) -> Actor:
    """Who leads the shift."""
    return DESKS["lead-day" if _is_day(at) else "lead-night"]


def _is_day(at: datetime) -> bool:
    return DAY.begins <= at.astimezone(CHINA).time() < DAY.ends
