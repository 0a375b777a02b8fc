"""Another vehicle in the same place is another vehicle; the same one in other light is not."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from pydantic import TypeAdapter

from yitong_command.domain.appearance import GREYS, OTHER, SAME, Appearance, is_other, likeness
from yitong_command.domain.geometry import Box, Point
from yitong_command.domain.incident import Change, IncidentKind, RuleChange
from yitong_command.domain.observation import Track, ZoneLook
from yitong_command.rules import RULES
from yitong_command.rules.illegal_parking import ILLEGAL_PARKING, configure
from yitong_command.rules.replay import Folded, advance, replay

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ROAD = (Point(0.0, 0.4), Point(1.0, 0.4), Point(1.0, 1.0), Point(0.0, 1.0))
CONF = configure(ROAD, {"dwell_s": 60, "recheck_s": 20, "clear_after_s": 20, "miss_s": 30})
PLACE, BESIDE = Box(0.4, 0.6, 0.6, 0.8), Box(0.7, 0.6, 0.9, 0.8)
EVERY_S = 2


def paint(car: int, light: float = 1.0, noise: int = 6, seed: int = 0) -> Appearance:
    """What a car looks like; every car has its own pattern, every look a little noise."""
    greys = (
        min(255, max(0, round(value * light + (n * 7 + seed * 13) % (2 * noise) - noise)))
        for n, value in enumerate(pattern(car))
    )
    return (*greys, 128, 128)


@cache
def pattern(car: int) -> tuple[int, ...]:
    dice = random.Random(f"car {car}")  # noqa: S311
    return tuple(dice.randint(40, 200) for _ in range(GREYS))


def shape(car: int, box: Box) -> Box:
    """The box of a car in a place: cars are not equally long and high."""
    dice = random.Random(f"shape {car}")  # noqa: S311
    return Box(box.x0 + dice.uniform(0, 0.02), box.y0 + dice.uniform(-0.015, 0.015), box.x1, box.y1)


def look(second: float, *seen: tuple[Box, Appearance]) -> ZoneLook:
    at = START + timedelta(seconds=second)
    tracks = [Track(f"t{second}-{n}", "car", 0.9, b, at, a) for n, (b, a) in enumerate(seen)]
    return ZoneLook(at, tuple(tracks))


def run(looks: list[ZoneLook]) -> list[RuleChange]:
    return list(replay(ILLEGAL_PARKING, CONF, looks))


def stand(car: int, begin: int, end: int, box: Box = PLACE, light: float = 1.0) -> list[ZoneLook]:
    return [look(s, (box, paint(car, light, seed=s))) for s in range(begin, end, EVERY_S)]


def told(changes: list[RuleChange]) -> list[tuple[str, int, int]]:
    return [
        (c.change.value, *(round((t - START).total_seconds()) for t in (c.began_at, c.at)))
        for c in changes
    ]


def test_the_patterns_are_alike_where_they_should_be() -> None:
    pairs = [(a, b) for a in range(30) for b in range(a)]
    assert all((likeness(paint(a), paint(b)) or 0) < OTHER for a, b in pairs)
    assert all((likeness(paint(a), paint(a, light, seed=9)) or 0) > SAME
               for a in range(30) for light in (0.5, 1.2))  # fmt: skip


def test_nothing_is_said_of_what_is_not_known() -> None:
    flat = (100,) * GREYS + (128, 128)
    assert likeness((), paint(1)) is likeness(paint(1), flat) is None
    assert not is_other((), paint(1))


def test_another_colour_is_another_vehicle_unless_all_else_is_the_same() -> None:
    greys = paint(1)[:GREYS]
    near = tuple(min(255, v + (n * 37) % 130) for n, v in enumerate(greys))
    assert OTHER < (likeness((*greys, 128, 128), (*near, 128, 128)) or 0) < 0.85
    assert is_other((*greys, 128, 128), (*near, 190, 128))
    assert not is_other((*greys, 128, 128), (*near, 130, 128))
    assert not is_other((*greys, 128, 128), (*greys, 190, 128))


@pytest.mark.parametrize("kind", ["illegal_parking", "stationary_obstacle", "fire_lane_blocked"])
@pytest.mark.parametrize(("red_s", "green_s"), [(40, 4), (60, 10), (30, 2)])
def test_a_queue_under_short_greens_does_not_add_up(kind: str, red_s: int, green_s: int) -> None:
    """It moves up by a length; another car stands in the very same box, for an hour."""
    cycle = red_s + green_s
    places = [Box(0.7 - 0.22 * n, 0.6, 0.9 - 0.22 * n, 0.8) for n in range(4)]
    looks = []
    for second in range(0, 3600, EVERY_S):
        first, into = divmod(second, cycle)
        if into >= red_s and green_s > EVERY_S:  # between two places
            at = [(first + 1 + n, Box(b.x0 + 0.11, b.y0, b.x1 + 0.11, b.y1))
                  for n, b in enumerate(places[1:])]  # fmt: skip
        else:
            at = [(first + n, b) for n, b in enumerate(places)]
        looks.append(look(second, *((shape(c, b), paint(c, seed=second)) for c, b in at)))
    rule = RULES[IncidentKind(kind)]
    assert list(replay(rule, rule.configure(ROAD, {}), looks)) == []
    blind = [
        ZoneLook(e.at, tuple(Track(t.track_id, "car", 0.9, t.box, e.at) for t in e.tracks))
        for e in looks
    ]
    if green_s <= EVERY_S:  # by their boxes alone they would be one
        assert list(replay(rule, rule.configure(ROAD, {}), blind))


def test_a_car_that_takes_the_place_begins_its_own_dwell() -> None:
    changes = run([*stand(1, 0, 50), *stand(2, 50, 200)])
    assert told(changes) == [("opened", 50, 130)]


def test_a_reported_car_that_is_replaced_behind_a_gap_is_cleared_and_the_next_one_told() -> None:
    looks = [*stand(1, 0, 100), look(100), *stand(2, 102, 300)]
    assert told(run(looks)) == [("opened", 0, 80), ("cleared", 0, 106), ("opened", 102, 182)]


def test_a_reported_car_that_comes_back_after_a_missed_look_is_never_told_again() -> None:
    looks = [*stand(1, 0, 100), look(100), look(102), *stand(1, 104, 300)]
    assert told(run(looks)) == [("opened", 0, 80)]


def test_a_walker_or_a_lamp_for_a_look_or_two_changes_nothing() -> None:
    looks = stand(1, 0, 100)
    for n, odd in ((10, 77), (11, 78), (20, 79), (25, 80), (26, 81)):
        looks[n] = look(2 * n, (PLACE, paint(odd)))
    assert told(run(looks)) == [("opened", 0, 80)]


@pytest.mark.parametrize("light", [0.3, 0.6, 1.25])
def test_another_brightness_is_the_same_car(light: float) -> None:
    assert told(run([*stand(1, 0, 40), *stand(1, 40, 120, light=light)])) == [("opened", 0, 80)]


def test_a_reported_car_in_quite_another_light_is_not_told_again() -> None:
    """Lamps go on at dusk: it looks different from one look to the next, but never left."""
    assert told(run([*stand(1, 0, 100), *stand(99, 100, 400)])) == [("opened", 0, 80)]


def test_when_all_look_different_at_once_and_none_moved_it_is_the_light() -> None:
    looks = []
    for s in range(0, 120, EVERY_S):
        cars = (1, 2) if s < 40 else (91, 92)
        pairs = zip((PLACE, BESIDE), cars, strict=True)
        looks.append(look(s, *((box, paint(car, seed=s)) for box, car in pairs)))
    assert [t[:2] for t in told(run(looks))] == [("opened", 0)] * 2


def test_what_stands_in_front_does_not_change_what_is_behind_it() -> None:
    """A van stops in front for a while: the part that is still seen looks like the van."""
    van = Box(0.36, 0.66, 0.62, 0.9)
    looks = stand(1, 0, 100)
    for n in range(10, 25):
        looks[n] = look(2 * n, (PLACE, paint(55, seed=n)), (van, paint(56, seed=n)))
    assert ("opened", 0, 80) in told(run(looks))


def test_a_rival_is_not_older_than_the_ban() -> None:
    assert [c.change for c in run([*stand(1, 0, 10), *stand(2, 10, 86)])] == []
    assert [c.change for c in run([*stand(1, 0, 10), *stand(2, 10, 92)])] == [Change.OPENED]


def test_a_place_in_dispute_survives_being_written_down() -> None:
    """In the middle of a takeover the next worker goes on where this one was."""
    events = [*stand(1, 0, 50), *stand(2, 50, 200)]
    adapter, folded, told_by_two = TypeAdapter(ILLEGAL_PARKING.state), Folded(), []
    for number, event in enumerate(events):
        folded, changes = advance(ILLEGAL_PARKING, CONF, folded, event)
        told_by_two += changes
        if number == 26:
            assert folded.state.cars[0].rival.looks == 2
        state = adapter.validate_json(adapter.dump_json(folded.state))
        assert state == folded.state
        folded = Folded(state, folded.at)
    assert told(told_by_two) == told(run(events))
