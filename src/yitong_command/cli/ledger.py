"""`yitong ledger`: captured, delivered and cased, in the terminal."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from yitong_command.cli.options import ConfigOption, DataOption, plain_errors, say, settings_for
from yitong_command.domain.clock import CHINA
from yitong_command.settings.environment import Settings
from yitong_command.web.ledger.schemas import Ledger

HEADS = (
    "时段\nhour", "来源\nsource", "采集\ncaptured", "送达\ndelivered", "立案\ncased",
    "死信\ndead", "未送达\nnot delivered", "未立案\nnot cased", "未申报\nnot captured",
)  # fmt: skip


def add_ledger_command(app: typer.Typer) -> None:
    """Make `yitong ledger` known."""
    app.command("ledger")(ledger)


def ledger(
    hours: Annotated[int, typer.Option(min=1, max=24 * 31, help="近几小时 / last hours")] = 24,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON / as JSON")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """台账: 采集、送达、立案逐时核对 / what was captured, delivered and cased, by hour.

    Exit code 1 while an alarm lasts: a difference that stayed longer than its grace.
    """
    with plain_errors():
        found = asyncio.run(_read(settings_for("ledger", config=config, data=data), hours))
        if json:
            print(found.model_dump_json(indent=2))
        else:
            _print(found)
        if any(alarm.ended_at is None for alarm in found.alarms):
            raise typer.Exit(1)


async def _read(settings: Settings, hours: int) -> Ledger:
    from yitong_command.storage.migrate import upgrade
    from yitong_command.storage.session import make_engine, make_readers, transaction
    from yitong_command.web.ledger.service import read_ledger

    await asyncio.to_thread(upgrade, settings.database_url)
    engine = make_engine(settings.database_url)
    try:
        async with transaction(make_readers(engine)) as session:
            return await read_ledger(session, datetime.now(UTC), hours)
    finally:
        await engine.dispose()


def _print(found: Ledger) -> None:
    table = Table(box=None, pad_edge=False)
    for number, head in enumerate(HEADS):
        table.add_column(head, justify="left" if number < 2 else "right")
    for row in found.items:
        counts = (row.captured, row.delivered, row.cased, row.dead)
        gaps = (row.not_delivered, row.not_cased, row.not_captured)
        table.add_row(
            f"{row.hour.astimezone(CHINA):%m-%d %H:00}", row.source,
            *(str(count) for count in counts), *(str(gap) if gap else "" for gap in gaps),
        )  # fmt: skip
    Console(soft_wrap=False).print(table)
    for alarm in found.alarms:
        if alarm.ended_at is None:
            print(f"警报 / alarm: {alarm.reason_zh} / {alarm.reason_en}")
            print("\n".join(f"  {name}" for name in alarm.messages))
    if found.behind:
        say("分流进程未在计数, 数字不是最新 / no route worker counts now: the figures are old")
