"""What is wrong with a picture: at once where it shows nothing, after a while where it may pass."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yitong_command.rules import camera_scene
from yitong_command.rules.camera_scene import (
    HOLD,
    HOLD_LOOKS,
    REASONS,
    Measures,
    SceneState,
    Trouble,
    step,
)

START = datetime(2026, 11, 23, 1, tzinfo=UTC)
FINE = Measures(110, 40, 0.01, 0.9, 1.0)
BAD = {
    Trouble.BLACK: Measures(5, 1, 0.0, 0.9, 1.0),
    Trouble.OVEREXPOSED: Measures(246, 12, 0.9, 0.9, 1.0),
    Trouble.BLANK: Measures(120, 1, 0.0, 0.9, 1.0),
    Trouble.BLURRED: Measures(110, 40, 0.0, 0.9, 0.3),
    Trouble.MOVED: Measures(110, 40, 0.0, 0.1, 1.0),
}


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def follow(looks: list[Measures], every_s: float = 2.0) -> list[SceneState]:
    states, state = [], SceneState()
    for number, measures in enumerate(looks):
        state = step(state, measures, at(number * every_s))
        states.append(state)
    return states


@pytest.mark.parametrize("trouble", BAD)
def test_every_trouble_is_found_named_and_mended(trouble: Trouble) -> None:
    states = follow([FINE] * 3 + [BAD[trouble]] * 6 + [FINE] * 3)
    found = [state.trouble for state in states]
    assert found[:3] == [None] * 3
    assert found[8] is trouble
    assert found[-1] is None
    assert len(set(REASONS[trouble])) == 2


@pytest.mark.parametrize("trouble", [Trouble.BLURRED, Trouble.MOVED])
def test_a_lorry_before_the_lens_is_not_judged_and_not_told(trouble: Trouble) -> None:
    states = follow([FINE, BAD[trouble], BAD[trouble], FINE, FINE])
    assert [state.trouble for state in states] == [None] * 5
    assert [state.doubted for state in states] == [None, trouble, trouble, None, None]


def test_it_takes_time_and_looks_both() -> None:
    fast = follow([BAD[Trouble.MOVED]] * 6, every_s=0.5)
    assert {state.trouble for state in fast} == {None}
    slow = follow([BAD[Trouble.MOVED]] * 3, every_s=60)
    assert [state.trouble for state in slow] == [None, None, Trouble.MOVED]


def test_what_lies_between_the_two_limits_changes_nothing() -> None:
    between = Measures(110, 40, 0.0, 0.46, 0.6)
    assert follow([FINE, *[between] * 9])[-1].trouble is None
    assert follow([BAD[Trouble.MOVED]] * 5 + [between] * 9)[-1].trouble is Trouble.MOVED


def test_without_a_reference_only_what_shows_nothing_is_trouble() -> None:
    assert {state.trouble for state in follow([Measures(110, 40)] * 9)} == {None}


measures = st.builds(
    Measures,
    level=st.floats(0, 255),
    contrast=st.floats(0, 90),
    white=st.floats(0, 1),
    likeness=st.none() | st.floats(-1, 1),
    sharpness=st.none() | st.floats(0, 3),
)
told: set[Trouble | None] = set()


@given(st.lists(st.tuples(measures | st.sampled_from([FINE, *BAD.values()]), st.integers(1, 4)),
                max_size=12))  # fmt: skip
def test_moved_and_blurred_are_never_told_sooner_than_agreed(
    runs: list[tuple[Measures, int]],
) -> None:
    looks = [item for item, times in runs for _ in range(times)]
    states = follow(looks)
    for number, state in enumerate(states):
        told.add(state.trouble)
        before = states[number - 1].trouble if number else None
        if state.trouble is before or state.trouble not in (Trouble.BLURRED, Trouble.MOVED):
            continue
        seen = [camera_scene.seen(looks[i], before) for i in range(number, -1, -1)]
        row = 0
        while row < len(seen) and seen[row] is state.trouble:
            row += 1
        assert row >= HOLD_LOOKS
        assert timedelta(seconds=2 * (row - 1)) >= HOLD


def test_the_property_saw_every_trouble() -> None:
    assert told == {None, *Trouble}
