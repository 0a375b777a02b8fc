"""The result of a replay as one page of HTML that needs nothing else."""

from __future__ import annotations

from html import escape
from typing import Any

WORDS = {
    "incidents": "上报 / incidents told",
    "cases": "警情 (案件) / alerts (cases)",
    "asked": "其中需值班员判定并案 / of these, operator asked about merging",
    "overdue": "超时 / overdue",
    "missed_real": "会漏掉的真实情况 (值班员曾确认) / real ones missed (an operator had confirmed)",
    "spared_false": "会免去的误报 (值班员曾判误报) / false alarms spared",
    "gone_unknown": "会消失且无人判定的 / gone that nobody had judged",
    "unknown": "记录不足, 按原样计 / too little recorded, taken as it was",
    "gone": "消失 / gone",
    "added": "新增 / added",
    "later": "时间变化 / told at another time",
    "joined": "并入 / joined",
    "split": "分开 / split",
    "rerouted": "改派 / sent to another",
    "in_time": "不再超时 / in time",
}

NOTES = (
    (
        "停留按记录重新送入同一规则; 当时画面中的其他车辆没有记录, 遮挡和跟车不能重算",
        "a stay is told to the same rule again; what else was in the picture is not recorded, so "
        "nothing hides anything and no queue moves up",
    ),
    (
        "未上报的停留从开始记录之时起才有, 短于原停留时限十分之一的不记录",
        "stays that were not reported are known from when recording began, and from a tenth of "
        "their zone's dwell on",
    ),
    (
        "传感器读数和群众上报不重算, 按原样计",
        "sensor readings and people's reports are not tried again: they count as they were",
    ),
    (
        "超时以实际处置时间对照新时限; 未处置的以截止时刻计",
        "overdue compares the new limit with when it really was handled, or with the end of the "
        "span if it was not",
    ),
)

STYLE = """
body{font:15px/1.5 system-ui,"Noto Sans SC",sans-serif;margin:24px auto;max-width:1100px;
padding:0 16px}table{border-collapse:collapse;width:100%;margin:12px 0}
th,td{text-align:left;padding:5px 10px;border-bottom:1px solid #ccc}td.n{text-align:right}
.bad{color:#b00020;font-weight:700}
"""


def as_page(found: dict[str, Any]) -> str:
    """The page of a result of :func:`yitong_command.cli.replay.compare`."""
    sums = "".join(
        f"<tr><td>{escape(WORDS[name])}</td>{_n(found['before'][name])}{_n(found['after'][name])}"
        for name in ("incidents", "cases", "asked", "overdue")
    )
    kinds = "".join(
        f"<tr><td>{escape(item['kind'])}</td>{_n(item['before'])}{_n(item['after'])}"
        for item in found["by_kind"]
    )
    counts = "".join(
        f'<li class="{"bad" if name == "missed_real" and found[name] else ""}">'
        f"{escape(WORDS[name])}: {found[name]}"
        for name in ("missed_real", "spared_false", "gone_unknown", "unknown")
    )
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in _cells(row))
        for row in found["rows"]
    )
    notes = "".join(f"<li>{escape(n['zh'])}<br>{escape(n['en'])}" for n in found["notes"])
    head = "<tr><th></th><th>现在 / as it was</th><th>改动后 / as it would be</th></tr>"
    return (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>规则试算</title>'
        f"<style>{STYLE}</style><h1>规则试算 / replay before change</h1>"
        f"<p>{escape(', '.join(found['changed']))} · {escape(found['from'])} – "
        f"{escape(found['to'])}</p><table>{head}{sums}{kinds}</table><ul>{counts}</ul>"
        "<table><tr><th>变化 / what<th>时间 / when<th>点位 / subject<th>现在 / before"
        f"<th>改动后 / after<th>值班员 / label</tr>{rows}</table><ul>{notes}</ul></html>\n"
    )


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    return (
        WORDS[row["what"]],
        row["at"][:19],
        row["subject"],
        row["before"],
        row["after"],
        row["label"],
    )


def _n(value: int) -> str:
    return f'<td class="n">{value}</td>'
