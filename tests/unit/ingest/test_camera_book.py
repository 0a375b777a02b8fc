"""A camera's state comes from its stream and its newest look, and is told when it changes."""

from __future__ import annotations

from types import ModuleType

import pytest

from yitong_command.bus.messages import CameraStateMessage
from yitong_command.domain.camera import Camera, CameraState
from yitong_command.ingest.camera_book import GOOD, CameraBook, state_of
from yitong_command.sources.keyframe import SourceState, SourceStatus


@pytest.mark.parametrize(
    ("source", "looked", "looked_s", "state"),
    [
        pytest.param("connecting", "live", 0, "connecting", id="not there yet"),
        pytest.param("off", "live", 19, "off", id="lost"),
        pytest.param("live", "live", 19, "live", id="fine"),
        pytest.param("live", "covered", 19, "covered", id="black"),
        pytest.param("live", "frozen", 19, "frozen", id="frozen"),
        pytest.param("live", "live", 5, "late", id="no look for long"),
        pytest.param("live", "covered", 5, "late", id="no look for long, black before"),
    ],
)
def test_the_state_follows_stream_and_look(
    kit: ModuleType, source: str, looked: str, looked_s: int, state: str
) -> None:
    status = SourceStatus(SourceState(source), kit.at(0), "因", "why")
    found, _ = state_of(status, (CameraState(looked), GOOD, kit.at(looked_s)), 2.0, kit.at(20))
    assert found.value == state


def test_a_camera_that_just_came_back_is_not_late(kit: ModuleType) -> None:
    status = SourceStatus(SourceState.LIVE, kit.at(100), "", "")
    looked = (CameraState.LIVE, GOOD, kit.at(5))
    assert state_of(status, looked, 2.0, kit.at(101))[0] is CameraState.LIVE


def test_a_camera_with_a_keyframe_every_ten_seconds_is_live_and_says_so(kit: ModuleType) -> None:
    status = SourceStatus(SourceState.LIVE, kit.at(0), "", "", keyframe_interval_s=10.0)
    looked = (CameraState.LIVE, GOOD, kit.at(8))
    state, reason = state_of(status, looked, 2.0, kit.at(20))
    assert state is CameraState.LIVE
    assert reason[1] == "a keyframe every 10 s, so no look is possible more often"
    assert state_of(status, looked, 8.0, kit.at(20)) == (CameraState.LIVE, GOOD)
    assert state_of(status, looked, 2.0, kit.at(29))[0] is CameraState.LATE


def test_changes_are_told_at_once_and_everything_every_thirty_seconds(
    camera: Camera, kit: ModuleType
) -> None:
    told: list[CameraStateMessage] = []
    book = CameraBook((camera,), "w1", "http://here", told.append)
    source = SourceStatus(SourceState.LIVE, kit.at(0), "", "", dropped=3)
    for second in range(70):
        state = CameraState.COVERED if 20 <= second < 30 or second == 40 else CameraState.LIVE
        book.looked("cam-1", "main", state, kit.at(second), ("黑", "black"))
        book.sweep(lambda _: source, kit.at(second))
    assert [(m.state.value, (m.at - kit.at(0)).seconds) for m in told] == [
        ("live", 0), ("covered", 23), ("live", 32), ("live", 62)
    ]  # fmt: skip
    # Since when it was seen so; the blip of one look at 40 was never told.
    assert (told[1].since, told[2].since, told[3].since) == (kit.at(20), kit.at(30), kit.at(30))
    assert (told[-1].looks, told[-1].dropped_frames) == (52, 3)
    assert book.counts()["live"] == 1


def test_a_camera_may_come_and_go_while_others_are_told_of(camera: Camera, kit: ModuleType) -> None:
    told: list[CameraStateMessage] = []
    book = CameraBook((), "w1", "http://here", told.append)
    source = SourceStatus(SourceState.LIVE, kit.at(0), "", "")
    book.looked("cam-1", "main", CameraState.LIVE, kit.at(0))
    book.add(camera, CameraState.FROZEN, kit.at(-60))
    book.looked("cam-1", "main", CameraState.FROZEN, kit.at(0), ("冻结", "frozen"))
    book.sweep(lambda _: source, kit.at(0))
    assert (told[-1].state, told[-1].since, told[-1].reason_en) == (
        CameraState.FROZEN, kit.at(-60), "frozen",
    )  # fmt: skip
    book.add(camera)
    assert book.since("cam-1") == kit.at(-60)
    book.remove("cam-1")
    book.remove("cam-1")
    book.sweep(lambda _: source, kit.at(60))
    assert len(told) == 1
    assert book.state("cam-1") is None


def test_a_look_that_says_nothing_new_keeps_the_state_and_is_not_late(
    camera: Camera, kit: ModuleType
) -> None:
    told: list[CameraStateMessage] = []
    book = CameraBook((camera,), "w1", "http://here", told.append)
    source = SourceStatus(SourceState.LIVE, kit.at(0), "", "")
    book.looked("cam-1", "main", CameraState.LIVE, kit.at(0))
    for second in range(25):
        book.looked("cam-1", "main", None, kit.at(second))
        book.sweep(lambda _: source, kit.at(second))
    assert {message.state for message in told} == {CameraState.LIVE}
