"""From detections to what rules are told."""

from __future__ import annotations

from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yitong_command.domain.camera import Camera, Zone
from yitong_command.domain.geometry import Box, Point
from yitong_command.domain.incident import IncidentKind
from yitong_command.domain.observation import CoverLook, Detection, ZoneLook
from yitong_command.ingest.looks import (
    NOT_FOUND,
    CoverSight,
    Sight,
    crop_px,
    is_hidden,
    read_cover,
    small_cover,
    zone_event,
)

COVER = Box(0.4, 0.4, 0.5, 0.5)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(
    st.floats(0, 0.9), st.floats(0, 0.9), st.floats(0.01, 0.5), st.floats(0.01, 0.5),
    st.integers(16, 2000), st.integers(16, 2000),
)  # fmt: skip
def test_the_crop_lies_in_the_picture_and_holds_the_cover(
    x: float, y: float, w: float, h: float, width: int, height: int
) -> None:
    cover = Box(x, y, min(1.0, x + w), min(1.0, y + h))
    x0, y0, x1, y1 = crop_px(cover, width, height)
    assert 0 <= x0 < x1 <= width
    assert 0 <= y0 < y1 <= height
    assert x0 <= cover.x0 * width + 1
    assert x1 >= cover.x1 * width - 1
    assert y0 <= cover.y0 * height + 1
    assert y1 >= cover.y1 * height - 1


def test_a_cover_in_the_middle_gets_a_square_three_times_its_size() -> None:
    x0, y0, x1, y1 = crop_px(COVER, 1000, 1000)
    assert (x1 - x0, y1 - y0) == (300, 300)
    assert ((x0 + x1) / 2, (y0 + y1) / 2) == (450, 450)


@pytest.mark.parametrize(
    ("label", "box", "hidden"),
    [
        pytest.param("car", Box(0.3, 0.3, 0.6, 0.6), True, id="car over it"),
        pytest.param("person", Box(0.44, 0.2, 0.48, 0.45), True, id="person partly on it"),
        pytest.param("car", Box(0.6, 0.3, 0.9, 0.6), False, id="car beside it"),
        pytest.param("manhole_ok", Box(0.4, 0.4, 0.5, 0.5), False, id="the cover itself"),
    ],
)
def test_who_stands_on_a_cover_hides_it(label: str, box: Box, hidden: bool) -> None:
    assert is_hidden(COVER, [Detection(label, 0.5, box)]) is hidden


def test_a_faint_suspicion_of_a_person_masks_but_hides_no_cover() -> None:
    assert not is_hidden(COVER, [Detection("person", 0.05, COVER)])
    assert is_hidden(COVER, [Detection("person", 0.3, COVER)])


def test_the_surest_detection_on_the_cover_counts_and_others_do_not() -> None:
    crop = (300, 300, 600, 600)
    middle, corner = Box(0.34, 0.34, 0.66, 0.66), Box(0.0, 0.0, 0.2, 0.2)
    found = [
        Detection("manhole_ok", 0.5, middle),
        Detection("manhole_missing", 0.7, middle),
        Detection("manhole_broken", 0.9, corner),
    ]
    sight = read_cover(COVER, found, crop, 1000, 1000)
    assert (sight.state, sight.score) == ("missing", 0.7)
    assert sight.box is not None
    assert sight.box.iou(COVER) > 0.8


def test_nothing_recognised_is_not_judged_rather_than_ok() -> None:
    assert read_cover(COVER, [], (300, 300, 600, 600), 1000, 1000) == CoverSight(
        None, reason=NOT_FOUND
    )


def test_an_unjudged_look_is_told_as_such(camera: Camera, kit: ModuleType) -> None:
    road, cover = camera.zones
    assert zone_event(road, kit.at(1), (), None) == ZoneLook(kit.at(1), judged=False)
    assert zone_event(cover, kit.at(1), (), None) == CoverLook(kit.at(1), None)
    assert zone_event(cover, kit.at(1), (), Sight()) == CoverLook(kit.at(1), None)
    seen = Sight(covers={"cover": CoverSight("ok", 0.9)})
    assert zone_event(cover, kit.at(1), (), seen) == CoverLook(kit.at(1), "ok", 0.9)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(
    st.floats(0.001, 0.4), st.floats(0.001, 0.4), st.integers(100, 4000), st.integers(100, 4000),
    st.floats(1, 400),
)  # fmt: skip
def test_a_cover_is_too_small_when_its_longer_side_is_and_then_it_has_no_state(
    w: float, h: float, width: int, height: int, least: float
) -> None:
    corners = (Point(0.5, 0.5), Point(0.5 + w, 0.5), Point(0.5 + w, 0.5 + h), Point(0.5, 0.5 + h))
    zone = Zone("lid", "cam", "main", IncidentKind.MANHOLE_COVER, "ar_manhole.x", corners, "井", "")
    said = small_cover(zone, least, width, height)
    side_px = max(w * width, h * height)
    if abs(side_px - least) > 1:
        assert (said is not None) == (side_px < least)
    if said is not None:
        assert (said.state, said.too_small) == (None, True)
        assert f"{least:.0f}" in said.reason[0]
        assert said.reason[0].startswith("井")
        assert said.reason[1].startswith("lid")
