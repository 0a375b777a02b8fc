"""What the camera commands share: the database, the vault, and asking for a login."""

from __future__ import annotations

import asyncio
import getpass
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

import typer
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.cli.camera_import import REFUSED, SAME, apply, plan, show
from yitong_command.cli.options import say
from yitong_command.errors import ConfigError
from yitong_command.settings.camera_table import CameraTable
from yitong_command.settings.county import load_county
from yitong_command.settings.environment import Settings
from yitong_command.settings.secrets import Login, make_vault
from yitong_command.storage import camera_records as store
from yitong_command.storage.camera_records import CameraRecord
from yitong_command.storage.migrate import upgrade
from yitong_command.storage.session import make_engine, make_sessions, transaction

T = TypeVar("T")


def with_session(settings: Settings, act: Callable[[AsyncSession], Awaitable[T]]) -> T:
    """Do something in one transaction of the installation's database.

    Raises:
        DatabaseDown: If it can't be reached.
    """
    upgrade(settings.database_url)

    async def run() -> T:
        engine = make_engine(settings.database_url)
        try:
            async with transaction(make_sessions(engine)) as session:
                return await act(session)
        finally:
            await engine.dispose()

    return asyncio.run(run())


async def records(session: AsyncSession) -> dict[str, CameraRecord]:
    """All cameras by their id, removed ones too."""
    found = await store.list_cameras(session, with_removed=True)
    return {record.camera.camera_id: record for record in found}


def ask_login(user: str | None, password_env: str | None) -> Login | None:
    """The login for cameras that have none; the password is never on the command line.

    Raises:
        ConfigError: If the variable is not set.
    """
    if user is None:
        return None
    if password_env is None:
        return user, getpass.getpass(f"{user} 的密码 / password of {user}: ")
    password = os.environ.get(password_env)
    if not password:
        raise ConfigError("yitong cameras", "--password-env", f"{password_env} 未设置 / is not set")
    return user, password


def author() -> str:
    """Who runs the command, as history and audit name them."""
    try:
        return f"cli:{getpass.getuser()}"[:64]
    except (KeyError, OSError):
        return "cli"


def import_table(
    settings: Settings, table: CameraTable, login: Login | None, *, write: bool
) -> None:
    """Show what a table would change, and change it if asked to.

    Raises:
        ConfigError: If the table has no row.
        typer.Exit: 1 if rows were refused; what was right is written all the same.
    """
    if not table.rows:
        raise ConfigError("yitong cameras import", "", "没有数据行 / there are no rows")
    county, vault = load_county(settings), make_vault(settings.key_file)

    async def act(session: AsyncSession) -> int:
        planned = plan(table, await records(session), county.grids, vault, login)
        show(Console(), planned, table.ignored)
        refused.extend(item.line for item in planned if item.status == REFUSED)
        waiting.extend(item.line for item in planned if item.status not in {REFUSED, SAME})
        if not write:
            return 0
        return await apply(session, planned, vault, datetime.now(UTC), author())

    refused: list[int] = []
    waiting: list[int] = []
    count = with_session(settings, act)
    if write:
        say(f"已写入 {count} 个摄像头, 几秒内采用 / {count} cameras written, used within seconds")
    elif waiting:
        say("以上只是预览, 加 --apply 才写入 / this was a preview; --apply writes it")
    if refused:
        raise typer.Exit(1)
