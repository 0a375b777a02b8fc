"""Tasks follow their case."""

from __future__ import annotations

from yitong_command.domain.case import State
from yitong_command.domain.task import OPEN_TASK, TaskState, task_id, task_state


def test_a_task_follows_its_case_and_ends_when_it_is_handled() -> None:
    assert task_state(State.ACCEPTED) is TaskState.ACCEPTED
    assert task_state(State.CLOSED) is None
    assert TaskState.HANDLED not in OPEN_TASK
    assert task_id("YT20261123-000012", 2) == "YT20261123-000012-T2"
