"""Cases: deciding on a move. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from yitong_command.domain.actor import SYSTEM, Actor
from yitong_command.domain.case_changes import changed
from yitong_command.domain.case_facts import Ask, Asked, AskedKind, Case, Opinion, Receipt
from yitong_command.domain.lifecycle import BY_PAIR, MOVES, NEED_ZH, Kind, Move, Need, Who
from yitong_command.domain.permits import barred, brings, needs_of, permits
from yitong_command.domain.roles import DESK, Role
from yitong_command.domain.states import FINAL, HELD, OPEN, OUTER_STEP, STATE_ZH, State
from yitong_command.errors import IllegalTransition, NotAllowed, ProofMissing, StaleVersion

__all__ = [
    "DESK", "FINAL", "HELD", "MOVES", "OPEN", "OUTER_STEP", "STATE_ZH", "SYSTEM", "Actor", "Ask",
    "Asked", "AskedKind", "Case", "Kind", "Move", "Need", "Opinion", "Receipt", "Role", "State",
    "Who", "decide", "is_rework", "move_between", "moves_for",
]  # fmt: skip


def decide(case: Case, ask: Ask) -> Case:
    """The case after the move, or a refusal.

    Raises:
        StaleVersion: If the case changed since the actor saw it.
        IllegalTransition: If there is no such move, or not now.
        NotAllowed: If the actor may not make it.
        ProofMissing: If it does not bring what it needs.
    """
    if ask.expected_version is not None and ask.expected_version != case.version:
        raise StaleVersion(
            f"案件 {case.case_id} 已被他人更新(第 {case.version} 版),请刷新",
            f"case {case.case_id} was changed by somebody else (version {case.version})",
        )
    move = BY_PAIR.get((case.state, ask.to))
    if move is None:
        raise IllegalTransition(
            f"案件 {case.case_id} 处于“{STATE_ZH[case.state]}”,不能转为“{STATE_ZH[ask.to]}”",
            f"case {case.case_id} is {case.state.value}, it can't become {ask.to.value}",
        )
    if not permits(move, case, ask.actor):
        raise NotAllowed(
            f"{ask.actor.username} 不能把案件 {case.case_id} 转为“{STATE_ZH[ask.to]}”",
            f"{ask.actor.username} may not make case {case.case_id} {ask.to.value}",
        )
    if (why := barred(move, case, ask.at)) is not None:
        raise IllegalTransition(*why)
    missing = sorted(
        need.value for need in needs_of(move, case) if not brings(ask, need, case, move)
    )
    if missing:
        raise ProofMissing(
            f"转为“{STATE_ZH[ask.to]}”还缺: {', '.join(NEED_ZH[Need(word)] for word in missing)}",
            f"to become {ask.to.value} this is missing: {', '.join(missing)}",
        )
    return changed(case, ask, move)


def moves_for(case: Case, actor: Actor, at: datetime | None = None) -> tuple[Move, ...]:
    """The moves this person may make now with one press, with what each needs.

    Merging is left out: it needs another case to be picked first.

    Args:
        case: The case.
        actor: The person.
        at: Now; without it windows are taken to be open.
    """
    return tuple(
        replace(move, needs=needs_of(move, case))
        for move in MOVES
        if move.source is case.state
        and Need.CASE not in move.needs
        and permits(move, case, actor)
        and barred(move, case, at) is None
    )


def move_between(source: State, target: State) -> Move | None:
    """The arrow between two states, or None."""
    return BY_PAIR.get((source, target))


def is_rework(source: State, target: State) -> bool:
    """Whether a move sends a case back to the street after it was handled."""
    return target is State.DISPATCHED and source is State.REWORK
