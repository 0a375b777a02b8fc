"""Stays are what the rule really saw, and told again they make the same incidents."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from yitong_command.domain.geometry import Box, Place, Point
from yitong_command.domain.incident import Change, IncidentKind, RuleChange, incident_id
from yitong_command.domain.observation import CoverLook, Track, ZoneLook
from yitong_command.domain.stay import Stay
from yitong_command.rules import RULES
from yitong_command.rules.base import AnyRule, Event
from yitong_command.rules.replay import Folded, advance
from yitong_command.rules.stays import Ended, ended
from yitong_command.rules.what_if import retold

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
ZONE = (Point(0.2, 0.2), Point(0.8, 0.2), Point(0.8, 0.9), Point(0.2, 0.9))
PARKING, COVER = RULES[IncidentKind.ILLEGAL_PARKING], RULES[IncidentKind.MANHOLE_COVER]
BOX = Box(0.4, 0.4, 0.6, 0.7)


def parking(**numbers: float) -> object:
    return PARKING.configure(ZONE, {"dwell_s": 60.0, "recheck_s": 10.0, **numbers})


def drive(
    rule: AnyRule, settings: object, events: list[Event]
) -> tuple[list[RuleChange], list[Ended]]:
    """What the rule told, and what it forgot."""
    folded = Folded()
    told: list[RuleChange] = []
    stays: list[Ended] = []
    for event in events:
        after, changes = advance(rule, settings, folded, event)
        stays += ended(folded.state, after.state, settings)
        folded = after
        told += changes
    return told, stays


def stands(seconds: int, every: float = 2.0, missed: frozenset[int] = frozenset()) -> list[Event]:
    """A car that stands so long and leaves; then two minutes of empty street."""
    track = Track("1", "car", 0.9, BOX, AT)
    looks: list[Event] = []
    for n in range(int(seconds / every) + 1):
        looks.append(ZoneLook(AT + timedelta(seconds=n * every), () if n in missed else (track,)))
    gone = AT + timedelta(seconds=seconds)
    return looks + [ZoneLook(gone + timedelta(seconds=2 * n + 1)) for n in range(60)]


def stay_of(item: Ended, kind: IncidentKind) -> Stay:
    return Stay(
        stay_id=incident_id(kind, "c/main/z", item.began_at), kind=kind,
        category="cp_parking.no_parking_zone", subject="c/main/z", camera_id="c", view_id="main",
        zone_id="z", place=Place(125.3, 43.3), began_at=item.began_at, came_at=item.came_at,
        seen_at=item.seen_at, looks=item.looks, seen=item.seen, overlap=item.overlap,
        score=item.score, state=item.state, box=item.box, reported=item.reported,
    )  # fmt: skip


def test_a_reported_stay_and_a_near_miss_are_both_recorded_and_a_passing_car_is_not() -> None:
    told, (stay,) = drive(PARKING, parking(), stands(100))
    assert [change.change for change in told] == [Change.OPENED, Change.CLEARED]
    assert stay.reported
    assert (stay.began_at, stay.seen_at) == (AT, AT + timedelta(seconds=100))
    assert stay.overlap > 0.9
    told, (miss,) = drive(PARKING, parking(), stands(50))
    assert told == []
    assert not miss.reported
    assert drive(PARKING, parking(), stands(10)) == ([], [])


@given(
    length=st.integers(30, 300),
    dwell=st.integers(20, 250),
    missed=st.frozensets(st.integers(1, 100), max_size=6),
)
def test_told_again_a_stay_is_reported_exactly_when_the_rule_would_have(
    length: int, dwell: int, missed: frozenset[int]
) -> None:
    """The recording is made under one dwell and tried under another."""
    events = stands(length, missed=frozenset(n for n in missed if n < length // 2))
    _, stays = drive(PARKING, parking(), events)
    stay = next((item for item in stays if item.began_at == AT), None)
    if stay is None:
        return
    margin_s = 6.0  # a missed look moves the moment of a decision, not the decision itself
    other = parking(dwell_s=float(dwell))
    truth = [c for c in drive(PARKING, other, events)[0] if c.change is Change.OPENED]
    again = retold(stay_of(stay, IncidentKind.ILLEGAL_PARKING), PARKING, other)
    if abs(length - (dwell + 10)) > margin_s:
        assert (again is not None) == bool(truth)
    if again is not None and truth:
        assert abs((again.at - truth[0].at).total_seconds()) <= margin_s


def test_the_property_meets_both_outcomes() -> None:
    _, (stay,) = drive(PARKING, parking(), stands(100))
    made = stay_of(stay, IncidentKind.ILLEGAL_PARKING)
    assert retold(made, PARKING, parking(dwell_s=60.0)) is not None
    assert retold(made, PARKING, parking(dwell_s=120.0)) is None


def test_a_zone_that_asks_for_more_of_the_vehicle_is_tried_too() -> None:
    edge = Box(0.7, 0.4, 0.95, 0.7)
    events = [
        ZoneLook(e.at, tuple(replace(t, box=edge) for t in e.tracks))
        for e in stands(100)
        if isinstance(e, ZoneLook)
    ]
    told, stays = drive(PARKING, parking(min_overlap=0.3), list(events))
    assert told
    made = stay_of(stays[0], IncidentKind.ILLEGAL_PARKING)
    assert retold(made, PARKING, parking(min_overlap=0.3)) is not None
    assert retold(made, PARKING, parking(min_overlap=0.9)) is None


def test_covers_that_looked_broken_too_briefly_are_recorded_and_tried() -> None:
    settings = COVER.configure(ZONE, {"agree_looks": 5.0, "agree_s": 6.0})
    states = ["ok"] * 5 + ["missing"] * 4 + ["ok"] * 6
    events: list[Event] = [
        CoverLook(AT + timedelta(seconds=2 * n), state, 0.8) for n, state in enumerate(states)
    ]
    told, (miss,) = drive(COVER, settings, events)
    assert told == []
    assert (miss.looks, miss.state, miss.reported) == (4, "missing", False)
    made = stay_of(miss, IncidentKind.MANHOLE_COVER)
    assert retold(made, COVER, settings) is None
    fewer = COVER.configure(ZONE, {"agree_looks": 3.0, "agree_s": 4.0})
    change = retold(made, COVER, fewer)
    assert change is not None
    assert change.state == "missing"
