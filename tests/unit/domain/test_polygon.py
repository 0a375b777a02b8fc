"""What is wrong with a drawn polygon; the console's own check is held to the same table."""

from __future__ import annotations

import json
import math
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon as Shape

from yitong_command.domain.geometry import Point
from yitong_command.domain.polygon import FAULTS, crosses_itself, polygon_fault
from yitong_command.settings.zone_drafts import WORDS

CONSOLE = Path(__file__).parents[3] / "src/console/src/features/zones"


def test_the_table_that_the_console_uses_too() -> None:
    cases = json.loads((CONSOLE / "polygon-cases.json").read_text(encoding="utf-8"))
    assert {case["fault"] for case in cases} == {None, *FAULTS}
    for case in cases:
        polygon = tuple(Point(x, y) for x, y in case["polygon"])
        assert polygon_fault(polygon) == case["fault"], case


def test_the_console_says_the_same_in_the_same_words() -> None:
    words = json.loads((CONSOLE / "faults.json").read_text(encoding="utf-8"))
    assert {code: tuple(both) for code, both in words.items()} == WORDS


CELL = 16  # a power of two: exact in binary, so that both agree on what lies on a line
corner = st.tuples(st.integers(0, CELL), st.integers(0, CELL)).map(
    lambda p: Point(p[0] / CELL, p[1] / CELL)
)
seen: set[bool] = set()


@settings(deadline=None, derandomize=True, max_examples=400)
@given(st.lists(corner, min_size=3, max_size=8, unique=True))
def test_crossing_is_what_geometry_says(corners: list[Point]) -> None:
    shape = Shape(corners)
    found = crosses_itself(tuple(corners))
    seen.add(found)
    if shape.area > 1e-9:
        assert found != shape.is_valid


def test_both_happened() -> None:
    assert seen == {True, False}


def test_a_round_zone_is_fine_from_either_side() -> None:
    ring = tuple(
        Point(0.5 + 0.4 * math.cos(n / 30 * math.tau), 0.5 + 0.4 * math.sin(n / 30 * math.tau))
        for n in range(30)
    )
    assert polygon_fault(ring) is None
    assert polygon_fault(ring[::-1]) is None
