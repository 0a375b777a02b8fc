"""Tasks follow their case."""

from __future__ import annotations

from yitong_command.domain.case import Kind
from yitong_command.domain.task import OPEN_TASK, TaskState, task_id, task_state


def test_a_task_follows_its_case_and_ends_when_it_is_handled() -> None:
    assert task_state(Kind.ACCEPT) is TaskState.ACCEPTED
    assert task_state(Kind.CLOSE) is None
    assert task_state(Kind.RETURN) is TaskState.RETURNED
    assert task_state(Kind.HAND_OVER) is TaskState.WITHDRAWN
    assert not OPEN_TASK & {TaskState.HANDLED, TaskState.RETURNED, TaskState.WITHDRAWN}
    assert task_id("YT20261123-000012", 2) == "YT20261123-000012-T2"
