"""`yitong cases`: cases as files."""

from __future__ import annotations

import asyncio
import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TextIO

import typer

from yitong_command.cli.options import ConfigOption, DataOption, plain_errors, say, settings_for
from yitong_command.errors import ConfigError
from yitong_command.settings.environment import Settings
from yitong_command.storage.asks import CaseFilter

cases = typer.Typer(help="案件 / cases", no_args_is_help=True)
FORMS = {".csv": "csv", ".geojson": "geojson"}
Several = Annotated[list[str] | None, typer.Option(help="可多次 / may be given again")]


@cases.callback()
def _cases() -> None:
    """Commands about cases."""


@cases.command()
def export(
    out: Annotated[Path, typer.Argument(help="文件 .csv 或 .geojson / file, .csv or .geojson")],
    state: Several = None,
    category: Several = None,
    grid: Several = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """导出案件, 受保护的只到大类 / write cases to a file; audited, no protected details."""
    with plain_errors():
        settings = settings_for("cases", config=config, data=data)
        form = FORMS.get(out.suffix.casefold())
        if form is None:
            raise ConfigError(str(out), "", "应为 .csv 或 .geojson / must end in .csv or .geojson")
        wanted = CaseFilter(
            states=tuple(state or ()),
            categories=tuple(category or ()),
            grid_codes=tuple(grid or ()),
        )
        try:
            with out.open("w", encoding="utf-8", newline="") as file:
                asyncio.run(_write(settings, wanted, form, file, str(out.absolute())))
        except OSError as exc:
            raise ConfigError(str(out), "", f"写不进去 / can't be written: {exc}") from exc
    say(f"-> {out}")


async def _write(
    settings: Settings, wanted: CaseFilter, form: str, file: TextIO, name: str
) -> None:
    from yitong_command.settings.taxonomy import load_taxonomy
    from yitong_command.storage import audit
    from yitong_command.storage.case_sheet import sheet
    from yitong_command.storage.migrate import upgrade
    from yitong_command.storage.session import (
        make_engine,
        make_readers,
        make_sessions,
        transaction,
    )

    taxonomy = load_taxonomy(settings.config_dir / "taxonomy.yaml")
    await asyncio.to_thread(upgrade, settings.database_url)
    engine = make_engine(settings.database_url)
    detail = {"form": form, "states": wanted.states, "categories": wanted.categories,
              "grids": wanted.grid_codes, "file": name[-200:]}  # fmt: skip
    try:
        async with transaction(make_sessions(engine)) as session:
            await audit.record(
                session, datetime.now(UTC), _who(), "shell", "cases_exported", form, detail
            )
        async for piece in sheet(make_readers(engine), wanted, taxonomy, form):
            file.write(piece)
    finally:
        await engine.dispose()


def _who() -> str:
    try:
        return getpass.getuser()[:64]
    except (KeyError, OSError):
        return "unknown"
