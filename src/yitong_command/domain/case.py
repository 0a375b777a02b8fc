"""Cases: their states, who may move them, and who holds them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from yitong_command.errors import IllegalTransition, NotAllowed, ProofMissing, StaleVersion


class State(StrEnum):
    """Where a case stands."""

    REPORTED = "reported"
    FILED = "filed"
    NOT_FILED = "not_filed"
    MERGED = "merged"
    PENDING_DISPATCH = "pending_dispatch"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    ARRIVED = "arrived"
    HANDLED = "handled"
    CHECKED = "checked"
    CLOSED = "closed"


FINAL = frozenset({State.NOT_FILED, State.MERGED, State.CLOSED})
OPEN = frozenset(State) - FINAL
HELD = OPEN - {State.REPORTED}
"""States in which exactly one person holds the case."""

STATE_ZH = {
    State.REPORTED: "上报",
    State.FILED: "立案",
    State.NOT_FILED: "不予立案",
    State.MERGED: "已并案",
    State.PENDING_DISPATCH: "待派遣",
    State.DISPATCHED: "已派遣",
    State.ACCEPTED: "已接单",
    State.ARRIVED: "已到场",
    State.HANDLED: "已处置",
    State.CHECKED: "已核查",
    State.CLOSED: "已结案",
}


class Role(StrEnum):
    """What a person is to the system; ``SYSTEM`` is the system itself."""

    OPERATOR = "operator"
    WORKER = "worker"
    ADMIN = "admin"
    SYSTEM = "system"


DESK = frozenset({Role.OPERATOR, Role.ADMIN})


class Who(StrEnum):
    """Who may make a move."""

    DESK = "desk"
    HOLDER = "holder"
    CHECKER = "checker"
    ROUTER = "router"


class Need(StrEnum):
    """What a move must bring with it."""

    PHOTO = "photo"
    NOTE = "note"
    REASON = "reason"
    ASSIGNEE = "assignee"
    CASE = "case"


@dataclass(frozen=True, slots=True)
class Move:
    """One arrow of the life cycle.

    Attributes:
        source: State before.
        target: State after.
        who: Who may make it.
        needs: What it must bring.
    """

    source: State
    target: State
    who: Who
    needs: frozenset[Need] = frozenset()


MOVES: tuple[Move, ...] = (
    Move(State.REPORTED, State.FILED, Who.DESK),
    Move(State.REPORTED, State.NOT_FILED, Who.DESK, frozenset({Need.REASON})),
    Move(State.REPORTED, State.MERGED, Who.DESK, frozenset({Need.CASE})),
    Move(State.FILED, State.PENDING_DISPATCH, Who.ROUTER),
    Move(State.FILED, State.DISPATCHED, Who.ROUTER, frozenset({Need.ASSIGNEE})),
    Move(State.PENDING_DISPATCH, State.DISPATCHED, Who.ROUTER, frozenset({Need.ASSIGNEE})),
    Move(State.DISPATCHED, State.ACCEPTED, Who.HOLDER),
    Move(State.ACCEPTED, State.ARRIVED, Who.HOLDER),
    Move(State.ARRIVED, State.HANDLED, Who.HOLDER, frozenset({Need.PHOTO})),
    Move(State.HANDLED, State.CHECKED, Who.CHECKER),
    Move(State.HANDLED, State.DISPATCHED, Who.CHECKER, frozenset({Need.NOTE})),
    Move(State.CHECKED, State.DISPATCHED, Who.DESK, frozenset({Need.NOTE})),
    Move(State.CHECKED, State.CLOSED, Who.DESK),
)
_MOVES = {(move.source, move.target): move for move in MOVES}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts.

    Attributes:
        username: The person's account, or ``system``.
        role: What the person may do.
        grid_codes: Grids a worker belongs to; empty for the desk.
    """

    username: str
    role: Role
    grid_codes: frozenset[str] = frozenset()

    @property
    def at_desk(self) -> bool:
        """Operators and admins."""
        return self.role in DESK


SYSTEM = Actor("system", Role.SYSTEM)


