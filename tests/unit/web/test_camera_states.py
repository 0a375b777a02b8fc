from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from yitong_command.bus.messages import CameraStateMessage
from yitong_command.domain.camera import CameraState
from yitong_command.web.live.cameras import SILENT_AFTER, CameraStates

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)


def message(
    at: datetime, state: CameraState = CameraState.LIVE, **more: object
) -> CameraStateMessage:
    values = {"camera_id": "cam-001", "state": state, "since": NOON, "at": at, "worker": "worker-1"}
    return CameraStateMessage.model_validate(values | more)


def test_a_repeated_state_is_no_change_but_counts_as_a_sign_of_life() -> None:
    states = CameraStates()
    assert states.take("camera-states-0", 0, message(NOON))
    later = NOON + timedelta(seconds=50)
    assert not states.take("camera-states-0", 1, message(later, looks=45))
    known = states.get("cam-001", later + timedelta(seconds=50))
    assert known is not None
    assert (known.state, known.looks) == (CameraState.LIVE, 45)


@pytest.mark.parametrize(
    "change",
    [
        {"state": CameraState.FROZEN},
        {"view_id": "left"},
        {"reason_zh": "黑屏"},
        {"worker_url": "http://h"},
    ],
    ids=["state", "view", "reason", "worker"],
)
def test_what_a_screen_shows_is_a_change(change: dict[str, object]) -> None:
    states = CameraStates()
    states.take("camera-states-0", 0, message(NOON))
    assert states.take("camera-states-0", 1, message(NOON + timedelta(seconds=1), **change))


def test_an_older_state_that_comes_late_is_ignored() -> None:
    states = CameraStates()
    states.take("camera-states-0", 5, message(NOON, CameraState.OFF))
    assert not states.take("camera-states-0", 6, message(NOON - timedelta(seconds=1)))
    known = states.get("cam-001", NOON)
    assert known is not None
    assert known.state is CameraState.OFF


def test_a_silent_worker_means_off_and_is_told_once() -> None:
    states = CameraStates()
    states.take("camera-states-0", 0, message(NOON))
    assert states.newly_silent(NOON + SILENT_AFTER) == []
    late = NOON + SILENT_AFTER + timedelta(seconds=1)
    (fallen,) = states.newly_silent(late)
    assert fallen.state is CameraState.OFF
    assert fallen.since == NOON
    assert "worker-1" in fallen.reason_zh
    assert states.newly_silent(late) == []
    assert [known.state for known in states.after({"camera-states-0": 0}, late)] == ["off"]


def test_a_worker_that_speaks_again_is_a_change() -> None:
    states = CameraStates()
    states.take("camera-states-0", 0, message(NOON))
    late = NOON + timedelta(minutes=5)
    states.newly_silent(late)
    assert states.take("camera-states-0", 1, message(late))
    assert list(states.after({"camera-states-0": 1}, late)) == []


def test_a_camera_nobody_spoke_of_is_unknown() -> None:
    assert CameraStates().get("cam-009", NOON) is None
