"""`yitong audit`: the chain over the audit log."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from yitong_command.cli.options import ConfigOption, DataOption, plain_errors, say, settings_for
from yitong_command.settings.environment import Settings

audit = typer.Typer(help="审计日志 / the audit log", no_args_is_help=True)


@audit.command()
def verify(
    anchors: Annotated[
        Path | None, typer.Option(help="锚点文件, 默认为数据目录中的 / file with the anchors")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """逐行校验审计链, 指出第一处被改动的行 / walk the chain and name the first broken row.

    Exit code 0 if every row is as it was written and nothing was taken out, 1 if not.
    """
    with plain_errors():
        settings = settings_for("audit", config=config, data=data)
        whole = asyncio.run(_verify(settings, anchors, as_json))
    raise typer.Exit(0 if whole else 1)


@audit.command()
def seal(config: ConfigOption = None, data: DataOption = None) -> None:
    """给新的审计行加上链, 并记下锚点 / seal the rows that wait, and anchor the head."""
    with plain_errors():
        settings = settings_for("audit", config=config, data=data)
        count, head = asyncio.run(_seal(settings))
        say(f"已加链 {count} 行, 末行 {head} / {count} rows sealed, the last is {head}")


async def _verify(settings: Settings, anchors: Path | None, as_json: bool) -> bool:
    from yitong_command.storage import sealing
    from yitong_command.storage.anchors import anchors_file, read_anchors
    from yitong_command.storage.session import make_engine, make_readers, transaction

    known = read_anchors(anchors or anchors_file(settings.data_dir))
    engine = make_engine(settings.database_url)
    try:
        async with transaction(make_readers(engine)) as session:
            found = await sealing.verify(session, known)
    finally:
        await engine.dispose()
    broken = found.broken
    if as_json:
        body = {
            "rows": found.rows, "head_seq": found.head.seq, "head_hash": found.head.hash,
            "unsealed": found.waiting.count, "anchors": found.anchors, "whole": broken is None,
            "broken_seq": broken.seq if broken else None,
            "broken_id": broken.row_id if broken else None,
            "reason": broken.reason_en if broken else "",
        }  # fmt: skip
        print(json.dumps(body))
        return broken is None
    if broken is not None:
        where = "" if broken.row_id is None else f" (id {broken.row_id})"
        say(f"审计链已断 / the chain is broken: {broken.reason_zh} / {broken.reason_en}{where}")
        return False
    say(
        f"审计链完整: {found.rows} 行, {found.anchors} 个锚点, 待加链 {found.waiting.count} 行 / "
        f"whole: {found.rows} rows, {found.anchors} anchors, {found.waiting.count} to be sealed"
    )
    return True


async def _seal(settings: Settings) -> tuple[int, int]:
    from yitong_command.storage import sealing
    from yitong_command.storage.anchors import anchors_file, write_anchor
    from yitong_command.storage.session import make_engine, make_sessions, transaction

    engine = make_engine(settings.database_url)
    sessions, done = make_sessions(engine), 0
    try:
        while True:
            async with transaction(sessions) as session:
                count = await sealing.seal(session)
                head = await sealing.head(session)
            done += count
            if not count:
                break
    finally:
        await engine.dispose()
    write_anchor(anchors_file(settings.data_dir), head, datetime.now(UTC))
    return done, head.seq
