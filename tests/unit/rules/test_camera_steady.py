"""What is told of a camera: what held for a while, and one word for one that flaps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yitong_command.domain.camera import CameraState
from yitong_command.rules.camera_steady import (
    CALM,
    FLAPS,
    HOLD,
    WINDOW,
    Steady,
    begin,
    settle,
)

START = datetime(2026, 11, 23, 1, tzinfo=UTC)
LIVE, OFF, COVERED, LATE = (
    CameraState.LIVE, CameraState.OFF, CameraState.COVERED, CameraState.LATE
)  # fmt: skip
NOT_JUDGED = CameraState.NOT_JUDGED


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def follow(states: list[CameraState], *, turns: bool = False) -> list[Steady]:
    """One state a second, each with its own name as the reason."""
    told = [begin(CameraState.CONNECTING, ("", ""), START)]
    for second, state in enumerate(states):
        reason = (state.value, state.value)
        told.append(settle(told[-1], state, reason, at(second), turns=turns))
    return told[1:]


def test_a_short_blip_is_never_told() -> None:
    told = follow([LIVE] * 10 + [OFF] * 4 + [LIVE] * 10)
    assert {steady.state for steady in told} == {LIVE}
    assert told[-1].since == at(0)


@pytest.mark.parametrize("state", [OFF, COVERED, LATE, CameraState.FROZEN])
def test_what_lasts_is_told_with_the_time_it_began(state: CameraState) -> None:
    told = follow([LIVE] * 10 + [state] * 20 + [LIVE] * 10)
    assert (told[20].state, told[20].since, told[20].reason[1]) == (state, at(10), state.value)
    assert (told[-1].state, told[-1].since) == (LIVE, at(30))


def test_a_ball_camera_that_turns_is_told_at_once_and_never_called_unstable() -> None:
    told = follow(([LIVE] * 3 + [NOT_JUDGED] * 2) * 40, turns=True)
    assert [steady.state for steady in told] == ([LIVE] * 3 + [NOT_JUDGED] * 2) * 40
    assert {steady.unstable_since for steady in told} == {None}


def test_a_fixed_camera_with_damaged_pictures_is_told_after_a_while() -> None:
    told = follow([LIVE] * 5 + [NOT_JUDGED] * 10)
    assert (told[7].state, told[-1].state) == (LIVE, NOT_JUDGED)


def test_a_flapping_camera_is_one_unstable_camera_with_a_count_until_it_is_calm() -> None:
    flapping = ([LIVE] * 10 + [OFF] * 10) * 6
    calm = int(CALM.total_seconds())
    told = follow([*flapping, *[LIVE] * (calm + 5)])
    changes = [
        steady.state for before, steady in zip(told, told[1:], strict=False)
        if before.state is not steady.state
    ]  # fmt: skip
    # Three falls are told one by one, from the fourth on it is one thing.
    assert len(changes) < 2 * 6
    middle = told[len(flapping) - 1]
    assert middle.state is LATE
    assert "中断6次" in middle.reason[0]
    assert "6 interruptions" in middle.reason[1]
    assert (told[-1].state, told[-1].unstable_since) == (LIVE, None)


def test_a_flapping_picture_keeps_its_kind() -> None:
    told = follow(([COVERED] * 5 + [LIVE] * 5) * 5)
    assert told[-1].state is COVERED
    assert "unstable" in told[-1].reason[1]


unstable = []
runs = st.lists(
    st.tuples(st.sampled_from([LIVE, LIVE, OFF, COVERED, LATE]), st.integers(1, 40)), max_size=30
)


@given(runs)
def test_nothing_is_told_before_it_held_and_flaps_do_not_multiply(
    seen: list[tuple[CameraState, int]],
) -> None:
    states = [state for state, times in seen for _ in range(times)]
    told = follow(states)
    changes: list[datetime] = []
    for second, (before, now) in enumerate(zip(told, told[1:], strict=False), start=1):
        assert now.since <= at(second)
        if now.unstable_since is not None:
            unstable.append(len(now.falls))
            continue
        if now.state is before.state or before.state is CameraState.CONNECTING:
            continue
        if before.unstable_since is None:
            changes.append(at(second))
        held = 0
        while held <= second and states[second - held] is now.state:
            held += 1
        assert timedelta(seconds=held - 1) >= HOLD.get(now.state, timedelta())
    for change in changes:
        within = [c for c in changes if change <= c < change + WINDOW]
        assert len(within) <= 4 * FLAPS


def test_the_property_saw_unstable_cameras() -> None:
    assert max(unstable, default=0) >= FLAPS
