"""`yitong report`: the daily and the weekly report, by the figures of the screens."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Annotated

import typer

from yitong_command.cli.options import ConfigOption, DataOption, plain_errors, say, settings_for
from yitong_command.domain.clock import CHINA
from yitong_command.domain.kpi import FIGURES, Period, Share
from yitong_command.domain.privacy import GROUP
from yitong_command.domain.taxonomy import Taxonomy
from yitong_command.errors import ConfigError
from yitong_command.settings.environment import Settings
from yitong_command.storage.kpis import Kpis

report = typer.Typer(help="日报与周报 / daily and weekly report", no_args_is_help=True)

OutOption = Annotated[Path, typer.Option("--out", help="写入的 HTML 文件 / HTML file to write")]
DayOption = Annotated[
    str | None, typer.Option("--day", help="最后一天, 默认昨天 / last day, yesterday by default")
]


@report.command()
def daily(
    out: OutOption, day: DayOption = None, config: ConfigOption = None, data: DataOption = None
) -> None:
    """一天的数字, 0-24 时 / the figures of one day."""
    _write(out, day, 1, config, data)


@report.command()
def weekly(
    out: OutOption, day: DayOption = None, config: ConfigOption = None, data: DataOption = None
) -> None:
    """七天的数字 / the figures of seven days."""
    _write(out, day, 7, config, data)


def _write(out: Path, day: str | None, days: int, config: Path | None, data: Path | None) -> None:
    with plain_errors():
        settings = settings_for("report", config=config, data=data)
        last = _day(day)
        begin = datetime(last.year, last.month, last.day, tzinfo=CHINA) - timedelta(days=days - 1)
        period = Period(begin.astimezone(UTC), (begin + timedelta(days=days)).astimezone(UTC))
        found, taxonomy = asyncio.run(_kpis(settings, period))
        try:
            out.write_text(page(found, taxonomy, days), encoding="utf-8")
        except OSError as exc:
            raise ConfigError(str(out), "--out", f"can't be written: {exc.strerror}") from exc
        say(f"已写入 / written: {out}")


def _day(text: str | None) -> date:
    if text is None:
        return (datetime.now(CHINA) - timedelta(days=1)).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError("yitong report", "--day", f"不是日期 / not a date: {text!r}") from None


async def _kpis(settings: Settings, period: Period) -> tuple[Kpis, Taxonomy]:
    from yitong_command.settings.county import load_county
    from yitong_command.storage.kpis import kpis
    from yitong_command.storage.session import make_engine, make_readers, transaction

    engine = make_engine(settings.database_url)
    try:
        async with transaction(make_readers(engine)) as session:
            return await kpis(session, period), load_county(settings).taxonomy
    finally:
        await engine.dispose()


def page(found: Kpis, taxonomy: Taxonomy, days: int) -> str:
    """The report as one HTML page that needs nothing else.

    Args:
        found: The figures.
        taxonomy: Names of the categories.
        days: 1 or 7.
    """
    first = found.period.begin.astimezone(CHINA).date()
    last = (found.period.end - timedelta(seconds=1)).astimezone(CHINA).date()
    zh, en = ("日报", "Daily report") if days == 1 else ("周报", "Weekly report")
    when = str(last) if days == 1 else f"{first} – {last}"
    rows = [_row(item.zh, item.en, found.shares[item.code]) for item in FIGURES]
    rows.append(_row("机器采信率", "camera alerts confirmed", found.adopted))
    cases = "".join(
        f"<tr><td>{escape(_name(code, taxonomy))}</td><td>{count}</td></tr>"
        for code, count in found.reported.items()
    )
    return (
        f"<!doctype html><html lang='zh'><meta charset='utf-8'><title>{zh} {when}</title>"
        f"<style>{_STYLE}</style><h1>{zh} / {en} · {when}</h1>"
        "<table><tr><th>指标 / figure</th><th>数量 / count</th><th>比率 / rate</th></tr>"
        f"{''.join(rows)}</table><p>强制结案(不计入比率) / closed by force (in no rate): "
        f"{found.forced}. 分母不足 20 时只列数量 / below 20 there are counts only.</p>"
        "<h2>上报案件 / cases reported</h2>"
        f"<table><tr><th>类别 / category</th><th>件 / cases</th></tr>{cases}</table></html>"
    )


def _row(zh: str, en: str, share: Share) -> str:
    rate = "–" if share.rate is None else f"{share.rate:.1%}"
    words = escape(f"{zh} / {en}")
    return f"<tr><td>{words}</td><td>{share.count} / {share.of}</td><td>{rate}</td></tr>"


def _name(code: str, taxonomy: Taxonomy) -> str:
    if code == GROUP:
        return "重点人群服务 / care for protected people"
    known = taxonomy.categories.get(code)
    return f"{known.name_zh} / {known.name_en}" if known else code


_STYLE = (
    "body{font:15px sans-serif;max-width:60em;margin:2em auto;color:#222}"
    "table{border-collapse:collapse;width:100%}td,th{border:1px solid #999;padding:.3em .6em;"
    "text-align:left}td+td,th+th{text-align:right}"
)
