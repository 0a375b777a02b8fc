"""Tasks: one assignment of a case to one worker."""

from __future__ import annotations

from enum import StrEnum

from yitong_command.domain.case import State


class TaskState(StrEnum):
    """Where an assignment stands; ``HANDLED`` is its end."""

    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    ARRIVED = "arrived"
    HANDLED = "handled"


OPEN_TASK = frozenset(TaskState) - {TaskState.HANDLED}

_OF_CASE = {
    State.DISPATCHED: TaskState.DISPATCHED,
    State.ACCEPTED: TaskState.ACCEPTED,
    State.ARRIVED: TaskState.ARRIVED,
    State.HANDLED: TaskState.HANDLED,
}


def task_state(state: State) -> TaskState | None:
    """State of the open task of a case that has just become ``state``, or None if untouched."""
    return _OF_CASE.get(state)


def task_id(case_id: str, number: int) -> str:
    """Id of the ``number``-th task of a case, for example ``YT20261123-000012-T1``."""
    return f"{case_id}-T{number}"
