"""What of a device's messages is believed: repeated, late, wrong values, a wrong clock."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from yitong_command.domain.sensor import Reading, Said, Sensor

AHEAD = timedelta(minutes=2)
"""A device's clock this far ahead of ours is wrong: what has not happened can't be reported."""
BEHIND = timedelta(hours=26)
"""What is older was not kept for want of a network: the device's clock is wrong."""
REMEMBERED = 32
SAME_FOR = timedelta(minutes=10)
"""Without a time of its own, a message with a known number is a repetition only for so long:
counters begin anew."""
TOO_MANY = 3
"""So many wrong values in a row are a fault."""
BATTERY_BACK = 5.0
"""A battery is good again when it has so many percent more than is low."""
LEAST = timedelta(milliseconds=1)


class Verdict(StrEnum):
    """What became of a message."""

    READING = "reading"
    LATE = "late"
    REPEATED = "repeated"
    GARBAGE = "garbage"
    LIFE = "life"


Key = tuple[str, datetime | None, float]


@dataclass(frozen=True, slots=True)
class GateState:
    """What is remembered of one device.

    Attributes:
        heard_at: When it was heard last, by our clock.
        last_at: Event time of its newest reading.
        keys: Newest messages with when they came, oldest first.
        battery: Charge it told last, percent.
        battery_since: Since when that is low, or None.
        garbage: Wrong values in a row.
        garbage_since: When the first of them came.
        clock_since: Since when its clock is wrong, or None.
        clock_off_s: By how much, seconds; ahead is positive.
    """

    heard_at: datetime | None = None
    last_at: datetime | None = None
    keys: tuple[tuple[datetime, Key], ...] = ()
    battery: float | None = None
    battery_since: datetime | None = None
    garbage: int = 0
    garbage_since: datetime | None = None
    clock_since: datetime | None = None
    clock_off_s: float = 0.0


def admit(
    state: GateState, said: Said, received_at: datetime, sensor: Sensor
) -> tuple[GateState, Verdict, Reading | None]:
    """Judge one message.

    Args:
        state: What is remembered.
        said: What the message says.
        received_at: When it came, by our clock, which never goes back.
        sensor: Whose it is.

    Returns:
        The state after it, what became of it, and the reading if there is one; a late one is
        given, too, for rules that ask only whether something happened.
    """
    state = replace(_clock(state, said, received_at), heard_at=received_at)
    state = _battery(state, said.battery, received_at, sensor)
    if said.value is None:
        return state, Verdict.LIFE, None
    low, high = sensor.valid
    if not math.isfinite(said.value) or not low <= said.value <= high:
        since = state.garbage_since or received_at
        return replace(state, garbage=state.garbage + 1, garbage_since=since), Verdict.GARBAGE, None
    if _known(state, said, received_at):
        return state, Verdict.REPEATED, None
    state = _remember(replace(state, garbage=0, garbage_since=None), said, received_at)
    at = said.at if said.at is not None and state.clock_since is None else received_at
    if state.last_at is not None and at == state.last_at:
        at += LEAST  # a clock of whole seconds, or two messages at once: both count, in order
    if state.last_at is not None and at < state.last_at:
        return state, Verdict.LATE, Reading(at, said.value)
    return replace(state, last_at=at), Verdict.READING, Reading(at, said.value)


def _battery(
    state: GateState, charge: float | None, received_at: datetime, sensor: Sensor
) -> GateState:
    if charge is None or not 0 <= charge <= 100:
        return state
    since = state.battery_since
    if charge <= sensor.battery_low:
        since = since or received_at
    elif charge >= sensor.battery_low + BATTERY_BACK:
        since = None
    return replace(state, battery=charge, battery_since=since)


def _clock(state: GateState, said: Said, received_at: datetime) -> GateState:
    if said.at is None:
        return state
    off = said.at - received_at
    if -BEHIND <= off <= AHEAD:
        return replace(state, clock_since=None, clock_off_s=0.0)
    since = state.clock_since or received_at
    return replace(state, clock_since=since, clock_off_s=off.total_seconds())


def _known(state: GateState, said: Said, received_at: datetime) -> bool:
    key = _key(said)
    timed = said.at is not None and state.clock_since is None
    return key is not None and any(
        key == known and (timed or (said.seq and received_at - at <= SAME_FOR))
        for at, known in state.keys
    )


def _remember(state: GateState, said: Said, received_at: datetime) -> GateState:
    key = _key(said)
    if key is None:
        return state
    return replace(state, keys=(*state.keys, (received_at, key))[-REMEMBERED:])


def _key(said: Said) -> Key | None:
    """What tells two messages apart; without number and time every one is a new one."""
    if said.value is None or (not said.seq and said.at is None):
        return None
    return said.seq, said.at, said.value
