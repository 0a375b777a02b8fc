"""What of devices' messages is believed, and that silence is never good news."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties.test_sensor_rules import level, sensor
from yitong_command.domain.sensor import FaultWord, Said, SensorKind, SensorState, Watch
from yitong_command.rules.sensor_gate import AHEAD, GateState, Verdict, admit
from yitong_command.rules.sensor_health import (
    BLINDING,
    LINK_AFTER,
    Link,
    faults_of,
    standing,
)

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
S = timedelta(seconds=1)
ONE = sensor(level(Watch.LIMIT, 8, 4, 5, 5), SensorKind.WATER_LEVEL, 60)
SEEN: Counter[str] = Counter()


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.integers(0, 9)), min_size=1, max_size=12,
        unique_by=lambda item: item,
    ),
    st.lists(st.integers(0, 11), max_size=20),
    st.randoms(use_true_random=False),
)  # fmt: skip
def _every_message_counts_once(
    messages: list[tuple[int, int]], extra: list[int], shuffle: object
) -> None:
    said = [Said(float(value), AT + at * S, seq=str(number))
            for number, (at, value) in enumerate(messages)]  # fmt: skip
    arriving = said + [said[index % len(said)] for index in extra]
    shuffle.shuffle(arriving)  # type: ignore[attr-defined]
    state, verdicts, newest = GateState(), Counter[Verdict](), list[datetime]()
    for number, one in enumerate(arriving):
        state, verdict, reading = admit(state, one, AT + (30 + number) * S, ONE)
        verdicts[verdict] += 1
        if verdict is Verdict.READING:
            assert reading is not None
            newest.append(reading.at)
    assert verdicts[Verdict.READING] + verdicts[Verdict.LATE] == len(said)
    assert verdicts[Verdict.REPEATED] == len(extra)
    assert newest == sorted(set(newest)), "rules see strictly later readings only"
    SEEN.update({verdict.value: count for verdict, count in verdicts.items()})


def test_every_message_counts_once_however_it_comes() -> None:
    SEEN.clear()
    _every_message_counts_once()
    assert min(SEEN["reading"], SEEN["late"], SEEN["repeated"]) > 100


@given(st.integers(-400_000, 400_000))
def test_a_wrong_clock_is_a_fault_and_the_reading_counts_all_the_same(off_s: int) -> None:
    said = Said(5.0, AT + off_s * S)
    state, verdict, reading = admit(GateState(), said, AT, ONE)
    wrong = off_s * S > AHEAD or off_s < -26 * 3600
    assert verdict is Verdict.READING
    assert reading is not None
    assert reading.at == (AT if wrong else said.at)
    assert (state.clock_since is not None) == wrong
    words = {fault.word for fault in faults_of(state, ONE, Link(AT, up=True), AT)}
    assert words == ({FaultWord.CLOCK} if wrong else set())
    mended, _, _ = admit(state, Said(5.0, AT + 10 * S), AT + 10 * S, ONE)
    assert mended.clock_since is None


@given(st.lists(st.one_of(
    st.floats(0, 1000), st.sampled_from([math.nan, math.inf, -math.inf, -999.0, 65535.0])
), max_size=30))  # fmt: skip
def test_garbage_is_never_a_reading_and_three_in_a_row_are_a_fault(values: list[float]) -> None:
    state, row, since = GateState(), 0, None
    for number, value in enumerate(values):
        at = AT + number * S
        state, verdict, reading = admit(state, Said(value), at, ONE)
        good = math.isfinite(value) and 0 <= value <= 1000
        assert (verdict is Verdict.READING) == (reading is not None) == good
        row, since = (0, None) if good else (row + 1, since or at)
        found = {f.word: f.since for f in faults_of(state, ONE, Link(AT, up=True), at)}
        assert found == ({FaultWord.GARBAGE: since} if row >= 3 else {})


def test_a_plain_value_that_stays_the_same_is_no_repetition() -> None:
    state = GateState()
    for number in range(5):
        state, verdict, _ = admit(state, Said(5.0), AT + number * S, ONE)
        assert verdict is Verdict.READING


def test_a_counter_that_begins_anew_is_no_repetition_but_the_same_message_is() -> None:
    state, _, _ = admit(GateState(), Said(1.0, seq="7"), AT, ONE)
    _, verdict, _ = admit(state, Said(1.0, seq="7"), AT + 60 * S, ONE)
    assert verdict is Verdict.REPEATED
    _, verdict, _ = admit(state, Said(1.0, seq="7"), AT + 3600 * S, ONE)
    assert verdict is Verdict.READING


def test_two_values_in_one_second_of_the_device_both_count() -> None:
    state, _, _ = admit(GateState(), Said(0.0, AT), AT, ONE)
    _, verdict, reading = admit(state, Said(9.0, AT), AT + S, ONE)
    assert verdict is Verdict.READING
    assert reading is not None
    assert reading.at == AT + timedelta(milliseconds=1)


@given(
    st.one_of(st.none(), st.integers(-500, 500)),
    st.integers(-500, 500),
    st.booleans(),
    st.one_of(st.none(), st.integers(-500, 500)),
    st.booleans(),
    st.integers(0, 600),
)
def test_a_sensor_that_is_not_heard_is_never_all_well(
    heard_s: int | None, link_s: int, up: bool, silent_s: int | None, alarm: bool, now_s: int
) -> None:
    now = AT + (500 + now_s) * S
    gate = GateState(heard_at=None if heard_s is None else AT + heard_s * S)
    known = None if silent_s is None else AT + silent_s * S
    faults = faults_of(gate, ONE, Link(AT + link_s * S, up), now, known)
    opened = (AT, ("告警", "alarm")) if alarm else None
    found = standing(gate, ONE, faults, opened, now)
    unheard = gate.heard_at is None or now - gate.heard_at > ONE.silent_after
    if unheard:
        assert found.state in {SensorState.SILENT, SensorState.WAITING}
    if not up and now - (AT + link_s * S) >= LINK_AFTER:
        assert found.state is SensorState.SILENT
        if known is None or (gate.heard_at is not None and gate.heard_at > known):
            assert FaultWord.SILENT not in {fault.word for fault in faults}, "it is our fault"
    if found.state is SensorState.NORMAL:
        assert not alarm
    assert (found.state is SensorState.SILENT) == bool({f.word for f in faults} & BLINDING)


def test_a_silent_sensor_stays_silent_over_a_new_connection_until_it_is_heard() -> None:
    gate = GateState(heard_at=AT)
    silent = faults_of(gate, ONE, Link(AT, up=True), AT + 61 * S)
    assert [(fault.word, fault.since) for fault in silent] == [(FaultWord.SILENT, AT)]
    again = Link(AT + 70 * S, up=True)
    assert faults_of(gate, ONE, again, AT + 71 * S, silent_since=AT) != ()
    assert faults_of(gate, ONE, again, AT + 71 * S) == (), "others have their time to speak up"
    heard = replace(gate, heard_at=AT + 72 * S)
    assert faults_of(heard, ONE, again, AT + 73 * S, silent_since=AT) == ()


def test_a_low_battery_is_told_once_and_over_when_it_is_charged() -> None:
    state, _, _ = admit(GateState(), Said(None, battery=19.0), AT, ONE)
    assert state.battery_since == AT
    state, _, _ = admit(state, Said(None, battery=21.0), AT + S, ONE)
    assert state.battery_since == AT, "a little more is not a new battery"
    assert [f.word for f in faults_of(state, ONE, Link(AT, up=True), AT + S)] == [FaultWord.BATTERY]
    state, _, _ = admit(state, Said(None, battery=100.0), AT + 2 * S, ONE)
    assert state.battery_since is None
