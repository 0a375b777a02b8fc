"""The arrows of a case's life: from where to where, by whom, with what. One table. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from yitong_command.domain.states import OPEN, UNFILED, State


class Who(StrEnum):
    """Who may make a move; :func:`yitong_command.domain.permits.permits` decides it."""

    DESK = "desk"
    HOLDER = "holder"
    CHECKER = "checker"
    ROUTER = "router"
    VERIFIER = "verifier"
    SECOND = "second"


class Need(StrEnum):
    """What a move must bring with it."""

    PHOTO = "photo"
    NOTE = "note"
    REASON = "reason"
    ASSIGNEE = "assignee"
    CASE = "case"
    RECEIPT = "receipt"
    MINUTES = "minutes"
    DECISION = "decision"
    RESULT = "result"


NEED_ZH = {
    Need.PHOTO: "现场照片",
    Need.NOTE: "说明",
    Need.REASON: "理由编号",
    Need.ASSIGNEE: "处置人",
    Need.CASE: "并入的案件",
    Need.RECEIPT: "回执(单位、编号、时间)",
    Need.MINUTES: "延长的分钟数",
    Need.DECISION: "同意或不同意",
    Need.RESULT: "核实结果",
}


class Kind(StrEnum):
    """What a move is called."""

    VERIFY = "verify"
    VERIFIED = "verified"
    FILE = "file"
    REFUSE = "refuse"
    OBJECT = "object"
    MERGE = "merge"
    SPLIT = "split"
    DISPATCH = "dispatch"
    WAIT = "wait"
    ACCEPT = "accept"
    RETURN = "return"
    ARRIVE = "arrive"
    PROTECT = "protect"
    WORK = "work"
    EXTEND = "extend"
    DECIDE = "decide"
    SUSPEND = "suspend"
    RESUME = "resume"
    HANDLE = "handle"
    CHECK = "check"
    REWORK = "rework"
    CLOSE = "close"
    FORCE = "force"
    REOPEN = "reopen"
    HAND_OVER = "hand_over"


@dataclass(frozen=True, slots=True)
class Move:
    """One arrow of the life cycle.

    Attributes:
        source: State before.
        target: State after.
        who: Who may make it.
        needs: What it must bring.
        kind: What it is called.
    """

    source: State
    target: State
    who: Who
    needs: frozenset[Need] = frozenset()
    kind: Kind = Kind.DISPATCH


_S, _W, _K = State, Who, Kind
SUSPENDABLE = (
    _S.PENDING_DISPATCH, _S.DISPATCHED, _S.ACCEPTED, _S.ARRIVED, _S.PROTECTED, _S.HANDLING,
)  # fmt: skip
EXTENDABLE = (_S.ACCEPTED, _S.ARRIVED, _S.PROTECTED, _S.HANDLING)
_STREET = (*SUSPENDABLE, _S.WAITING_EXTENSION, _S.SUSPENDED)


_FILEABLE = (_S.REPORTED, _S.PENDING_FILING)
_OPEN = tuple(state for state in State if state in OPEN)
_FILED = tuple(state for state in _OPEN if state not in UNFILED)
_ROUTED = (_S.FILED, _S.PENDING_DISPATCH, _S.REWORK, _S.REOPENED)
_GIVEN = (_S.FILED, *_STREET, _S.HANDLED, _S.CHECKED)
_N = Need

_Row = tuple[Kind, tuple[State, ...], tuple[State, ...], Who, tuple[Need, ...]]
_TABLE: tuple[_Row, ...] = (
    (_K.FILE, _FILEABLE, (_S.FILED,), _W.DESK, ()),
    (_K.REFUSE, _FILEABLE, (_S.NOT_FILED,), _W.DESK, (_N.REASON,)),
    (_K.VERIFY, (_S.REPORTED,), (_S.PENDING_VERIFY,), _W.DESK, (_N.ASSIGNEE,)),
    (
        _K.VERIFIED, (_S.PENDING_VERIFY,), (_S.PENDING_FILING,), _W.VERIFIER,
        (_N.RESULT, _N.NOTE),
    ),
    (_K.OBJECT, (_S.NOT_FILED,), (_S.PENDING_FILING,), _W.DESK, (_N.NOTE,)),
    (_K.WAIT, (_S.FILED, _S.REWORK, _S.REOPENED), (_S.PENDING_DISPATCH,), _W.ROUTER, ()),
    (_K.DISPATCH, _ROUTED, (_S.DISPATCHED,), _W.ROUTER, (_N.ASSIGNEE,)),
    (_K.ACCEPT, (_S.DISPATCHED,), (_S.ACCEPTED,), _W.HOLDER, ()),
    (_K.RETURN, (_S.DISPATCHED, _S.ACCEPTED), (_S.PENDING_DISPATCH,), _W.HOLDER, (_N.NOTE,)),
    (_K.ARRIVE, (_S.ACCEPTED,), (_S.ARRIVED,), _W.HOLDER, ()),
    (_K.PROTECT, (_S.ARRIVED,), (_S.PROTECTED,), _W.HOLDER, (_N.PHOTO,)),
    (_K.WORK, (_S.ARRIVED, _S.PROTECTED), (_S.HANDLING,), _W.HOLDER, ()),
    (_K.HANDLE, (_S.ARRIVED, _S.HANDLING), (_S.HANDLED,), _W.HOLDER, (_N.PHOTO,)),
    (_K.EXTEND, EXTENDABLE, (_S.WAITING_EXTENSION,), _W.HOLDER, (_N.NOTE, _N.MINUTES)),
    (_K.DECIDE, (_S.WAITING_EXTENSION,), EXTENDABLE, _W.SECOND, (_N.DECISION,)),
    (_K.SUSPEND, SUSPENDABLE, (_S.SUSPENDED,), _W.SECOND, ()),
    (_K.RESUME, (_S.SUSPENDED,), SUSPENDABLE, _W.ROUTER, ()),
    (_K.CHECK, (_S.HANDLED,), (_S.CHECKED,), _W.CHECKER, ()),
    (_K.REWORK, (_S.HANDLED,), (_S.REWORK,), _W.CHECKER, (_N.NOTE,)),
    (_K.REWORK, (_S.CHECKED,), (_S.REWORK,), _W.DESK, (_N.NOTE,)),
    (_K.CLOSE, (_S.CHECKED,), (_S.CLOSED,), _W.DESK, ()),
    (_K.REOPEN, (_S.CLOSED,), (_S.REOPENED,), _W.DESK, (_N.REASON, _N.NOTE)),
    (_K.MERGE, _OPEN, (_S.MERGED,), _W.ROUTER, (_N.CASE,)),
    (_K.SPLIT, (_S.MERGED,), (_S.REPORTED, _S.PENDING_DISPATCH), _W.DESK, (_N.NOTE,)),
    (_K.FORCE, _FILED, (_S.CLOSED_FORCED,), _W.SECOND, ()),
    (_K.HAND_OVER, _GIVEN, (_S.HANDED_OVER,), _W.ROUTER, (_N.RECEIPT,)),
)  # fmt: skip

MOVES: tuple[Move, ...] = tuple(
    Move(source, target, who, frozenset(needs), kind)
    for kind, sources, targets, who, needs in _TABLE
    for source in sources
    for target in targets
)
BY_PAIR = {(move.source, move.target): move for move in MOVES}
