"""Who may make a move, what bars it now, and what it must bring. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from yitong_command.domain.actor import Actor
from yitong_command.domain.case_facts import Ask, AskedKind, Case, Opinion
from yitong_command.domain.lifecycle import Kind, Move, Need, Who
from yitong_command.domain.roles import Role
from yitong_command.domain.states import UNFILED, State

REOPEN_RECURRED, REOPEN_UNSATISFIED = 1, 2
REOPEN_WINDOWS = {REOPEN_RECURRED: timedelta(days=7), REOPEN_UNSATISFIED: timedelta(days=5)}
"""By the number of the reason: the same fact again, or who complained is not satisfied."""
SPLIT_WINDOW = timedelta(hours=24)
MAX_EXTENSIONS = 1
RESULTS = frozenset({"exists", "not_exist", "unable"})
BODIES = {
    "police_110": ("公安(110)", "police (110)"),
    "fire_119": ("消防(119)", "fire brigade (119)"),
    "medical_120": ("急救(120)", "ambulance (120)"),
    "justice": ("司法机关", "justice"),
}

Why = tuple[str, str]
_NEVER = "特急案件不得延期或挂账", "the clock of a critical case is never stopped or extended"
_ASKED_FOR = {
    Kind.DECIDE: AskedKind.EXTEND,
    Kind.SUSPEND: AskedKind.SUSPEND,
    Kind.FORCE: AskedKind.FORCE,
}


def permits(move: Move, case: Case, actor: Actor) -> bool:
    """Whether this person may make this move of this case at all."""
    rule = _RULES[move.who]
    return rule(case, actor)


def _desk(case: Case, actor: Actor) -> bool:
    return actor.at_desk and actor.covers(case.grid_code)


def _router(case: Case, actor: Actor) -> bool:
    return actor.role is Role.SYSTEM or _desk(case, actor)


def _holder(case: Case, actor: Actor) -> bool:
    return actor.role is Role.WORKER and actor.username == case.holder


def _verifier(case: Case, actor: Actor) -> bool:
    return actor.role is Role.WORKER and actor.username == case.verifier


def _checker(case: Case, actor: Actor) -> bool:
    """Never who handled it; the machine only where the taxonomy lets it and the picture says so."""
    if actor.username == case.handled_by:
        return False
    if actor.role is Role.SYSTEM:
        return case.machine_checks and case.severity > 1 and case.opinion is Opinion.GONE
    worker = actor.role is Role.WORKER and actor.covers(case.grid_code)
    return worker or _desk(case, actor)


def _second(case: Case, actor: Actor) -> bool:
    """Whoever leads, but never who asked."""
    asked = case.asked is not None and actor.username != case.asked.by
    return asked and actor.leads and actor.covers(case.grid_code)


_RULES: dict[Who, Callable[[Case, Actor], bool]] = {
    Who.DESK: _desk,
    Who.ROUTER: _router,
    Who.HOLDER: _holder,
    Who.VERIFIER: _verifier,
    Who.CHECKER: _checker,
    Who.SECOND: _second,
}


def barred(move: Move, case: Case, at: datetime | None) -> Why | None:
    """Why a move that exists can't be made now, in both languages; None if nothing is against it.

    Args:
        move: The move.
        case: The case.
        at: Now, aware; without it no window is closed.
    """
    rule = _BARS.get(move.kind)
    return rule(move, case, at) if rule else None


def asking_barred(case: Case, kind: AskedKind, at: datetime) -> Why | None:
    """Why this can't even be asked for; None if it can."""
    if case.asked is not None:
        return "已有一项申请等待审批", "something else waits for a second person already"
    if kind is AskedKind.FORCE:
        return None
    if case.severity == 1:
        return _NEVER
    if kind is AskedKind.SUSPEND:
        return None
    if case.extensions >= MAX_EXTENSIONS:
        return "已延期一次,不得再延", "it was extended once already"
    if case.due_at is not None and at >= case.due_at:
        return "已超期,不得再申请延期", "it is overdue; an extension is asked for before that"
    return None


def _no_second(move: Move, case: Case, _at: datetime | None) -> Why | None:
    wanted = _ASKED_FOR[move.kind]
    if case.asked is None or case.asked.kind is not wanted:
        return "没有人提出申请", f"nobody asked for this ({wanted.value})"
    if move.kind is Kind.SUSPEND and case.severity == 1:
        return _NEVER
    return _elsewhere(move, case, _at) if move.kind is Kind.DECIDE else None


