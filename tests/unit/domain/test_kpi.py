"""The figures against a count by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from yitong_command.domain.kpi import FIGURES, CaseFacts, Period, Share, figures, forced

DAY = Period(datetime(2026, 11, 22, 16, tzinfo=UTC), datetime(2026, 11, 23, 16, tzinfo=UTC))
NINE = datetime(2026, 11, 23, 1, tzinfo=UTC)


def case(state: str, **more: Any) -> CaseFacts:
    """A case reported at nine; times are given in minutes after that."""
    known = {"category": "cp_parking", "subtype": "bike_disorder", "severity": 4}
    for name in ("reported", "filed", "dispatched", "handled", "closed", "due"):
        if name in more:
            known[f"{name}_at"] = NINE + timedelta(minutes=more.pop(name))
    known.setdefault("reported_at", NINE)
    return CaseFacts(state=state, **(known | more))


CASES = (
    case("closed", filed=5, dispatched=10, handled=60, closed=90, due=120, satisfaction="very"),
    case("closed", filed=5, dispatched=40, handled=200, closed=220, due=120, redone=True),
    case("handled", filed=1, dispatched=2, handled=100, due=130, extended=True),
    case("accepted", filed=1, dispatched=3, due=125, returned=True),
    case("accepted", filed=1, dispatched=7, due=2000, severity=1),
    case("not_filed"),
    case("merged", filed=2, due=100),
    case("reported", category="ex_request", subtype="consult"),
    case("closed", reported=-3000, filed=-2990, dispatched=-2980, handled=-2000, closed=30,
         due=-100, category="ex_dispute", satisfaction="not"),
    case("closed", filed=3, dispatched=4, handled=9, closed=20, due=600, category="ex_dispute",
         subtype="land"),
    case("closed_forced", filed=3, dispatched=4, closed=20, due=600),
)  # fmt: skip


def test_every_figure_is_what_a_count_by_hand_gives() -> None:
    assert figures(CASES, DAY) == {
        "valid_reports": Share(8, 9),  # all reported today but the forced one; not_filed is not
        "filed": Share(6, 7),  # without merged and consultation; not_filed is the seventh
        "dispatched_in_time": Share(4, 7),  # late: 35 min, 6 min at severity 1; merged never
        "dispatched_right": Share(5, 6),
        "handled_in_time": Share(
            4, 6
        ),  # due today, one reported two days ago; one late, one not handled
        "closed": Share(4, 6),
        "closed_in_time": Share(3, 6),
        "redone": Share(1, 4),
        "extended": Share(1, 6),
        "overdue": Share(2, 6),
        "repeated": Share(1, 9),
        "disputes_resolved": Share(1, 1),
        "satisfied": Share(1, 2),
    }
    assert forced(CASES, DAY) == 1
    assert {item.code for item in FIGURES} == set(figures((), DAY))


def test_below_twenty_there_is_no_rate() -> None:
    assert (Share(19, 19).rate, Share(0, 0).rate) == (None, None)
    assert (Share(19, 20).rate, Share(0, 20).rate) == (0.95, 0.0)


def test_the_period_is_half_open() -> None:
    assert DAY.holds(DAY.begin)
    assert not DAY.holds(DAY.end)
    assert not DAY.holds(None)
