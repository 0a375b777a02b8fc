"""Stories of bans that begin and end, of permits, and of vehicles that do not count."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import TypeAdapter

from yitong_command.domain.ban import EVER, Ban, Permit, read_hours, weekly_spans
from yitong_command.domain.geometry import Box, Point
from yitong_command.domain.incident import Change, RuleChange, incident_id
from yitong_command.domain.observation import Track, ZoneLook
from yitong_command.domain.terms import Terms
from yitong_command.rules.illegal_parking import ILLEGAL_PARKING, configure
from yitong_command.rules.parking_values import ParkingSettings, ParkingState
from yitong_command.rules.replay import Folded, advance, replay

ZONE = (Point(0.3, 0.5), Point(0.9, 0.5), Point(0.9, 0.95), Point(0.3, 0.95))
SPOT, OTHER = Box(0.4, 0.6, 0.6, 0.8), Box(0.65, 0.6, 0.85, 0.8)
MIDNIGHT = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
"""Monday 00:00 in China."""
MORNING, EVENING = "07:00-09:30", "16:00-18:00"
WORKDAYS = range(5)


def clock(text: str, day: int = 0) -> datetime:
    hours, minutes = text.split(":")
    return MIDNIGHT + timedelta(days=day, hours=int(hours), minutes=float(minutes))


def made(*hours: str, permits: tuple[Permit, ...] = (), **more: object) -> ParkingSettings:
    ban = Ban(weekly_spans([read_hours(text) for text in hours], WORKDAYS), permits)
    vehicles = more.get("vehicles")
    assert vehicles is None or isinstance(vehicles, frozenset)
    return configure(ZONE, {}, Terms(vehicles, ban))


def stands(
    begin: datetime, end: datetime, *boxes: Box, label: str = "car", every_s: int = 30
) -> list[ZoneLook]:
    count = int((end - begin).total_seconds() // every_s)
    moments = [begin + timedelta(seconds=every_s * n) for n in range(count)]
    return [
        ZoneLook(at, tuple(Track(f"t{i}", label, 0.8, box, at) for i, box in enumerate(boxes)))
        for at in moments
    ]


def run(conf: ParkingSettings, *parts: Iterable[ZoneLook]) -> list[RuleChange]:
    return list(replay(ILLEGAL_PARKING, conf, [look for part in parts for look in part]))


def test_a_car_that_stood_before_the_ban_begins_its_dwell_with_it() -> None:
    [change, *_] = run(made(MORNING), stands(clock("05:00"), clock("08:00"), SPOT))
    assert (change.change, change.began_at, change.at) == (
        Change.OPENED, clock("07:00"), clock("07:15")
    )  # fmt: skip
    assert "停放900秒" in change.reason[0]


def test_a_car_that_left_before_its_dwell_under_the_ban_opens_none() -> None:
    looks = [stands(clock("05:00"), clock("07:14"), SPOT), stands(clock("07:14"), clock("08:00"))]
    assert run(made(MORNING), *looks) == []


def test_between_bans_a_car_may_stand_as_long_as_it_likes() -> None:
    assert run(made(MORNING, EVENING), stands(clock("09:30"), clock("16:00"), SPOT)) == []


def test_a_car_that_never_left_is_cleared_with_the_ban_and_another_incident_under_the_next() -> (
    None
):
    conf = made(MORNING, EVENING)
    changes = run(conf, stands(clock("06:00"), clock("08:00", day=1), SPOT))
    assert [(c.change, c.began_at, c.at) for c in changes] == [
        (Change.OPENED, clock("07:00"), clock("07:15")),
        (Change.CLEARED, clock("07:00"), clock("09:30")),
        (Change.OPENED, clock("16:00"), clock("16:15")),
        (Change.CLEARED, clock("16:00"), clock("18:00")),
        (Change.OPENED, clock("07:00", day=1), clock("07:15", day=1)),
    ]
    assert changes[1].reason == ("禁停时段已结束", "the hours of the ban are over")


def test_a_weekend_is_free_where_the_ban_is_for_workdays() -> None:
    assert run(made(MORNING), stands(clock("06:00", day=5), clock("10:00", day=6), SPOT)) == []


def test_a_night_ban_crosses_midnight_and_the_end_of_the_week() -> None:
    conf = made("22:00-06:00")
    friday, saturday = 4, 5
    changes = run(conf, stands(clock("23:50", friday), clock("12:00", saturday), SPOT))
    assert [(c.change, c.began_at, c.at) for c in changes] == [
        (Change.OPENED, clock("23:50", friday), clock("00:05", saturday)),
        (Change.CLEARED, clock("23:50", friday), clock("06:00", saturday)),
    ]
    assert run(conf, stands(clock("22:00", saturday), clock("06:00", saturday + 1), SPOT)) == []


def test_a_permit_clears_what_is_open_says_why_and_its_end_begins_anew() -> None:
    permit = Permit(clock("07:30"), clock("08:00"), "搬家 / moving")
    changes = run(
        made(MORNING, permits=(permit,)), stands(clock("07:00"), clock("08:20"), SPOT)
    )  # fmt: skip
    assert [(c.change, c.began_at, c.at) for c in changes] == [
        (Change.OPENED, clock("07:00"), clock("07:15")),
        (Change.CLEARED, clock("07:00"), clock("07:30")),
        (Change.OPENED, clock("08:00"), clock("08:15")),
    ]
    assert changes[1].reason == (
        "已获准停放: 搬家 / moving", "standing is allowed by a permit: 搬家 / moving"
    )  # fmt: skip


def test_a_permit_shorter_than_the_dwell_still_interrupts_it() -> None:
    permit = Permit(clock("07:09"), clock("07:10"))
    changes = run(made(MORNING, permits=(permit,)), stands(clock("07:00"), clock("07:30"), SPOT))
    assert [(c.began_at, c.at) for c in changes] == [(clock("07:10"), clock("07:25"))]


def test_two_cars_that_stood_before_the_ban_are_two_incidents() -> None:
    changes = run(made(MORNING), stands(clock("06:00"), clock("08:00"), SPOT, OTHER))
    names = {incident_id("illegal_parking", "cam/main/zone", c.began_at) for c in changes}
    assert len(changes) == len(names) == 2
    assert {c.box for c in changes} == {SPOT, OTHER}


def test_a_camera_that_sees_nothing_when_the_ban_ends_clears_at_its_next_judged_look() -> None:
    blind = [
        ZoneLook(clock("09:29") + timedelta(seconds=30 * n), judged=False) for n in range(1, 60)
    ]
    parked = stands(clock("07:00"), clock("09:29"), SPOT)
    changes = run(made(MORNING), parked, blind, stands(clock("10:00"), clock("11:00"), SPOT))
    assert [(c.change, c.at) for c in changes] == [
        (Change.OPENED, clock("07:15")), (Change.CLEARED, clock("10:00"))
    ]  # fmt: skip


def test_a_camera_dark_through_the_night_proves_no_dwell_from_the_bans_beginning() -> None:
    looks = [
        stands(clock("08:00"), clock("09:20"), SPOT),
        stands(clock("08:00", day=1), clock("09:00", day=1), SPOT),
    ]
    changes = run(made(MORNING), *looks)
    assert [(c.change, c.began_at, c.at) for c in changes] == [
        (Change.OPENED, clock("08:00"), clock("08:15")),
        (Change.CLEARED, clock("08:00"), clock("08:00", day=1)),
        (Change.OPENED, clock("08:00", day=1), clock("08:15", day=1)),
    ]


def test_where_no_ban_holds_looks_are_not_hurried() -> None:
    folded = Folded()
    for look in stands(clock("06:00"), clock("06:30"), SPOT):
        folded, _ = advance(ILLEGAL_PARKING, made(MORNING), folded, look)
    assert not ILLEGAL_PARKING.watching(folded.state)
    for look in stands(clock("07:00"), clock("07:02"), SPOT):
        folded, _ = advance(ILLEGAL_PARKING, made(MORNING), folded, look)
    assert ILLEGAL_PARKING.watching(folded.state)


def test_hours_written_later_do_not_name_a_reported_car_anew_within_them() -> None:
    always, folded = configure(ZONE, {}), Folded()
    for look in stands(clock("07:10"), clock("07:40"), SPOT):
        folded, _ = advance(ILLEGAL_PARKING, always, folded, look)
    told: list[RuleChange] = []
    for look in stands(clock("07:40"), clock("08:30"), SPOT):
        folded, changes = advance(ILLEGAL_PARKING, made(MORNING), folded, look)
        told += changes
    assert told == []
    assert ILLEGAL_PARKING.open_count(folded.state) == 1


def test_a_state_written_before_there_were_hours_goes_on() -> None:
    [car] = [look for look in stands(clock("07:00"), clock("07:00.5"), SPOT)]
    folded, _ = advance(ILLEGAL_PARKING, configure(ZONE, {}), Folded(), car)
    adapter = TypeAdapter(ParkingState)
    written = adapter.dump_python(folded.state, mode="json")
    assert adapter.validate_python(written) == folded.state
    del written["ban_began"]
    assert adapter.validate_python(written) == folded.state
    assert folded.state.ban_began == EVER


@pytest.mark.parametrize("label", ["car", "bus", "truck", "motorcycle", "bicycle"])
def test_only_the_vehicles_of_the_zone_count(label: str) -> None:
    conf = made(vehicles=frozenset({"truck", "bicycle"}))
    changes = run(conf, stands(clock("07:00"), clock("08:00"), SPOT, label=label))
    assert len(changes) == (label in {"truck", "bicycle"})


def test_what_does_not_count_still_hides_what_does() -> None:
    conf = made(vehicles=frozenset({"car"}))
    bus = Box(0.3, 0.5, 0.7, 0.95)
    changes = run(
        conf,
        stands(clock("07:00"), clock("07:20"), SPOT),
        stands(clock("07:20"), clock("08:00"), bus, label="bus"),
        stands(clock("08:00"), clock("08:10"), SPOT),
    )
    assert [c.change for c in changes] == [Change.OPENED]
