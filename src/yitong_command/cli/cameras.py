"""`yitong cameras`: bringing cameras in, looking after them, taking them out."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.cli.camera_store import (
    ask_login,
    author,
    import_table,
    with_session,
)
from yitong_command.cli.camera_store import records as records_of
from yitong_command.cli.options import ConfigOption, DataOption, plain_errors, say, settings_for
from yitong_command.errors import ConfigError
from yitong_command.settings.camera_table import COLUMNS

_COLUMNS_HELP = "\n\n".join(
    f"{c.titles[0]} ({c.name}){'*' if c.needed else ''}: {c.about[0]} / {c.about[1]}"
    for c in COLUMNS
)
cameras = typer.Typer(
    help="摄像头: 导入、检查、停用 / bring cameras in, check them, take them out",
    no_args_is_help=True,
)
JsonOption = Annotated[bool, typer.Option("--json", help="每行一个 JSON / JSON lines")]


@cameras.command("import", help=f"""导入摄像头 / cameras from a CSV or Excel table, or from ONVIF.

Shows what would be added, changed and refused, with the reason for every row; --apply writes it.
A row that is wrong never holds up the others. Columns (* needed for a new camera):

{_COLUMNS_HELP}""")  # fmt: skip
def import_cameras(
    file: Annotated[Path | None, typer.Argument(help="CSV 或 XLSX 文件 / table")] = None,
    onvif: Annotated[
        str | None, typer.Option(help="探测这些地址 / probe 192.0.2.10,192.0.2.11-20")
    ] = None,
    user: Annotated[
        str | None, typer.Option(help="登录名, 密码另行询问 / login name; asks for the password")
    ] = None,
    password_env: Annotated[
        str | None, typer.Option(help="存密码的环境变量 / variable that holds the password")
    ] = None,
    stream: Annotated[str, typer.Option(help="main | sub 码流 / which stream")] = "sub",
    place: Annotated[
        str, typer.Option(help='位置 / "lon,lat,CGCS2000" for new ONVIF cameras')
    ] = "",
    save: Annotated[
        Path | None, typer.Option(help="把探测结果存成 CSV 填写 / write a CSV to fill in")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="真正写入 / write it")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Cameras from a table, or from what answers ONVIF."""
    from yitong_command.cli.camera_probe import probe_all, rows_of, show_devices
    from yitong_command.settings.camera_table import read_table, table_of, write_table
    from yitong_command.sources.probe import addresses

    with plain_errors():
        if (file is None) == (onvif is None):
            raise ConfigError("yitong cameras import", "", "给一个文件或 --onvif / FILE or --onvif")
        if stream not in {"main", "sub"}:
            raise ConfigError("yitong cameras import", "--stream", "main | sub")
        settings = settings_for("cameras", config=config, data=data)
        login = ask_login(user, password_env)
        if file is not None:
            import_table(settings, read_table(file), login, write=apply)
            return
        try:
            urls = addresses(onvif or "")
        except ValueError as exc:
            raise ConfigError("yitong cameras import", "--onvif", str(exc)) from exc
        console = Console()
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("ONVIF", total=len(urls))
            found = asyncio.run(probe_all(urls, login, lambda: progress.advance(task)))
        show_devices(console, found)
        records = with_session(settings, records_of)
        rows = rows_of(found, records, stream, place)
        if save is not None:
            write_table(save, rows)
            say(f"已存 {len(rows)} 行, 填好后导入 / saved; fill in and import: {save}")
            return
        if rows:
            names = [column.name for column in COLUMNS]
            lines = [names, *([row.get(name, "") for name in names] for row in rows)]
            import_table(settings, table_of(Path("ONVIF"), lines), login, write=apply)


