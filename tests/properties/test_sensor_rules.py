"""The sensor rules against slow oracles that look at the whole series each time."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from yitong_command.domain.geometry import Place
from yitong_command.domain.incident import Change, RuleChange
from yitong_command.domain.observation import Tick
from yitong_command.domain.sensor import (
    Level,
    Payload,
    Reading,
    Sensor,
    SensorKind,
    Watch,
)
from yitong_command.rules import sensor_activity, sensor_call, sensor_limit

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
S = timedelta(seconds=1)
Event = Reading | Tick
Seen = tuple[Change, datetime, datetime]


def level(watch: Watch, open_at: float, clear_at: float, hold_s: int, clear_hold_s: int) -> Level:
    return Level(
        "x", "ar_manhole.missing_shifted", watch, open_at, clear_at, hold_s * S, clear_hold_s * S,
        "示例", "sample",
    )  # fmt: skip


def sensor(one: Level, kind: SensorKind, silent_s: int, *, on_change: bool = False) -> Sensor:
    return Sensor(
        "s-1", kind, "示例", "sample", Place(125.3, 43.34), "cm", (0, 1000), 5 * S, silent_s * S,
        on_change, 20, (one,), "t/s-1", Payload("json", "v"),
    )  # fmt: skip


def told(changes: tuple[RuleChange, ...]) -> list[Seen]:
    return [(change.change, change.began_at, change.at) for change in changes]


steps = st.lists(
    st.tuples(st.integers(-3, 14), st.integers(0, 12), st.booleans()), min_size=6, max_size=40
)


def events_of(raw: list[tuple[int, int, bool]]) -> list[Event]:
    """Readings and ticks; some readings come late or with a time that was there already."""
    now, events = 0, list[Event]()
    for ahead, value, tick in raw:
        at = AT + (now + ahead) * S
        now = max(now, now + ahead)
        events.append(Tick(AT + now * S) if tick else Reading(at, float(value)))
    return events


# ----------------------------------------------------------------------------- a limit


def limit_oracle(events: list[Event], one: Sensor) -> list[Seen]:
    """By definition: at every event look back at all accepted readings."""
    wanted, accepted, sides = one.levels[0], list[Reading](), list[bool]()
    began_at: datetime | None = None
    found: list[Seen] = []
    for event in events:
        if isinstance(event, Reading):
            if accepted and event.at <= accepted[-1].at:
                continue
            alone = not accepted or event.at - accepted[-1].at > one.silent_after
            bad, good = event.value >= wanted.open_at, event.value <= wanted.clear_at
            if not wanted.high_is_bad:
                bad, good = event.value <= wanted.open_at, event.value >= wanted.clear_at
            between = began_at is not None if alone else sides[-1]
            sides.append(True if bad else False if good else between)
            accepted.append(event)
        elif not one.on_change or not accepted or event.at - accepted[-1].at > one.silent_after:
            continue
        first = _run_start(accepted, sides, one)
        held = event.at - accepted[first].at
        if sides[-1] and began_at is None and held >= wanted.hold:
            began_at = accepted[first].at
            found.append((Change.OPENED, began_at, event.at))
        elif not sides[-1] and began_at is not None and held >= wanted.clear_hold:
            found.append((Change.CLEARED, began_at, event.at))
            began_at = None
    return found


def _run_start(accepted: list[Reading], sides: list[bool], one: Sensor) -> int:
    first = len(accepted) - 1
    while (
        first > 0
        and sides[first - 1] == sides[-1]
        and accepted[first].at - accepted[first - 1].at <= one.silent_after
    ):
        first -= 1
    return first


def limit_run(events: list[Event], one: Sensor) -> list[Seen]:
    state, found = None, list[Seen]()
    for event in events:
        state, changes = sensor_limit.step(state, event, one, one.levels[0])
        found += told(changes)
    return found


limits = st.builds(
    lambda low, hold, back, silent, on_change, high: sensor(
        level(Watch.LIMIT, *((8, 8 - low) if high else (4, 4 + low)), hold, back),
        SensorKind.WATER_LEVEL, silent, on_change=on_change,
    ),
    st.integers(1, 3), st.integers(0, 9), st.integers(0, 9), st.integers(8, 40), st.booleans(),
    st.booleans(),
)  # fmt: skip
SEEN_LIMIT: Counter[str] = Counter()


@settings(max_examples=400)
@given(steps, limits)
def _limit_is_the_oracle(raw: list[tuple[int, int, bool]], one: Sensor) -> None:
    events = events_of(raw)
    found = limit_run(events, one)
    assert found == limit_oracle(events, one)
    SEEN_LIMIT.update(change.value for change, _, _ in found)
    SEEN_LIMIT["by_tick"] += sum(
        isinstance(event, Tick) and any(at == event.at for _, _, at in found) for event in events
    )
    SEEN_LIMIT["hysteresis"] += any(
        isinstance(event, Reading) and 4 < event.value < 8 for event in events
    )


def test_a_limit_is_what_its_definition_says() -> None:
    SEEN_LIMIT.clear()
    _limit_is_the_oracle()
    assert SEEN_LIMIT["opened"] > 60, SEEN_LIMIT
    assert SEEN_LIMIT["cleared"] > 20, SEEN_LIMIT
    assert SEEN_LIMIT["by_tick"] > 5, SEEN_LIMIT
    assert SEEN_LIMIT["hysteresis"] > 100, SEEN_LIMIT


@given(steps, limits)
def test_opened_and_cleared_alternate_and_share_their_begin(
    raw: list[tuple[int, int, bool]], one: Sensor
) -> None:
    found = limit_run(events_of(raw), one)
    for index, (change, began_at, at) in enumerate(found):
        assert change is (Change.CLEARED if index % 2 else Change.OPENED)
        assert began_at <= at
        if index % 2:
            assert began_at == found[index - 1][1]


@given(steps, limits, st.integers(0, 39))
def test_a_reading_that_comes_again_changes_nothing(
    raw: list[tuple[int, int, bool]], one: Sensor, place: int
) -> None:
    events = events_of(raw)
    again = [*events[: place + 1], *(e for e in events[: place + 1] if isinstance(e, Reading))]
    assert limit_run([*again, *events[place + 1 :]], one) == limit_run(events, one)


# ----------------------------------------------------------------------------- activity


def activity_oracle(readings: list[Reading], one: Sensor) -> list[Seen]:
    """By definition: try every moment since which there may have been too little activity."""
    wanted = one.levels[0]
    accepted, changes, first = list[Reading](), list[float](), 0
    began_at: datetime | None = None
    found: list[Seen] = []
    for reading in readings:
        if accepted and reading.at <= accepted[-1].at:
            continue
        gap = bool(accepted) and reading.at - accepted[-1].at > one.silent_after
        change = reading.value - accepted[-1].value if accepted else 0.0
        if one.kind is SensorKind.WATER_METER:
            gap, change = gap or change < 0, max(0.0, change)
        accepted.append(reading)
        changes.append(abs(change))
        if gap and began_at is None:
            first = len(accepted) - 1
        last = len(accepted) - 1
        quiet = min(
            accepted[start].at
            for start in range(first, last + 1)
            if sum(changes[start + 1 :]) < wanted.open_at
        )
        if began_at is None and reading.at - quiet >= wanted.hold:
            began_at = quiet
            found.append((Change.OPENED, quiet, reading.at))
        elif began_at is not None and quiet > began_at:
            found.append((Change.CLEARED, began_at, reading.at))
            began_at = None
    return found


meters = st.builds(
    lambda least, hold, silent, door: sensor(
        level(Watch.ACTIVITY, least, least, hold, 0),
        SensorKind.DOOR if door else SensorKind.WATER_METER, silent,
    ),
    st.integers(1, 6), st.integers(5, 60), st.integers(6, 30), st.booleans(),
)  # fmt: skip
SEEN_ACTIVITY: Counter[str] = Counter()


@settings(max_examples=400)
@given(
    st.lists(
        st.tuples(st.integers(-2, 16), st.integers(0, 2), st.integers(0, 19)),
        min_size=1, max_size=40,
    ),
    meters,
)  # fmt: skip
def _activity_is_the_oracle(raw: list[tuple[int, int, int]], one: Sensor) -> None:
    now, total, readings = 0, 0, list[Reading]()
    for ahead, used, reset in raw:
        now, total = now + max(ahead, 0), 0 if reset == 0 else total + used
        value = total % 2 if one.kind is SensorKind.DOOR else total
        readings.append(Reading(AT + (now + min(ahead, 0)) * S, float(value)))
    state, found, gaps = None, list[Seen](), list[datetime]()
    newest: datetime | None = None
    for reading in readings:
        if newest is not None and reading.at - newest > one.silent_after:
            gaps.append(reading.at)
        newest = max(newest or reading.at, reading.at)
        state, changes = sensor_activity.step(state, reading, one, one.levels[0])
        found += told(changes)
    assert found == activity_oracle(readings, one)
    for change, began_at, at in found:
        if change is Change.OPENED:
            assert not [gap for gap in gaps if began_at < gap <= at], "alert out of a silence"
    SEEN_ACTIVITY.update(change.value for change, _, _ in found)
    SEEN_ACTIVITY["gaps"] += bool(gaps)


def test_activity_is_what_its_definition_says_and_silence_makes_no_alert() -> None:
    SEEN_ACTIVITY.clear()
    _activity_is_the_oracle()
    assert SEEN_ACTIVITY["opened"] > 50
    assert SEEN_ACTIVITY["cleared"] > 20
    assert SEEN_ACTIVITY["gaps"] > 50


def test_a_meter_that_drips_without_end_needs_no_endless_memory() -> None:
    one = sensor(level(Watch.ACTIVITY, 10, 10, 86_400, 0), SensorKind.WATER_METER, 60)
    state = None
    for number in range(2000):
        reading = Reading(AT + number * 10 * S, number * 0.001)
        state, changes = sensor_activity.step(state, reading, one, one.levels[0])
        assert changes == ()
    assert state is not None
    assert len(state.steps) <= sensor_activity.MOST
    assert abs(sum(step for _, step in state.steps) - 1.999) < 1e-9


# ----------------------------------------------------------------------------- calls

PENDANT = sensor(level(Watch.CALL, 1, 1, 60, 0), SensorKind.PENDANT, 100)


@given(st.lists(st.tuples(st.integers(0, 2000), st.booleans()), min_size=1, max_size=30))
def test_presses_make_one_call_for_each_group_whatever_happens_between(
    raw: list[tuple[int, bool]],
) -> None:
    presses = sorted(at for at, pressed in raw if pressed)
    groups = sum(1 for a, b in zip([-1000, *presses], presses, strict=False) if b - a > 60)
    state, opened = None, list[Seen]()
    for at, pressed in sorted(raw):
        event = Reading(AT + at * S, float(pressed))
        state, changes = sensor_call.step(state, event, PENDANT, PENDANT.levels[0])
        opened += told(changes)
    assert len(opened) == groups
    assert all(change is Change.OPENED for change, _, _ in opened), "only a person ends a call"


@given(st.permutations([0, 30, 500, 530, 900, 2000]))
def test_a_late_press_is_never_lost_and_never_a_second_call(order: list[int]) -> None:
    state, opened = None, 0
    for at in order:
        event = Reading(AT + at * S, 1.0)
        state, changes = sensor_call.step(state, event, PENDANT, PENDANT.levels[0])
        opened += len(changes)
    assert opened == 4


def test_time_alone_and_heartbeats_call_nobody() -> None:
    state, changes = sensor_call.step(None, Tick(AT), PENDANT, PENDANT.levels[0])
    assert changes == ()
    state, changes = sensor_call.step(state, Reading(AT, 0.0), PENDANT, PENDANT.levels[0])
    assert (state.calls, changes) == ((), ())


def test_words_of_a_care_device_tell_no_value() -> None:
    wanted = level(Watch.LIMIT, 8, 4, 0, 0)
    public = sensor(wanted, SensorKind.WATER_LEVEL, 60)
    _, (change,) = sensor_limit.step(None, Reading(AT, 9.0), public, wanted)
    assert "9 cm" in change.reason[0] and "9 cm" in change.reason[1]
    care = replace(public, subject_ref="P-0001")
    _, (change,) = sensor_limit.step(None, Reading(AT, 9.0), care, wanted)
    assert "9" not in "".join(change.reason)
