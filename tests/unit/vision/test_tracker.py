"""Tracks keep their names while a thing stands or crawls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yitong_command.domain.geometry import Box
from yitong_command.domain.observation import Detection
from yitong_command.vision import tracker
from yitong_command.vision.tracker import TrackerState, step

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def run(looks: list[list[Detection]], every_s: float = 2.0) -> list[list[str]]:
    state, names = TrackerState(), []
    for n, detections in enumerate(looks):
        state, tracks = step(state, detections, START + timedelta(seconds=n * every_s))
        names.append([track.track_id for track in tracks])
    return names


def car(x: float, y: float = 0.5, label: str = "car") -> Detection:
    return Detection(label, 0.8, Box(x, y, x + 0.2, y + 0.15))


def test_standing_and_crawling_vehicles_keep_their_names() -> None:
    looks = [[car(0.1), car(0.4 + 0.05 * n)] for n in range(5)]
    assert run(looks) == [["t1", "t2"]] * 5


def test_the_order_of_detections_does_not_matter() -> None:
    assert run([[car(0.1), car(0.5)], [car(0.5), car(0.1)]]) == [["t1", "t2"], ["t2", "t1"]]


def test_a_vehicle_far_away_is_another_one() -> None:
    assert run([[car(0.0, 0.1)], [car(0.8, 0.8)]]) == [["t1"], ["t2"]]


def test_a_missed_look_does_not_end_a_track_but_a_long_absence_does() -> None:
    assert run([[car(0.1)], [], [car(0.1)]]) == [["t1"], [], ["t1"]]
    assert run([[car(0.1)], *[[]] * 8, [car(0.1)]])[-1] == ["t2"]


def test_the_label_is_the_one_it_had_most() -> None:
    state, tracks = TrackerState(), ()
    for n, label in enumerate(["car", "truck", "truck", "car", "truck"]):
        at = START + timedelta(seconds=n)
        state, tracks = step(state, [car(0.1, label=label)], at)
    assert tracks[0].label == "truck"
    assert tracks[0].first_seen_at == START


boxes = st.tuples(*[st.floats(0, 1)] * 4).map(
    lambda v: Box(min(v[0], v[2]), min(v[1], v[3]), max(v[0], v[2]), max(v[1], v[3]))
)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(st.lists(boxes, max_size=6), max_size=8))
def test_every_detection_gets_one_track_and_no_name_twice_in_a_look(
    looks: list[list[Box]],
) -> None:
    names = run([[Detection("car", 0.5, box) for box in look] for look in looks])
    for look, given_names in zip(looks, names, strict=True):
        assert len(given_names) == len(set(given_names)) == len(look)


pictures = st.lists(
    st.lists(
        st.builds(
            lambda x, y, tone: Detection("car", 0.5, car(x / 8, y / 8).box, (tone, 200) * 49),
            st.integers(0, 6),
            st.integers(0, 6),
            st.sampled_from([10, 90]),
        ),
        max_size=4,
    ),
    min_size=1,
    max_size=3,
)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(pictures, st.lists(st.integers(0, 2), min_size=2, max_size=8))
def test_what_is_seen_again_is_named_as_if_everything_were_compared(
    choice: list[list[Detection]], order: list[int]
) -> None:
    looks = [choice[number % len(choice)] for number in order]
    names = run(looks)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tracker, "_is_repeated", lambda alive, detections: False)
        assert run(looks) == names
