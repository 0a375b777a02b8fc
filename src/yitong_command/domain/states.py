"""The states of a case, and how they group. Pure."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a case stands.

    ``handled`` waits for its check and ``checked`` for its closing; ``filed``, ``rework`` and
    ``reopened`` are stations that the system leaves at once, towards the next dispatch.
    """

    REPORTED = "reported"
    PENDING_VERIFY = "pending_verify"
    PENDING_FILING = "pending_filing"
    FILED = "filed"
    NOT_FILED = "not_filed"
    MERGED = "merged"
    PENDING_DISPATCH = "pending_dispatch"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    ARRIVED = "arrived"
    PROTECTED = "protected"
    HANDLING = "handling"
    WAITING_EXTENSION = "waiting_extension"
    SUSPENDED = "suspended"
    HANDLED = "handled"
    CHECKED = "checked"
    REWORK = "rework"
    REOPENED = "reopened"
    CLOSED = "closed"
    CLOSED_FORCED = "closed_forced"
    HANDED_OVER = "handed_over"


FINAL = frozenset(
    {State.NOT_FILED, State.MERGED, State.CLOSED, State.CLOSED_FORCED, State.HANDED_OVER}
)
"""Ends of a case. Three can be left, each in its own window: a closing by reopening, a merging by
splitting, a refusal by one objection."""

OPEN = frozenset(State) - FINAL
UNFILED = frozenset({State.REPORTED, State.PENDING_VERIFY, State.PENDING_FILING})
HELD = OPEN - UNFILED
"""States in which exactly one person holds the case."""

ON_SITE = frozenset({State.ACCEPTED, State.ARRIVED, State.PROTECTED, State.HANDLING})
"""The holder is a worker who took it and has not finished."""

STATE_ZH = {
    State.REPORTED: "上报",
    State.PENDING_VERIFY: "待核实",
    State.PENDING_FILING: "待立案",
    State.FILED: "立案",
    State.NOT_FILED: "不予立案",
    State.MERGED: "已并案",
    State.PENDING_DISPATCH: "待派遣",
    State.DISPATCHED: "已派遣",
    State.ACCEPTED: "已接单",
    State.ARRIVED: "已到场",
    State.PROTECTED: "已围护",
    State.HANDLING: "处置中",
    State.WAITING_EXTENSION: "待批延期",
    State.SUSPENDED: "挂账",
    State.HANDLED: "已处置",
    State.CHECKED: "已核查",
    State.REWORK: "返工",
    State.REOPENED: "重新立案",
    State.CLOSED: "已结案",
    State.CLOSED_FORCED: "强制结案",
    State.HANDED_OVER: "已移交",
}

OUTER_STEP: dict[State, str] = {
    **dict.fromkeys((State.REPORTED, State.PENDING_VERIFY), "report"),
    **dict.fromkeys((State.PENDING_FILING, State.FILED, State.NOT_FILED, State.MERGED), "file"),
    **dict.fromkeys(
        (State.PENDING_DISPATCH, State.DISPATCHED, State.ACCEPTED, State.REOPENED), "dispatch"
    ),
    **dict.fromkeys(
        (State.ARRIVED, State.PROTECTED, State.HANDLING, State.WAITING_EXTENSION, State.REWORK,
         State.SUSPENDED),
        "handle",
    ),
    **dict.fromkeys((State.HANDLED, State.CHECKED), "feedback"),
    **dict.fromkeys((State.CLOSED, State.CLOSED_FORCED, State.HANDED_OVER), "close"),
}  # fmt: skip
"""Which of the six steps people know a state belongs to."""
