"""How boxes lie to zones and to each other."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon as Shape
from shapely.geometry import box as shape_box

from yitong_command.domain.geometry import Box, Point
from yitong_command.rules.area import covered_share, match, nested, overlap_area, stands_in

SQUARE = (Point(0.2, 0.2), Point(0.8, 0.2), Point(0.8, 0.8), Point(0.2, 0.8))
unit = st.floats(0, 1).map(lambda value: round(value, 4))


@settings(deadline=None, derandomize=True)
@given(st.tuples(unit, unit, unit, unit), st.lists(st.tuples(unit, unit), min_size=3, max_size=3))
def test_the_shared_area_is_what_shapely_says(
    numbers: tuple[float, float, float, float], corners: list[tuple[float, float]]
) -> None:
    x0, y0, x1, y1 = numbers
    box = Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
    polygon = tuple(Point(*corner) for corner in corners)
    expected = Shape(corners).intersection(shape_box(*box)).area
    assert overlap_area(box, polygon) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("box", "inside"),
    [
        pytest.param(Box(0.4, 0.1, 0.6, 0.6), True, id="foot inside, roof outside"),
        pytest.param(Box(0.4, 0.6, 0.6, 0.95), False, id="only its roof over the zone"),
        pytest.param(Box(0.0, 0.3, 0.15, 0.5), False, id="beside the zone"),
        pytest.param(Box(0.62, 0.5, 1.0, 0.75), True, id="foot beside, half of it over"),
        pytest.param(Box(0.7, 0.5, 1.0, 0.75), False, id="foot beside, a third of it over"),
    ],
)
def test_a_vehicle_stands_where_its_wheels_are(box: Box, inside: bool) -> None:
    assert stands_in(box, SQUARE, 0.4) is inside


def test_pairs_are_made_best_first_and_each_box_is_used_once() -> None:
    a, b = Box(0.1, 0.1, 0.3, 0.3), Box(0.12, 0.1, 0.32, 0.3)
    known = {0: a, 7: b}

    def alike(known: Box, seen: Box) -> bool:
        return known.iou(seen) >= 0.3

    assert match(known, [b], alike) == {7: 0}
    assert match(known, [b, a], alike) == {0: 1, 7: 0}
    assert match({0: a}, [b], lambda known, seen: known == seen) == {}
    assert match({0: a}, [b], alike, taken=[0]) == {}


def test_shares_of_an_empty_box_are_nothing() -> None:
    empty = Box(0.5, 0.5, 0.5, 0.5)
    assert covered_share(empty, Box(0, 0, 1, 1)) == 0
    assert not nested(empty, Box(0, 0, 1, 1), 0.5)
    assert nested(Box(0.4, 0.4, 0.5, 0.5), Box(0.3, 0.3, 0.9, 0.9), 0.8)