@dataclass(frozen=True, slots=True)
class Case:
    """What a decision needs to know of a case.

    Attributes:
        case_id: For example ``YT20261123-000012``.
        state: Where it stands.
        version: Grows by one with every transition; 1 when reported.
        grid_code: Grid it lies in, or None.
        holder: The one person accountable now; None before filing and after the end.
        filed_by: Operator who filed it.
        handled_by: Worker who handled it last.
        checked_by: Person who checked it last.
    """

    case_id: str
    state: State = State.REPORTED
    version: int = 1
    grid_code: str | None = None
    holder: str | None = None
    filed_by: str | None = None
    handled_by: str | None = None
    checked_by: str | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """A wish to move a case.

    Attributes:
        to: State wished for.
        actor: Who wishes it.
        expected_version: Version the actor saw, or None if the actor does not care.
        note: Free text.
        reason_code: 1..9, for not filing.
        evidence_sha256: After-photo in the evidence store.
        assignee: Worker to send; on rework None sends the handler again.
        merge_into: Case that this one is merged into.
    """

    to: State
    actor: Actor
    expected_version: int | None = None
    note: str = ""
    reason_code: int | None = None
    evidence_sha256: str | None = None
    assignee: str | None = None
    merge_into: str | None = None


def decide(case: Case, ask: Ask) -> Case:
    """The case after the move, or a refusal.

    Raises:
        StaleVersion: If the case changed since the actor saw it.
        IllegalTransition: If there is no such move.
        NotAllowed: If the actor may not make it.
        ProofMissing: If it does not bring what it needs.
    """
    if ask.expected_version is not None and ask.expected_version != case.version:
        raise StaleVersion(
            f"案件 {case.case_id} 已被他人更新(第 {case.version} 版),请刷新",
            f"case {case.case_id} was changed by somebody else (version {case.version})",
        )
    move = _MOVES.get((case.state, ask.to))
    if move is None:
        raise IllegalTransition(
            f"案件 {case.case_id} 处于“{STATE_ZH[case.state]}”,不能转为“{STATE_ZH[ask.to]}”",
            f"case {case.case_id} is {case.state.value}, it can't become {ask.to.value}",
        )
    if not _may(move, case, ask.actor):
        raise NotAllowed(
            f"{ask.actor.username} 不能把案件 {case.case_id} 转为“{STATE_ZH[ask.to]}”",
            f"{ask.actor.username} may not make case {case.case_id} {ask.to.value}",
        )
    missing = sorted(need.value for need in move.needs if not _brings(ask, need))
    if missing:
        raise ProofMissing(
            f"转为“{STATE_ZH[ask.to]}”还缺: {', '.join(_NEED_ZH[Need(word)] for word in missing)}",
            f"to become {ask.to.value} this is missing: {', '.join(missing)}",
        )
    return _moved(case, ask)


def moves_for(case: Case, actor: Actor) -> tuple[Move, ...]:
    """The moves this person may make now with one press.

    Merging is left out: it needs another case to be picked first.
    """
    return tuple(
        move
        for move in MOVES
        if move.source is case.state and Need.CASE not in move.needs and _may(move, case, actor)
    )


def is_rework(source: State, target: State) -> bool:
    """Whether a move sends a case back to the street after it was handled."""
    return target is State.DISPATCHED and source in {State.HANDLED, State.CHECKED}


_NEED_ZH = {
    Need.PHOTO: "处置后照片",
    Need.NOTE: "说明",
    Need.REASON: "理由编号(1-9)",
    Need.ASSIGNEE: "处置人",
    Need.CASE: "并入的案件",
}


def _may(move: Move, case: Case, actor: Actor) -> bool:
    if move.who is Who.DESK:
        return actor.at_desk
    if move.who is Who.ROUTER:
        return actor.at_desk or actor.role is Role.SYSTEM
    if move.who is Who.HOLDER:
        return actor.role is Role.WORKER and actor.username == case.holder
    if actor.username == case.handled_by:
        return False
    in_grid = actor.role is Role.WORKER and case.grid_code in actor.grid_codes
    return actor.at_desk or in_grid


def _brings(ask: Ask, need: Need) -> bool:
    if need is Need.REASON:
        return ask.reason_code is not None and 1 <= ask.reason_code <= 9
    if need is Need.NOTE:
        return bool(ask.note.strip())
    return bool(
        {
            Need.PHOTO: ask.evidence_sha256,
            Need.ASSIGNEE: ask.assignee,
            Need.CASE: ask.merge_into,
        }[need]
    )


def _moved(case: Case, ask: Ask) -> Case:
    after = replace(case, state=ask.to, version=case.version + 1)
    if ask.to is State.FILED:
        return replace(after, holder=ask.actor.username, filed_by=ask.actor.username)
    if ask.to is State.DISPATCHED:
        return replace(after, holder=ask.assignee or case.handled_by, checked_by=None)
    if ask.to is State.HANDLED:
        return replace(after, holder=case.filed_by, handled_by=ask.actor.username)
    if ask.to is State.CHECKED:
        desk = ask.actor.username if ask.actor.at_desk else case.filed_by
        return replace(after, holder=desk, checked_by=ask.actor.username)
    if ask.to in FINAL:
        return replace(after, holder=None)
    return after
