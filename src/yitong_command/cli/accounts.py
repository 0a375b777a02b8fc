"""Accounts: those of a demo run, and `yitong users add`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from yitong_command.domain.county import County
from yitong_command.domain.roles import PEOPLE
from yitong_command.domain.roster import Duty
from yitong_command.errors import ConfigError
from yitong_command.settings.county import load_county
from yitong_command.settings.environment import Settings
from yitong_command.storage.migrate import upgrade
from yitong_command.storage.session import make_engine, make_sessions
from yitong_command.web.auth.passwords import Passwords
from yitong_command.web.auth.seed import ensure_user

ROLES = tuple(sorted(PEOPLE))


@dataclass(frozen=True, slots=True)
class DemoUser:
    """A user of one demo run."""

    username: str
    name_zh: str
    name_en: str
    role: str
    grid_codes: tuple[str, ...]
    post: str | None
    password: str
    phone: str = ""


def prepare_database(settings: Settings, users: list[DemoUser]) -> None:
    """Bring the database to the newest schema and save these users."""
    upgrade(settings.database_url)
    asyncio.run(_save(settings, users))


async def add_user(  # noqa: PLR0913 - one argument per column
    settings: Settings,
    username: str,
    name_zh: str,
    name_en: str,
    role: str,
    grids: list[str] | None,
    post: str | None,
    password: str,
) -> None:
    """Save one account.

    Raises:
        ConfigError: If role, post or a grid does not exist, or the password is too short.
    """
    known = {grid.code for grid in load_county(settings).grids}
    unknown = sorted(set(grids or ()) - known)
    if role not in ROLES:
        raise ConfigError("yitong users add", "--role", f"one of {', '.join(ROLES)}")
    if post not in (None, "A", "B"):
        raise ConfigError("yitong users add", "--post", "A or B")
    if unknown:
        raise ConfigError("yitong users add", "--grid", f"no such grid: {', '.join(unknown)}")
    if len(password) < 8:
        raise ConfigError("yitong users add", "--password", "at least 8 characters")
    await asyncio.to_thread(upgrade, settings.database_url)
    user = DemoUser(username, name_zh, name_en, role, tuple(grids or ()), post, password)
    await _save(settings, [user])


async def _save(settings: Settings, users: list[DemoUser]) -> None:
    engine = make_engine(settings.database_url)
    sessions, passwords = make_sessions(engine), Passwords()
    try:
        for user in users:
            await ensure_user(
                sessions, user.username, user.name_zh, user.name_en, user.role,
                user.grid_codes, user.post, user.password, passwords, phone=user.phone,
            )  # fmt: skip
    finally:
        await engine.dispose()


def demo_users(settings: Settings, password: Callable[[], str]) -> list[DemoUser]:
    """The users of a demo run: two operators, their leader, an admin, and everybody on the roster.

    Args:
        settings: Where the county is.
        password: Makes a new password.
    """
    return [
        DemoUser("desk", "值班员一", "Desk One", "operator", (), None, password()),
        DemoUser("desk2", "值班员二", "Desk Two", "operator", (), None, password()),
        DemoUser("lead", "值班长", "Duty Leader", "supervisor", (), None, password()),
        DemoUser("admin", "管理员", "Administrator", "admin", (), None, password()),
        *_people(load_county(settings), password),
    ]


def _people(county: County, password: Callable[[], str]) -> list[DemoUser]:
    everywhere = tuple(sorted(grid.code for grid in county.grids))
    duties: dict[str, list[Duty]] = {}
    for duty in county.roster:
        duties.setdefault(duty.username, []).append(duty)
    people: list[DemoUser] = []
    for username, own in duties.items():
        grids = {code for duty in own for code in (duty.grids or everywhere)}
        role = county.taxonomy.roles[own[0].role]
        people.append(
            DemoUser(
                username, f"演示{role.zh}", f"Demo {role.en}",
                "worker", tuple(sorted(grids)), own[0].post, password(),
                f"0434-555{len(people) + 1:04d}",
            )
        )  # fmt: skip
    return people
