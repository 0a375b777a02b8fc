"""`yitong simulate`: a county of many days in a few minutes, through the real code."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from yitong_command.cli.options import ConfigOption, plain_errors, say, settings_for
from yitong_command.domain.kpi import FIGURES, Share
from yitong_command.errors import ConfigError
from yitong_command.settings.county import load_county
from yitong_command.settings.environment import Settings
from yitong_command.settings.secrets import make_vault

if TYPE_CHECKING:
    from yitong_command.demo.simulation.play import Plan, Played

BROKEN = 1
_CHECKS = {
    "cases_with_one_holder": "主办人唯一, 无空档无重叠 / one holder at every instant",
    "timers_fired_once": "计时器不丢不重 / timers fired, none lost or doubled",
    "protected_cases": "重点人群案件, 来源均非摄像头 / protected cases, none from a camera",
    "detail_views_on_record": "详情查看, 均有审计 / views of details, each on record",
    "ledger_messages_equal": "台账三数相等 / messages captured = delivered = cased",
    "messages": "发件箱消息 / messages in the outbox",
    "audit_rows_chained": "审计链完整 / rows of the audit chain",
}


def add_simulate_command(app: typer.Typer) -> None:
    """Add the command."""
    app.command("simulate")(simulate)


def simulate(
    days: Annotated[int, typer.Option(min=1, max=400, help="天数 / days")] = 30,
    seed: Annotated[int, typer.Option(help="种子 / seed")] = 1,
    per_day: Annotated[
        float, typer.Option("--cases-per-day", min=1, help="平日案件数 / cases of a usual day")
    ] = 130.0,
    database_url: Annotated[
        str | None,
        typer.Option(help="空数据库, 默认临时 SQLite / an empty database, else a temporary SQLite"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")] = False,
    config: ConfigOption = None,
) -> None:
    """模拟全县若干天: 用真实代码和真实数据库 / play a county through the real code.

    Reports, people, shifts, a rainstorm with emergency mode, snow, a late unit. Prints the figures
    of the period, and what was checked of the promises; exit code 1 if one was broken.
    """
    with plain_errors(), tempfile.TemporaryDirectory(prefix="yitong-simulate-") as folder:
        from yitong_command.demo.simulation.play import Plan

        settings = settings_for("simulate", config=config)
        url = database_url or f"sqlite+aiosqlite:///{folder}/yitong.db"
        begun = time.monotonic()
        played = asyncio.run(_play(settings, Plan(days, seed, per_day), url, Path(folder)))
        result = _result(played, time.monotonic() - begun)
        if as_json:
            print(json.dumps(result, ensure_ascii=False, indent=2))
        else:
            _print(result)
        if played.checks.broken:
            raise typer.Exit(BROKEN)


async def _play(settings: Settings, plan: Plan, url: str, folder: Path) -> Played:
    from yitong_command.demo.simulation.play import play
    from yitong_command.storage.migrate import upgrade

    await asyncio.to_thread(upgrade, url)
    await _check_empty(url)
    county = load_county(settings)
    return await play(plan, url, county, make_vault(folder / "key"), say)


async def _check_empty(url: str) -> None:
    from yitong_command.storage.asks import CaseFilter
    from yitong_command.storage.cases import list_cases
    from yitong_command.storage.session import make_engine, make_readers, transaction

    engine = make_engine(url)
    try:
        async with transaction(make_readers(engine)) as session:
            page = await list_cases(session, CaseFilter(limit=1))
    finally:
        await engine.dispose()
    if page.items:
        raise ConfigError(
            "yitong simulate", "--database-url",
            "数据库中已有案件, 请用空数据库 / there are cases in it; give an empty database",
        )  # fmt: skip


def _result(played: Played, wall_s: float) -> dict[str, Any]:
    plan, diary, checks = played.plan, played.diary, played.checks
    return {
        "days": plan.days,
        "seed": plan.seed,
        "from": plan.period.begin.isoformat(),
        "to": plan.period.end.isoformat(),
        "wall_s": round(wall_s, 1),
        "told": diary.counts["told"],
        "cases": checks.cases,
        "moves": diary.counts["moves"],
        "refused": dict(sorted(diary.refused.items())),
        "emergencies": diary.counts["emergencies"],
        "kpis": {name: _share(share) for name, share in played.kpis.shares.items()},
        "forced": played.kpis.forced,
        "adopted": _share(played.kpis.adopted),
        "reported": played.kpis.reported,
        "checked": checks.checked,
        "broken": checks.broken,
    }


def _share(share: Share) -> dict[str, Any]:
    rate = share.rate
    return {"count": share.count, "of": share.of, "rate": None if rate is None else round(rate, 4)}


def _print(result: dict[str, Any]) -> None:
    table = Table(box=None, pad_edge=False)
    for number, head in enumerate(("指标 / figure", "数 / count", "分母 / of", "率 / rate")):
        table.add_column(head, justify="right" if number else "left")
    rows = [(f"{f.zh} / {f.en}", result["kpis"][f.code]) for f in FIGURES]
    rows.append(("摄像头采纳率 / camera alerts confirmed", result["adopted"]))
    for words, share in rows:
        rate = "—" if share["rate"] is None else f"{share['rate']:.1%}"
        table.add_row(words, str(share["count"]), str(share["of"]), rate)
    console = Console(soft_wrap=False)
    console.print(table)
    print(f"强制结案, 不入率 / closed by force, in no rate: {result['forced']}")
    print(
        f"{result['days']} 天 / days: {result['told']} 次上报 / tellings, {result['cases']} 件案件 "
        f"/ cases, {result['moves']} 次流转 / moves, {result['wall_s']} s"
    )
    for name, words in _CHECKS.items():
        print(f"{words}: {result['checked'].get(name, 0)}")
    for line in result["broken"]:
        print(f"违反 / broken: {line}")
    print("全部守住 / nothing broken" if not result["broken"] else "有违反 / broken")
