"""Who is on duty, from `rosters.yaml`."""

from __future__ import annotations

from collections.abc import Container
from datetime import time
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from yitong_command.domain.roster import EVERY_DAY, Duty, Shift
from yitong_command.errors import ConfigError
from yitong_command.settings.files import Strict, check, read_yaml

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_Hours = Annotated[
    str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$")
]


class _ShiftFile(Strict):
    hours: _Hours
    days: tuple[Day, ...] = DAYS


class _DutyFile(Strict):
    post: Literal["A", "B"]
    role: str
    username: str = Field(pattern=r"^[a-z0-9._-]+$", max_length=64)
    grids: Literal["*"] | tuple[str, ...]
    from_at: AwareDatetime | None = Field(None, alias="from")
    until: AwareDatetime | None = None
    shift: _ShiftFile | None = None


class _RosterFile(Strict):
    duties: tuple[_DutyFile, ...]


def load_roster(path: Path, roles: Container[str], grid_codes: Container[str]) -> tuple[Duty, ...]:
    """All duties in a file.

    Args:
        path: The file.
        roles: Role slugs of the taxonomy.
        grid_codes: Codes of the county's areas of every level.

    Raises:
        ConfigError: Naming file and key: a role or grid that does not exist, a line for no grid,
            a line that ends before it begins, a line twice.
    """
    duties: list[Duty] = []
    for index, item in enumerate(check(_RosterFile, path, read_yaml(path)).duties):
        key = f"duties.{index}"
        if item.role not in roles:
            raise ConfigError(str(path), f"{key}.role", f"there is no role {item.role!r}")
        grids = None if item.grids == "*" else frozenset(item.grids)
        if grids is not None and not grids:
            raise ConfigError(str(path), f"{key}.grids", 'name a grid, or "*" for all')
        for code in sorted(grids or ()):
            if code not in grid_codes:
                raise ConfigError(str(path), f"{key}.grids", f"there is no area {code!r}")
        if item.from_at and item.until and item.until <= item.from_at:
            raise ConfigError(str(path), f"{key}.until", "it ends before it begins")
        duty = Duty(
            item.username, item.post, item.role, grids, item.from_at, item.until, _shift(item)
        )
        if duty in duties:
            raise ConfigError(str(path), key, "this line is there twice")
        duties.append(duty)
    return tuple(duties)


def _shift(item: _DutyFile) -> Shift | None:
    if item.shift is None:
        return None
    begins, _, ends = item.shift.hours.partition("-")
    days = frozenset(DAYS.index(day) for day in item.shift.days)
    return Shift(time.fromisoformat(begins), time.fromisoformat(ends), days or EVERY_DAY)
