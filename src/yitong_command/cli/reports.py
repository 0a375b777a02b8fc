"""`yitong reports`: tables of reports, once or from a folder that is watched."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from yitong_command.cli.options import ConfigOption, DataOption, plain_errors, settings_for
from yitong_command.errors import ConfigError

reports = typer.Typer(help="上报 / reports", no_args_is_help=True)
PlatformOption = Annotated[
    str, typer.Option(help="以哪个平台的名义 / on behalf of which platform of platforms.yaml")
]


@reports.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="CSV 或 Excel / CSV or Excel")],
    platform: PlatformOption = "county-table",
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """导入一张表, 逐行答复 / take the reports of a table; each row is answered.

    The same row again changes nothing. Exit code 1 if a row was refused.
    """
    from yitong_command.cli.report_tables import line_of, table_platform, take_once

    with plain_errors():
        settings = settings_for("reports", config=config, data=data)
        answers = asyncio.run(take_once(settings, table_platform(settings, platform), file))
        for answer in answers:
            print(line_of(answer))
        if any(answer.status == "refused" for answer in answers):
            raise typer.Exit(1)


@reports.command("drop")
def drop(
    folder: Annotated[Path, typer.Argument(help="投放目录 / folder to watch")],
    platform: PlatformOption = "county-table",
    every_s: Annotated[float, typer.Option("--every", min=0.1, help="秒 / seconds")] = 5.0,
    once: Annotated[bool, typer.Option(help="看一遍就结束 / look once, then end")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """监视目录: 表格放进来就导入 / tables dropped into a folder are taken.

    A file is taken once it has not changed for two seconds. Then it lies in ``done`` or
    ``refused``, beside a table that answers every row.
    """
    from yitong_command.cli.report_tables import table_platform, watch

    with plain_errors():
        settings = settings_for("reports", config=config, data=data)
        if not folder.is_dir():
            raise ConfigError(str(folder), "", "不是目录 / this is no folder")
        asyncio.run(watch(settings, table_platform(settings, platform), folder, every_s, once))
