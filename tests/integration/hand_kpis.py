"""The county's figures reckoned by hand from a diary: apart from the code that counts them.

Case by case, step by step, as a person with the list of steps and a pencil would.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta

from yitong_command.demo.simulation.diary import Deed

Fractions = dict[str, tuple[int, int]]


def by_hand(deeds: list[Deed], begin: datetime, end: datetime) -> tuple[Fractions, int]:
    """Each figure as count and base, and how many were closed by force."""
    pages: dict[str, list[Deed]] = defaultdict(list)
    for deed in deeds:
        pages[deed.case_id].append(deed)
    top, base, forced = Counter[str](), Counter[str](), 0
    for page in pages.values():
        sheet = _sheet(page)
        if sheet["last"] == "closed_forced":
            forced += begin <= sheet["ended"] < end
            continue
        for name, did in _lines(sheet, begin, end):
            base[name] += 1
            top[name] += did
    return {name: (top[name], base[name]) for name in base}, forced


def _sheet(page: list[Deed]) -> dict:
    """What one case came to."""
    first = page[0]
    assert first.what == "told"
    category, subtype, severity, source = first.detail
    sheet = {
        "code": f"{category}.{subtype}", "category": category, "severity": int(severity),
        "source": source, "told": first.at, "last": "reported", "filed": None, "sent": None,
        "handled": None, "due": None, "returned": False, "more_time": False, "again": False,
        "said": None, "ended": None,
    }  # fmt: skip
    # An answer shows the deadline after all its steps; of two steps at once the later one counts.
    for deed in sorted(page[1:], key=lambda one: (one.at, one.version)):
        if deed.what == "called":
            sheet["said"] = deed.detail[0]
            continue
        if deed.due_at is not None:
            sheet["due"] = deed.due_at
        if deed.what == "granted":
            sheet["more_time"] = True
        elif deed.what != "clock":
            _arrow(sheet, deed)
    return sheet


def _arrow(sheet: dict, deed: Deed) -> None:
    to, before = deed.what, deed.before
    sheet["last"] = to
    if to == "filed":
        sheet["filed"] = deed.at
    elif to == "dispatched":
        sheet["sent"] = deed.at
    elif to == "handled":
        sheet["handled"] = deed.at
    elif to in {"rework", "reopened"}:
        sheet["again"] = True
    elif to == "pending_dispatch" and before in {"dispatched", "accepted"}:
        sheet["returned"] = True
    if to == "reopened":
        sheet["returned"] = False  # the new round has sent nothing back yet
    over = to in {"closed", "handed_over", "merged", "not_filed", "closed_forced"}
    sheet["ended"] = deed.at if over else None


Lines = list[tuple[str, bool]]


def _lines(s: dict, begin: datetime, end: datetime) -> Lines:
    def inside(at: datetime | None) -> bool:
        return at is not None and begin <= at < end

    lines = _filing(s, inside)
    if inside(s["sent"]):
        lines.append(("dispatched_right", not s["returned"]))
        until = min(s["handled"] or end, end)
        lines.append(("overdue", s["due"] is not None and s["due"] < until))
    if inside(s["due"]) and s["last"] != "merged":
        closed = s["last"] in {"closed", "handed_over"}
        in_time = bool(s["handled"] and s["handled"] <= s["due"])
        lines += [("handled_in_time", in_time), ("closed", closed)]
        lines += [("closed_in_time", closed and in_time), ("extended", s["more_time"])]
    if inside(s["handled"]):
        lines.append(("redone", s["again"]))
    if inside(s["ended"]) and s["said"] is not None:
        lines.append(("satisfied", s["said"] in {"very", "satisfied"}))
    return lines


def _filing(s: dict, inside: Callable[[datetime | None], bool]) -> Lines:
    merged = s["last"] == "merged"
    lines: Lines = []
    if inside(s["told"]):
        lines += [("valid_reports", s["last"] != "not_filed"), ("repeated", merged)]
        if not merged and s["code"] != "ex_request.consult":
            lines.append(("filed", s["filed"] is not None))
    if inside(s["filed"]):
        allowed = timedelta(minutes={1: 5, 2: 10}.get(s["severity"], 30))
        soon = s["sent"] is not None and s["sent"] - s["filed"] <= allowed
        lines.append(("dispatched_in_time", soon))
        if s["category"] == "ex_dispute":
            lines.append(("disputes_resolved", s["last"] == "closed"))
    return lines


def judged_by_hand(deeds: list[Deed]) -> tuple[int, int]:
    """Camera alerts an operator confirmed first, of those judged at all."""
    seen = {deed.case_id for deed in deeds if deed.what == "told" and deed.detail[3] == "camera_ai"}
    verdicts: dict[str, bool] = {}
    for deed in deeds:
        if deed.case_id in seen and deed.what in {"filed", "merged"}:
            verdicts[deed.case_id] = True
        elif deed.case_id in seen and deed.what == "not_filed":
            verdicts[deed.case_id] = False
    return sum(verdicts.values()), len(verdicts)