@cameras.command("list")
def list_cameras(
    json_lines: JsonOption = False, config: ConfigOption = None, data: DataOption = None
) -> None:
    """列出摄像头 / all cameras with version, author and zones."""
    with plain_errors():
        records = with_session(settings_for("cameras", config=config, data=data), records_of)
        table = Table(title="摄像头 / cameras", title_justify="left")
        for title in ("编号 / id", "名称 / name", "地址 / address", "区域 / zones", "登录 / login",
                      "版本 / version"):  # fmt: skip
            table.add_column(title, overflow="fold")
        for camera_id, record in records.items():
            if record.removed:
                continue
            camera = record.camera
            if json_lines:
                print(json.dumps({
                    "camera_id": camera_id, "name_zh": camera.name_zh, "kind": camera.kind.value,
                    "url": camera.url, "zones": len(camera.zones), "version": record.version,
                    "author": record.author, "at": record.at.isoformat(),
                    "login": record.login is not None,
                }, ensure_ascii=False))  # fmt: skip
            table.add_row(
                camera_id, camera.name_zh, camera.url, str(len(camera.zones)),
                "有 yes" if record.login else "-", f"{record.version} · {record.author}",
            )  # fmt: skip
        if not json_lines:
            Console().print(table)


@cameras.command()
def remove(
    ids: Annotated[list[str], typer.Argument(help="编号 / ids")],
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """停用摄像头 / have cameras watched no more; their history stays."""
    from yitong_command.storage import audit
    from yitong_command.storage.camera_records import remove_camera

    with plain_errors():
        settings = settings_for("cameras", config=config, data=data)

        async def act(session: AsyncSession) -> None:
            at, who = datetime.now(UTC), author()
            for camera_id in ids:
                await remove_camera(session, camera_id, at, who)
                await audit.record(session, at, who, "shell", "camera_removed", camera_id)

        with_session(settings, act)
        say(f"已停用 / removed: {', '.join(ids)}")


@cameras.command()
def check(
    ids: Annotated[list[str] | None, typer.Argument(help="编号, 不写则全部 / ids, or all")] = None,
    sheet: Annotated[
        Path | None, typer.Option(help="拼图, 人和车牌打码 / contact sheet, persons masked")
    ] = None,
    for_s: Annotated[
        float, typer.Option("--for", min=3, help="每路最多看几秒 / longest watch per camera, s")
    ] = 12.0,
    json_lines: JsonOption = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """检查摄像头 / reachable, codec, GOP, resolution, clock, with advice; exit 1 if one is not."""
    from yitong_command.cli.camera_check import as_json, contact_sheet, judge, show, write_sheet
    from yitong_command.settings.secrets import find_vault
    from yitong_command.sources.probe_stream import check_streams
    from yitong_command.vision.registry import load_registry

    with plain_errors():
        settings = settings_for("cameras", config=config, data=data)
        records = {k: r for k, r in with_session(settings, records_of).items() if not r.removed}
        unknown = sorted(set(ids or ()) - set(records))
        if unknown:
            raise ConfigError("yitong cameras check", "", f"没有 / no such: {', '.join(unknown)}")
        chosen = {key: records[key] for key in (ids or records)}
        vault = find_vault(settings.key_file) if any(r.login for r in chosen.values()) else None
        targets = {
            key: (r.camera.url, vault.open_login(r.login) if vault and r.login else None)
            for key, r in chosen.items()
        }
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("检查 / checking", total=len(targets))
            found = check_streams(
                targets, lambda: datetime.now(UTC), for_s,
                progress=lambda done: progress.update(task, completed=done),
            )  # fmt: skip
        verdicts = [judge(r.camera, found[key]) for key, r in chosen.items()]
        if json_lines:
            for verdict in verdicts:
                print(json.dumps(as_json(verdict), ensure_ascii=False))
        else:
            show(Console(), verdicts)
        if sheet is not None:
            detector = load_registry(settings.models_dir).detector("vehicles")
            write_sheet(sheet, contact_sheet(verdicts, detector))
            say(f"拼图 / contact sheet: {sheet}")
        raise typer.Exit(0 if all(v.check.reachable for v in verdicts) else 1)
