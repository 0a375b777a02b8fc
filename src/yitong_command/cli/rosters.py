"""`yitong rosters`: duties into the database, and who is on duty."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from yitong_command.cli.options import ConfigOption, DataOption, plain_errors, say, settings_for
from yitong_command.domain.county import County
from yitong_command.domain.roster import Duty, OnDuty
from yitong_command.errors import ConfigError
from yitong_command.settings.environment import Settings

rosters = typer.Typer(help="排班 / rosters", no_args_is_help=True)
AtOption = Annotated[
    str | None, typer.Option("--at", metavar="TIME", help="时刻, 如 2026-11-23T20:00+08:00 / when")
]


@rosters.callback()
def _rosters() -> None:
    """Commands about rosters."""


@rosters.command("import")
def import_roster(
    file: Annotated[Path, typer.Argument(help="与 rosters.yaml 同格式 / as rosters.yaml")],
    author: Annotated[str, typer.Option(help="谁导入 / who imports")],
    apply: Annotated[bool, typer.Option("--apply", help="写入 / write it")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """导入排班 / take the lines of a file into the database; audited, versions kept.

    Lines that this author imported before and that are not in the file any more are taken off;
    other people's lines stay. Without --apply nothing is written.
    """
    from yitong_command.settings.county import load_county
    from yitong_command.settings.roster import load_roster

    with plain_errors():
        settings = settings_for("rosters", config=config, data=data)
        county = load_county(settings)
        duties = load_roster(file, county.taxonomy.roles, county.areas)
        say(f"{file}: {len(duties)} 行 / lines")
        if not apply:
            say("未写入, 加 --apply 写入 / nothing written, --apply writes")
            return
        added, removed = asyncio.run(_import(settings, duties, f"import:{author}"))
        say(f"新增 / added: {added}, 撤下 / taken off: {removed}")


@rosters.command("now")
def now(at: AtOption = None, config: ConfigOption = None, data: DataOption = None) -> None:
    """谁在班 / who is on duty, from the database."""
    from yitong_command.settings.county import load_county

    with plain_errors():
        settings = settings_for("rosters", config=config, data=data)
        county = load_county(settings)
        moment = _moment(at)
        for item in asyncio.run(_now(settings, county, moment)):
            role = county.taxonomy.roles[item.duty.role]
            areas = "*" if item.duty.grids is None else " ".join(sorted(item.duty.grids))
            instead = f" (替/for {item.stands_in_for})" if item.stands_in_for else ""
            say(f"{item.username}{instead}  {role.zh} / {role.en}  {areas}")


def _moment(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as exc:
        raise ConfigError("yitong rosters now", "--at", f"not a time: {text}") from exc
    if moment.tzinfo is None:
        raise ConfigError("yitong rosters now", "--at", "needs its zone, for example +08:00")
    return moment


async def _import(settings: Settings, duties: tuple[Duty, ...], author: str) -> tuple[int, int]:
    from yitong_command.storage.migrate import upgrade
    from yitong_command.storage.roster_seeds import seed_roster
    from yitong_command.storage.session import make_engine, make_sessions, transaction

    await asyncio.to_thread(upgrade, settings.database_url)
    engine = make_engine(settings.database_url)
    try:
        async with transaction(make_sessions(engine)) as session:
            return await seed_roster(session, duties, datetime.now(UTC), author=author)
    finally:
        await engine.dispose()


async def _now(settings: Settings, county: County, at: datetime) -> tuple[OnDuty, ...]:
    from yitong_command.storage.rosters import current
    from yitong_command.storage.session import make_engine, make_readers, transaction

    engine = make_engine(settings.database_url)
    try:
        async with transaction(make_readers(engine)) as session:
            return (await current(session, county)).now(at)
    finally:
        await engine.dispose()