def _elsewhere(move: Move, case: Case, _at: datetime | None) -> Why | None:
    if move.target is case.resume_to:
        return None
    return "只能回到原来的环节", "it goes back to where it was"


def _returned(_move: Move, case: Case, at: datetime | None) -> Why | None:
    if case.holder in case.returned_by:
        return "已退回过一次,不得再退", "the same person hands a case back once"
    if at is not None and case.return_until is not None and at > case.return_until:
        return "已过退回时限", "the time for handing it back is over"
    return None


def _extension(_move: Move, case: Case, at: datetime | None) -> Why | None:
    now = at or case.due_at
    if now is not None and at is not None:
        return asking_barred(case, AskedKind.EXTEND, now)
    if case.severity == 1 or case.extensions >= MAX_EXTENSIONS or case.asked is not None:
        return "不得延期", "it can't be extended"
    return None


def _split(move: Move, case: Case, at: datetime | None) -> Why | None:
    to = State.REPORTED if case.resume_to in UNFILED else State.PENDING_DISPATCH
    if move.target is not to:
        return "只能回到并案前的环节", "it goes back to where it was"
    if _over(case, at, SPLIT_WINDOW):
        return "并案已超过 24 小时,不能拆分", "merged more than 24 hours ago, it stays merged"
    return None


def _reopen(_move: Move, case: Case, at: datetime | None) -> Why | None:
    if _over(case, at, max(REOPEN_WINDOWS.values())):
        return "结案已超过 7 天,请另立新案", "closed more than 7 days ago; it is a new case"
    return None


def _objected(_move: Move, case: Case, _at: datetime | None) -> Why | None:
    if case.objections:
        return "已提出过一次异议", "a refusal can be objected to once"
    return None


def _over(case: Case, at: datetime | None, window: timedelta) -> bool:
    return at is not None and case.ended_at is not None and at > case.ended_at + window


_BARS: dict[Kind, Callable[[Move, Case, datetime | None], Why | None]] = {
    Kind.RETURN: _returned,
    Kind.EXTEND: _extension,
    Kind.DECIDE: _no_second,
    Kind.SUSPEND: _no_second,
    Kind.FORCE: _no_second,
    Kind.RESUME: _elsewhere,
    Kind.SPLIT: _split,
    Kind.REOPEN: _reopen,
    Kind.OBJECT: _objected,
}


def needs_of(move: Move, case: Case) -> frozenset[Need]:
    """What this move of this case must bring: police matters are closed by receipt only."""
    if move.kind is Kind.CLOSE and case.police:
        return move.needs | {Need.RECEIPT}
    if move.kind is Kind.DISPATCH and move.source is State.REWORK and case.handled_by:
        return move.needs - {Need.ASSIGNEE}
    return move.needs


def brings(ask: Ask, need: Need, case: Case, move: Move) -> bool:
    """Whether a wish brings what is needed."""
    return _BRINGS[need](ask, case, move)


def _reason(ask: Ask, case: Case, move: Move) -> bool:
    code = ask.reason_code
    if move.kind is not Kind.REOPEN:
        return code is not None and 1 <= code <= 9
    window = REOPEN_WINDOWS.get(code or 0)
    if window is None or (code == REOPEN_RECURRED and not case.recurring):
        return False
    return not _over(case, ask.at, window)


def _receipt(ask: Ask, _case: Case, _move: Move) -> bool:
    receipt = ask.receipt
    if receipt is None or receipt.body not in BODIES or not receipt.number.strip():
        return False
    return ask.at is None or receipt.issued_at <= ask.at


_BRINGS: dict[Need, Callable[[Ask, Case, Move], bool]] = {
    Need.PHOTO: lambda ask, _case, _move: bool(ask.evidence_sha256),
    Need.NOTE: lambda ask, _case, _move: bool(ask.note.strip()),
    Need.REASON: _reason,
    Need.ASSIGNEE: lambda ask, _case, _move: bool(ask.assignee),
    Need.CASE: lambda ask, _case, _move: bool(ask.merge_into),
    Need.RECEIPT: _receipt,
    Need.MINUTES: lambda ask, _case, _move: ask.minutes is not None and ask.minutes > 0,
    Need.DECISION: lambda ask, _case, _move: ask.granted is not None,
    Need.RESULT: lambda ask, _case, _move: ask.result in RESULTS,
}
