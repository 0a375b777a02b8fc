"""What each move changes in what is known of a case, above all who holds it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from yitong_command.domain.case_facts import Ask, Asked, AskedKind, Case
from yitong_command.domain.lifecycle import Kind, Move
from yitong_command.domain.states import FINAL

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for "not told" where a wish came without its time."""


def changed(case: Case, ask: Ask, move: Move) -> Case:
    """The case after a move that was found right.

    Whatever waited for a second person is answered by the decision, or made void by the end.
    """
    after = replace(case, state=ask.to, version=case.version + 1)
    change = _CHANGES.get(move.kind)
    if change is not None:
        after = change(after, case, ask)
    if ask.to in FINAL:
        after = replace(after, holder=None, asked=None)
    return after


def _file(after: Case, _case: Case, ask: Ask) -> Case:
    return replace(after, holder=ask.actor.username, filed_by=ask.actor.username)


def _dispatch(after: Case, case: Case, ask: Ask) -> Case:
    return replace(after, holder=ask.assignee or case.handled_by, checked_by=None, opinion=None)


def _handle(after: Case, case: Case, ask: Ask) -> Case:
    return replace(after, holder=case.filed_by, handled_by=ask.actor.username, opinion=None)


def _desk_of(case: Case, ask: Ask) -> str | None:
    return ask.actor.username if ask.actor.at_desk else case.filed_by


def _check(after: Case, case: Case, ask: Ask) -> Case:
    return replace(after, holder=_desk_of(case, ask), checked_by=ask.actor.username)


def _rework(after: Case, case: Case, ask: Ask) -> Case:
    return replace(after, holder=_desk_of(case, ask), asked=None)


def _return(after: Case, case: Case, ask: Ask) -> Case:
    returned = case.returned_by | {ask.actor.username}
    return replace(after, holder=case.filed_by, returned_by=returned, asked=None)


def _pause(after: Case, case: Case, _ask: Ask) -> Case:
    return replace(after, resume_to=case.state, asked=None)


def _resume(after: Case, _case: Case, _ask: Ask) -> Case:
    return replace(after, resume_to=None)


def _decide(after: Case, case: Case, ask: Ask) -> Case:
    extensions = case.extensions + (1 if ask.granted else 0)
    return replace(after, resume_to=None, asked=None, extensions=extensions)


def _extend(after: Case, case: Case, ask: Ask) -> Case:
    asked = Asked(AskedKind.EXTEND, ask.actor.username, ask.at or EPOCH, ask.note)
    return replace(after, resume_to=case.state, asked=asked)


def _merge(after: Case, case: Case, _ask: Ask) -> Case:
    return replace(after, resume_to=case.state)


def _split(after: Case, case: Case, ask: Ask) -> Case:
    held = after.state.value != "reported"
    holder = (case.filed_by or ask.actor.username) if held else None
    return replace(after, holder=holder, resume_to=None)


def _reopen(after: Case, _case: Case, ask: Ask) -> Case:
    by = ask.actor.username
    return replace(
        after, holder=by, filed_by=by, handled_by=None, checked_by=None, opinion=None,
        returned_by=frozenset(),
    )  # fmt: skip


def _object(after: Case, case: Case, _ask: Ask) -> Case:
    return replace(after, objections=case.objections + 1)


def _verify(after: Case, _case: Case, ask: Ask) -> Case:
    return replace(after, verifier=ask.assignee)


_CHANGES: dict[Kind, Callable[[Case, Case, Ask], Case]] = {
    Kind.FILE: _file,
    Kind.DISPATCH: _dispatch,
    Kind.HANDLE: _handle,
    Kind.CHECK: _check,
    Kind.REWORK: _rework,
    Kind.RETURN: _return,
    Kind.EXTEND: _extend,
    Kind.DECIDE: _decide,
    Kind.SUSPEND: _pause,
    Kind.RESUME: _resume,
    Kind.MERGE: _merge,
    Kind.SPLIT: _split,
    Kind.REOPEN: _reopen,
    Kind.OBJECT: _object,
    Kind.VERIFY: _verify,
}
