"""Who is on duty at a moment, grid by grid."""

from __future__ import annotations

from datetime import datetime

from yitong_command.domain.county import County
from yitong_command.domain.mode import Mode
from yitong_command.domain.roles import Role, in_area
from yitong_command.domain.roster import BOTH, OnDuty
from yitong_command.storage import rosters, staff
from yitong_command.storage.known_modes import active_modes
from yitong_command.storage.names import names_of
from yitong_command.storage.session import transaction
from yitong_command.web.auth.service import Person
from yitong_command.web.context import Web
from yitong_command.web.rosters.schemas import DutyNow, GridDuty, OnDutyOut

NAMED = 3


async def duty_now(web: Web, person: Person, at: datetime) -> DutyNow:
    """Everybody on duty, and for each grid who of them is there."""
    async with transaction(web.readers) as session:
        roster = await rosters.current(session, web.county)
        modes = await active_modes(session, at)
        found = [item for item in roster.now(at, BOTH) if item.duty.post == "A" or modes]
        found = [item for item in found if item.duty.post == "A" or _joins(item, modes)]
        names = {item.username for item in found}
        known = await names_of(session, names)
        tasks = await staff.open_tasks(session, names)
    people = tuple(_person(item, web.county, known, tasks, at) for item in found)
    return DutyNow(at=at, people=people, grids=_grids(web.county, person, found))


def _grids(county: County, person: Person, found: list[OnDuty]) -> tuple[GridDuty, ...]:
    everywhere = person.role is Role.WORKER
    return tuple(
        GridDuty(
            code=grid.code,
            name_zh=grid.name_zh,
            name_en=grid.name_en,
            people=tuple(number for number, item in enumerate(found) if _serves(item, grid.code)),
        )
        for grid in county.grids
        if everywhere or in_area(person.role, person.user.grid_codes, grid.code)
    )


def _serves(item: OnDuty, grid_code: str) -> bool:
    """Around the grid, or in a part of it."""
    grids = item.duty.grids
    return grids is None or any(
        grid_code.startswith(code) or code.startswith(grid_code) for code in grids
    )


def _joins(item: OnDuty, modes: tuple[Mode, ...]) -> bool:
    grids = item.duty.grids
    return any(
        grids is None or any(code.startswith(area) or area.startswith(code) for code in grids)
        for mode in modes
        for area in mode.areas
    )


def _person(
    item: OnDuty,
    county: County,
    known: dict[str, tuple[str, str]],
    tasks: dict[str, int],
    at: datetime,
) -> OnDutyOut:
    duty = item.duty
    words = county.taxonomy.roles.get(duty.role)
    zh, en = known.get(item.username, (item.username, item.username))
    codes = tuple(sorted(duty.grids)) if duty.grids is not None else None
    span = duty.shift.span_at(at) if duty.shift else None
    return OnDutyOut(
        username=item.username,
        name_zh=zh,
        name_en=en,
        has_account=item.username in known,
        post=duty.post,
        role=duty.role,
        role_zh=words.zh if words else duty.role,
        role_en=words.en if words else duty.role,
        areas=codes,
        areas_zh=_names(county, codes, 0),
        areas_en=_names(county, codes, 1),
        stands_in_for=item.stands_in_for,
        shift_until=span.end if span else duty.until_at,
        open_tasks=tasks.get(item.username, 0),
        joined=duty.post == "B",
    )


def _names(county: County, codes: tuple[str, ...] | None, language: int) -> str:
    if codes is None:
        return ("全县", "whole county")[language]
    areas = [county.areas[code] for code in codes if code in county.areas]
    names = [(area.name_zh, area.name_en)[language] for area in areas[:NAMED]]
    text = ("、", ", ")[language].join(names)
    if len(codes) > len(names):
        text += (f"等 {len(codes)} 处", f" and {len(codes) - len(names)} more")[language]
    return text
