"""Tasks: one assignment of a case to one worker."""

from __future__ import annotations

from enum import StrEnum

from yitong_command.domain.lifecycle import Kind


class TaskState(StrEnum):
    """Where an assignment stands; the last three are its ends."""

    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    ARRIVED = "arrived"
    HANDLED = "handled"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


ENDED_TASK = frozenset({TaskState.HANDLED, TaskState.RETURNED, TaskState.WITHDRAWN})
OPEN_TASK = frozenset(TaskState) - ENDED_TASK

_OF_MOVE = {
    Kind.ACCEPT: TaskState.ACCEPTED,
    Kind.ARRIVE: TaskState.ARRIVED,
    Kind.HANDLE: TaskState.HANDLED,
    Kind.RETURN: TaskState.RETURNED,
    Kind.MERGE: TaskState.WITHDRAWN,
    Kind.FORCE: TaskState.WITHDRAWN,
    Kind.HAND_OVER: TaskState.WITHDRAWN,
}


def task_state(kind: Kind) -> TaskState | None:
    """State of the open task of a case after a move of this kind, or None if untouched."""
    return _OF_MOVE.get(kind)


def task_id(case_id: str, number: int) -> str:
    """Id of the ``number``-th task of a case, for example ``YT20261123-000012-T1``."""
    return f"{case_id}-T{number}"
