"""`yitong replay`: recorded messages through a changed rule, limit or route."""

from __future__ import annotations

import asyncio
import json as json_lib
import logging
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from yitong_command.cli.options import (
    ConfigOption,
    DataOption,
    KafkaOption,
    plain_errors,
    say,
    settings_for,
)
from yitong_command.cli.replay_page import NOTES, WORDS, as_page
from yitong_command.errors import ConfigError
from yitong_command.settings.environment import Settings

MOST_ROWS = 1000
ZONES = "zones.yaml"


def add_replay_command(app: typer.Typer) -> None:
    """Make `yitong replay` known."""
    app.command("replay")(replay)


def replay(
    changed: Annotated[
        list[Path],
        typer.Option("--with", help="改动后的配置文件, 可多个 / changed files, repeatable"),
    ],
    since: Annotated[
        datetime | None, typer.Option("--from", help="起 (UTC), 默认一天前 / default a day ago")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", help="止 (UTC), 默认现在 / default now")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", help="写入 .json 或 .html, - 为标准输出 / - is standard output"),
    ] = None,
    kafka: KafkaOption = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """规则试算: 用已记录的消息看改动的影响 / what a changed rule, limit or route would change.

    Takes rules.yaml, taxonomy.yaml, rosters.yaml, zones.yaml or another file of the configuration,
    by the end of its name. The same functions run as live; nothing is written or sent.
    """
    with plain_errors():
        settings = settings_for("replay", kafka, config, data)
        # A broker that is down is said once, by us.
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
        now = datetime.now(UTC)
        begin = since.replace(tzinfo=UTC) if since else now - timedelta(days=1)
        end = until.replace(tzinfo=UTC) if until else now
        if begin >= end:
            raise ConfigError("yitong replay", "--from", "应早于 --to / must be before --to")
        found = compare(settings, changed, begin, end)
        text = json_lib.dumps(found, ensure_ascii=False, indent=2)
        if report is not None and str(report) == "-":
            print(text)
            return
        if report is not None:
            report.write_text(as_page(found) if report.suffix == ".html" else text, "utf-8")
            say(f"已写入 / written: {report}")
        _print(found)


def compare(
    settings: Settings, changed: list[Path], since: datetime, until: datetime
) -> dict[str, Any]:
    """Replay what is recorded of a span, and what would differ as plain values.

    Raises:
        ConfigError: If a changed file is wrong; names file and key.
        BrokerDown: If the recorded messages can't be read.
        DatabaseDown: If decisions and outcomes can't be read.
    """
    from yitong_command.cli.replay_data import read_recorded
    from yitong_command.cli.replay_run import load_setup, run, with_files

    old_kinds = load_kinds_first(settings)
    recorded = asyncio.run(read_recorded(settings, since, until))
    old = load_setup(settings, recorded, own_zones=False)
    own = any(path.name.endswith(ZONES) for path in changed)
    with with_files(settings, changed) as other:
        new = load_setup(other, recorded, own_zones=own)
    outcome = run(recorded, old, new, until)
    found = outcome.difference
    return {
        "from": since.isoformat(),
        "to": until.isoformat(),
        "changed": [path.name for path in changed],
        "kinds": old_kinds,
        "recorded": {
            "incidents": len(recorded.told),
            "stays": len(recorded.stays),
            "labels": sum(name in recorded.labels for name in map(_id, recorded.told)),
        },
        "before": asdict(found.before),
        "after": asdict(found.after),
        "missed_real": found.missed_real,
        "spared_false": found.spared_false,
        "gone_unknown": found.gone_unknown,
        "unknown": outcome.unknown,
        "by_kind": [
            {"kind": kind, "before": before, "after": after}
            for kind, before, after in found.by_kind
        ],
        "rows": [asdict(row) | {"at": row.at.isoformat()} for row in found.rows[:MOST_ROWS]],
        "rows_left_out": max(0, len(found.rows) - MOST_ROWS),
        "notes": [{"zh": zh, "en": en} for zh, en in NOTES],
    }


def load_kinds_first(settings: Settings) -> list[str]:
    """The kinds of this installation; its own are words on the wire, too."""
    from yitong_command.rules import RULES
    from yitong_command.settings.rules import load_rule_book

    load_rule_book(settings)
    return [kind.value for kind in RULES]


def _id(item: Any) -> str:
    return str(item.incident_id)


def _print(found: dict[str, Any]) -> None:
    table = Table(box=None, pad_edge=False)
    for number, head in enumerate(("", "现在\nas it was", "改动后\nas it would be")):
        table.add_column(head, justify="right" if number else "left")
    for name in ("incidents", "cases", "asked", "overdue"):
        table.add_row(WORDS[name], str(found["before"][name]), str(found["after"][name]))
    for item in found["by_kind"]:
        table.add_row(f"  {item['kind']}", str(item["before"]), str(item["after"]))
    console = Console(soft_wrap=False)
    console.print(table)
    for name in ("missed_real", "spared_false", "gone_unknown", "unknown"):
        print(f"{WORDS[name]}: {found[name]}")
    if found["rows"]:
        console.print(_rows(found), markup=False)
    for note in found["notes"]:
        say(f"{note['zh']} / {note['en']}")


def _rows(found: dict[str, Any]) -> Table:
    rows = Table(box=None, pad_edge=False)
    for head in ("变化\nwhat", "时间\nwhen (UTC)", "点位\nsubject", "现在\nbefore", "改动后\nafter",
                 "值班员\nlabel"):  # fmt: skip
        rows.add_column(head, overflow="fold")
    for row in found["rows"]:
        cells = (row["at"][:19], row["subject"], row["before"], row["after"], row["label"])
        rows.add_row(WORDS[row["what"]], *cells)
    return rows
