"""The report of an emergency as a page that can be kept and printed."""

from __future__ import annotations

from datetime import datetime
from html import escape

from yitong_command.domain.clock import CHINA
from yitong_command.storage.debrief import Debrief, Figure

_STYLE = (
    "body{font:16px/1.6 sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1b2430}"
    "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #c9d2dc;padding:.4rem;"
    "text-align:left}td.n{text-align:right;font-variant-numeric:tabular-nums}"
    ".rehearsal{background:#fff3cd;padding:.5rem 1rem;font-weight:bold}"
)


def page(report: Debrief, areas: tuple[str, str], categories: tuple[str, str]) -> str:
    """The whole page; every rate stands beside its counts."""
    mode = report.mode
    mark = (
        '<p class="rehearsal">演练 / Rehearsal: 未改动任何案件,未发出任何消息 / '
        "no case was changed and nothing was sent</p>"
        if mode.rehearsal
        else ""
    )
    rows = "".join(_row(figure) for figure in report.figures)
    facts = (
        ("范围 / areas", f"{areas[0]} / {areas[1]}"),
        ("类别 / categories", f"{categories[0]} / {categories[1]}"),
        ("理由 / reason", mode.reason),
        ("提出 / proposed", f"{mode.proposed_by}, {_time(mode.proposed_at)}"),
        ("确认 / confirmed", f"{mode.confirmed_by or ''}, {_time(mode.begins_at)}"),
        ("结束 / ended", f"{mode.ended_by or ''}, {_time(mode.ended_at)}"),
        ("统计至 / counted until", _time(report.until)),
    )
    listed = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in facts
    )
    return (
        '<!doctype html><html lang="zh"><meta charset="utf-8">'
        f"<title>{escape(mode.mode_id)}</title><style>{_STYLE}</style>"
        f"<h1>应急复盘 / Debrief {escape(mode.mode_id)}</h1>{mark}<table>{listed}</table>"
        f"<h2>数字 / Numbers</h2><table><tr><th></th><th>数 / count</th><th>率 / rate</th></tr>"
        f"{rows}</table></html>"
    )


def _row(figure: Figure) -> str:
    name = f"{escape(figure.zh)}<br><small>{escape(figure.en)}</small>"
    if figure.of is None:
        return f'<tr><td>{name}</td><td class="n">{figure.count}</td><td></td></tr>'
    rate = f"{figure.count / figure.of:.0%}" if figure.of >= MIN_FOR_RATE else "-"
    counts = f"{figure.count} / {figure.of}"
    return f'<tr><td>{name}</td><td class="n">{counts}</td><td class="n">{rate}</td></tr>'


MIN_FOR_RATE = 20
"""Below this many only counts are shown."""


def _time(at: datetime | None) -> str:
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}" if at else ""
