"""Stories of vehicles in a no-parking zone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from yitong_command.domain.geometry import Box, Point
from yitong_command.domain.incident import Change, RuleChange, incident_id
from yitong_command.domain.observation import Tick, Track, ZoneLook
from yitong_command.rules.illegal_parking import ILLEGAL_PARKING, configure
from yitong_command.rules.replay import Folded, advance, replay

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ZONE = (Point(0.3, 0.5), Point(0.9, 0.5), Point(0.9, 0.95), Point(0.3, 0.95))
CONF = configure(ZONE, {"dwell_s": 10, "recheck_s": 5, "clear_after_s": 6, "miss_s": 6})
SPOT = Box(0.4, 0.6, 0.6, 0.8)
OTHER = Box(0.65, 0.6, 0.85, 0.8)


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def look(second: float, *boxes: Box, name: str = "t", label: str = "car") -> ZoneLook:
    tracks = (Track(f"{name}{i}", label, 0.8, box, START) for i, box in enumerate(boxes))
    return ZoneLook(at(second), tuple(tracks))


def blind(second: float) -> ZoneLook:
    return ZoneLook(at(second), judged=False)


def run(events: Iterable[ZoneLook | Tick], conf: object = CONF) -> list[RuleChange]:
    return list(replay(ILLEGAL_PARKING, conf, events))


def test_a_vehicle_that_stands_too_long_opens_one_incident_from_its_first_moment() -> None:
    [change] = run(look(second, SPOT) for second in range(60))
    assert (change.change, change.began_at, change.at) == (Change.OPENED, at(0), at(15))
    assert change.box == SPOT
    assert "15秒" in change.reason[0]


def test_a_vehicle_that_leaves_before_the_recheck_opens_none() -> None:
    assert run([*(look(s, SPOT) for s in range(13)), *(look(s) for s in range(13, 60))]) == []


def test_a_vehicle_that_drives_through_opens_none() -> None:
    assert run(look(s, Box(0.1 * s, 0.6, 0.1 * s + 0.2, 0.8)) for s in range(8)) == []


def test_a_stream_of_vehicles_that_never_stand_opens_none() -> None:
    places = [Box(0.3 + 0.17 * i, 0.6, 0.5 + 0.17 * i, 0.8) for i in range(4)]
    assert run(look(s, places[s % 4], name=str(s)) for s in range(300)) == []


def test_vehicles_queueing_through_one_spot_every_third_look_open_none() -> None:
    assert run(look(s, *([SPOT] if s % 3 == 0 else [])) for s in range(300)) == []


def test_a_vehicle_outside_the_zone_opens_none() -> None:
    assert run(look(s, Box(0.0, 0.1, 0.2, 0.3)) for s in range(60)) == []


@pytest.mark.parametrize("label", ["person", "bicycle", "motorcycle", "manhole_ok"])
def test_only_motor_vehicles_count(label: str) -> None:
    assert run(look(s, SPOT, label=label) for s in range(60)) == []


def test_a_vehicle_that_leaves_is_cleared_once_and_its_next_visit_is_another_incident() -> None:
    changes = run(
        [
            *(look(s, SPOT) for s in range(20)),
            *(look(s) for s in range(20, 40)),
            *(look(s, SPOT) for s in range(40, 60)),
        ]
    )
    assert [(c.change, c.began_at, c.at) for c in changes] == [
        (Change.OPENED, at(0), at(15)),
        (Change.CLEARED, at(0), at(26)),
        (Change.OPENED, at(40), at(55)),
    ]


def test_new_track_names_in_every_look_change_nothing() -> None:
    assert len(run(look(s, SPOT, name=str(s)) for s in range(60))) == 1


def test_missed_looks_and_a_hidden_spell_keep_the_beginning() -> None:
    bus = Box(0.3, 0.5, 0.7, 0.95)
    seen = {3: (), 4: (), 7: (bus,), 8: (bus,), 9: (bus,), 12: ()}
    [change] = run(look(s, *seen.get(s, (SPOT,))) for s in range(30))
    assert change.began_at == at(0)


def test_a_bus_in_front_does_not_clear_what_it_hides() -> None:
    bus = Box(0.3, 0.5, 0.7, 0.95)
    driving = [look(s, bus if s % 2 else Box(0.31, 0.5, 0.71, 0.95)) for s in range(20, 50)]
    changes = run([*(look(s, SPOT) for s in range(20)), *driving, look(50, SPOT)])
    assert [c.change for c in changes if c.began_at == at(0)] == [Change.OPENED]


def test_a_neighbour_that_always_overlapped_does_not_hide_a_departure() -> None:
    neighbour = Box(0.35, 0.65, 0.55, 0.9)
    conf = configure(ZONE[:1] + (Point(0.9, 0.5), Point(0.9, 0.95), Point(0.6, 0.95)),
                     {"dwell_s": 10, "recheck_s": 5, "clear_after_s": 6, "miss_s": 6,
                      "hide_share": 0.3})  # fmt: skip
    spot = Box(0.45, 0.55, 0.65, 0.8)
    changes = run(
        [
            *(look(s, spot, neighbour) for s in range(20)),
            *(look(s, neighbour) for s in range(20, 40)),
        ],
        conf,
    )
    assert [c.change for c in changes if c.box == spot] == [Change.OPENED, Change.CLEARED]


def test_a_dwell_interrupted_for_too_long_starts_anew() -> None:
    conf = configure(ZONE, {"dwell_s": 30, "recheck_s": 5, "clear_after_s": 6, "miss_s": 6})
    there = [*range(20), *range(28, 90)]
    [change] = run([look(s, *([SPOT] if s in there else [])) for s in range(90)], conf)
    assert change.began_at == at(28)


def test_vehicles_that_came_and_went_before_do_not_lend_their_time() -> None:
    passing = [look(s, *([SPOT] if s % 3 == 0 else [])) for s in range(30)]
    [change] = run([*passing, *(look(s, SPOT) for s in range(30, 80))])
    assert change.began_at >= at(27)


def test_two_sightings_are_a_coincidence_whatever_the_settings() -> None:
    conf = configure(ZONE, {"dwell_s": 10, "recheck_s": 0})
    assert run([look(0, SPOT), look(12, SPOT)], conf) == []
    assert len(run([look(0, SPOT), look(12, SPOT), look(14, SPOT)], conf)) == 1


def test_a_long_blindness_does_not_count_as_absence() -> None:
    changes = run([*(look(s, SPOT) for s in range(20)), look(20), look(500), look(503), look(506)])
    assert [(c.change, c.at) for c in changes[1:]] == [(Change.CLEARED, at(506))]


def test_a_reported_vehicle_half_hidden_for_long_stays_one_incident() -> None:
    half = Box(0.5, 0.6, 0.6, 0.8)
    early = [look(s, half if 12 <= s < 15 else SPOT) for s in range(16)]
    changes = run([*early, *(look(s, half) for s in range(16, 120))])
    assert [(c.change, c.began_at) for c in changes] == [(Change.OPENED, at(0))]


def test_a_vehicle_that_moves_on_by_half_its_length_has_left_its_place() -> None:
    ahead = Box(0.5, 0.6, 0.7, 0.8)
    changes = run([*(look(s, SPOT) for s in range(20)), *(look(s, ahead) for s in range(20, 50))])
    assert [(c.change, c.began_at) for c in changes] == [
        (Change.OPENED, at(0)), (Change.CLEARED, at(0)), (Change.OPENED, at(20))
    ]  # fmt: skip


def test_two_vehicles_that_came_in_one_look_are_two_incidents() -> None:
    changes = run(look(s, SPOT, OTHER) for s in range(30))
    names = {incident_id("illegal_parking", "cam/main/zone", c.began_at) for c in changes}
    assert len(changes) == len(names) == 2
    assert {c.box for c in changes} == {SPOT, OTHER}


def test_the_order_of_detections_does_not_decide_which_beginning_is_whose() -> None:
    one = run(look(s, SPOT, OTHER) for s in range(30))
    other = run(look(s, OTHER, SPOT) for s in range(30))
    assert {(c.box, c.began_at) for c in one} == {(c.box, c.began_at) for c in other}


def test_one_vehicle_found_as_car_and_truck_is_one_incident() -> None:
    twice = [
        ZoneLook(
            at(s),
            (
                Track("a", "car", 0.7, SPOT, START),
                Track("b", "truck", 0.5, Box(0.41, 0.6, 0.61, 0.8), START),
            ),
        )
        for s in range(40)
    ]
    assert len(run(twice)) == 1


def test_unjudged_looks_neither_extend_a_dwell_nor_an_absence() -> None:
    assert run([*(look(s, SPOT) for s in range(8)), *(blind(s) for s in range(8, 60))]) == []
    changes = run(
        [
            *(look(s, SPOT) for s in range(20)),
            look(20), *(blind(s) for s in range(21, 80)), look(80), look(83),
        ]
    )  # fmt: skip
    assert [c.change for c in changes] == [Change.OPENED]


def test_a_dwell_starts_anew_after_a_long_blindness_but_a_report_stays() -> None:
    early = run([*(look(s, SPOT) for s in range(8)), *(look(s, SPOT) for s in range(300, 330))])
    assert [c.began_at for c in early] == [at(300)]
    late = run([*(look(s, SPOT) for s in range(20)), *(look(s, SPOT) for s in range(900, 960))])
    assert [c.began_at for c in late] == [at(0)]


def test_late_looks_are_left_out_and_counted() -> None:
    folded = Folded()
    for event in [look(10, SPOT), look(4, SPOT), Tick(at(10)), look(11, SPOT)]:
        folded, _ = advance(ILLEGAL_PARKING, CONF, folded, event)
    assert folded.late == 2
    assert folded.state.cars[0].began_at == at(10)


def test_watching_says_that_looks_are_worth_more() -> None:
    folded = Folded()
    said = []
    for s in range(20):
        folded, _ = advance(ILLEGAL_PARKING, CONF, folded, look(s, *([SPOT] if s > 2 else [])))
        said.append(ILLEGAL_PARKING.watching(folded.state))
    assert said == [False] * 4 + [True] * 16
    assert ILLEGAL_PARKING.open_count(folded.state) == 1


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        pytest.param({"dwel_s": 5}, "dwel_s: unknown setting; known: clear_after_s", id="unknown"),
        pytest.param({"dwell_s": -1}, "dwell_s: must be 0 s to 30 days, not -1", id="negative"),
        pytest.param({"dwell_s": float("nan")}, "dwell_s: must be", id="not a number"),
        pytest.param({"presence": 1.5}, r"presence: must be in \(0, 1\]", id="share"),
        pytest.param({"polygon": 1.0}, "polygon: unknown", id="polygon"),
    ],
)
def test_settings_are_checked(numbers: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        configure(ZONE, numbers)
