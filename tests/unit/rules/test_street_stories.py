"""What happens on every street and is no incident, under the settings that are shipped."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from yitong_command.domain.geometry import Box, Point
from yitong_command.domain.incident import Change, IncidentKind, RuleChange
from yitong_command.domain.observation import Track, ZoneLook
from yitong_command.rules import RULES
from yitong_command.rules.replay import replay

CONFIG = Path(__file__).parents[3] / "config/rules.yaml"
START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ROAD = (Point(0.0, 0.4), Point(1.0, 0.4), Point(1.0, 1.0), Point(0.0, 1.0))
STOP_LINE = Box(0.7, 0.6, 0.85, 0.8)
EVERY_S = 2
HOUR = range(0, 3600, EVERY_S)
KINDS = ("illegal_parking", "fire_lane_blocked", "stationary_obstacle")
ON_ROADS = ("illegal_parking", "stationary_obstacle")
Seen = tuple[str, Box]


def tell(kind: str, looks: Iterable[tuple[float, tuple[Seen, ...]]]) -> list[RuleChange]:
    """What the rule says of looks: seconds, and label and box of every vehicle."""
    rule = RULES[IncidentKind(kind)]
    numbers = yaml.safe_load(CONFIG.read_text("utf-8"))[kind]
    events = []
    for second, seen in looks:
        at = START + timedelta(seconds=second)
        tracks = (
            Track(f"{second}-{i}", label, 0.9, box, at) for i, (label, box) in enumerate(seen)
        )
        events.append(ZoneLook(at, tuple(tracks)))
    return list(replay(rule, rule.configure(ROAD, numbers), events))


def shifted(box: Box, by: float) -> Box:
    return Box(box.x0 + by, box.y0, box.x1 + by, box.y1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_vehicle_that_stays_is_told_from_its_first_moment(kind: str) -> None:
    changes = tell(kind, ((s, (("car", STOP_LINE),) if s < 3000 else ()) for s in HOUR))
    numbers = yaml.safe_load(CONFIG.read_text("utf-8"))[kind]
    opened_s = numbers["dwell_s"] + numbers["recheck_s"]
    assert [(c.change, c.began_at, c.at) for c in changes] == [
        (Change.OPENED, START, START + timedelta(seconds=opened_s)),
        (Change.CLEARED, START, START + timedelta(seconds=3060)),
    ]


@pytest.mark.parametrize(
    ("kind", "zh", "en"),
    [
        ("illegal_parking", "禁停区", "in the no-parking zone"),
        ("fire_lane_blocked", "消防车通道", "in the fire lane"),
        ("stationary_obstacle", "行车道", "in the carriageway"),
    ],
)
def test_the_reason_names_the_place_in_both_languages(kind: str, zh: str, en: str) -> None:
    [change] = tell(kind, ((s, (("car", STOP_LINE),)) for s in HOUR))
    assert zh in change.reason[0]
    assert en in change.reason[1]


@pytest.mark.parametrize("label", ["motorcycle", "bicycle"])
def test_only_on_a_carriageway_two_wheels_are_an_obstacle(label: str) -> None:
    told = {kind: len(tell(kind, ((s, ((label, STOP_LINE),)) for s in HOUR))) for kind in KINDS}
    assert told == {"illegal_parking": 0, "fire_lane_blocked": 0, "stationary_obstacle": 1}


@pytest.mark.parametrize(
    ("kind", "red_s", "green_s"),
    [
        ("illegal_parking", 120, 40), ("illegal_parking", 60, 60),
        ("stationary_obstacle", 120, 24), ("stationary_obstacle", 60, 40),
        ("stationary_obstacle", 170, 20),
    ],
)  # fmt: skip
def test_a_queue_at_a_red_light_opens_none(kind: str, red_s: int, green_s: int) -> None:
    """The first of every queue stops at the same line to the centimetre, all hour long."""

    def queue(second: int) -> tuple[Seen, ...]:
        at = second % (red_s + green_s)
        if at < red_s:
            return tuple(("car", shifted(STOP_LINE, -0.2 * place)) for place in range(3))
        gone = 0.06 * (at - red_s + EVERY_S)
        return tuple(
            ("car", box)
            for place in range(3)
            if (box := shifted(STOP_LINE, -0.2 * place + gone)).x1 <= 1
        )

    assert tell(kind, ((s, queue(s)) for s in HOUR)) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pace", [0.0005, 0.002, 0.01])
def test_a_crawling_car_opens_none(kind: str, pace: float) -> None:
    """From a third of its length a minute upwards."""
    begin = Box(0.0, 0.6, 0.15, 0.8)
    crawl = ((s, (("car", shifted(begin, pace * s)),)) for s in HOUR if 0.15 + pace * s <= 1)
    assert tell(kind, crawl) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stop_s", [10, 60, 170])
def test_a_stop_to_let_somebody_out_opens_none(kind: str, stop_s: int) -> None:
    def stop(second: int) -> tuple[Seen, ...]:
        return (("car", STOP_LINE),) if second < stop_s else ()

    assert tell(kind, ((s, stop(s)) for s in HOUR)) == []


@pytest.mark.parametrize("kind", ON_ROADS)
def test_a_bus_line_with_its_stop_in_the_zone_opens_none(kind: str) -> None:
    """A bus for 50 s every three minutes, always at the same place."""
    bus = (("bus", Box(0.4, 0.5, 0.8, 0.8)),)
    assert tell(kind, ((s, bus if s % 180 < 50 else ()) for s in HOUR)) == []


def test_a_broken_down_bus_at_its_stop_is_an_obstacle() -> None:
    bus = (("bus", Box(0.4, 0.5, 0.8, 0.8)),)
    [change] = tell("stationary_obstacle", ((s, bus) for s in HOUR))
    assert change.at == START + timedelta(seconds=240)
