"""A limit with hysteresis and hold times, by event time.

The side changes to bad at ``open_at`` and back to good at ``clear_at``; between the two it stays
what it was. Bad for ``hold`` opens the condition, good for ``clear_hold`` clears it. Nothing is
concluded across a silence: after one the side counts from the first reading. A sensor that tells
every change at once is taken at its word between readings, for as long as it is not silent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from yitong_command.domain.incident import Change, RuleChange
from yitong_command.domain.observation import Tick
from yitong_command.domain.sensor import Level, Reading, Sensor
from yitong_command.rules.sensor_words import span, told


@dataclass(frozen=True, slots=True)
class LimitState:
    """What is remembered of one limit.

    Attributes:
        last: Newest reading.
        bad: Which side it is on.
        since: Event time since when, without a silence in between.
        began_at: When the open condition began, or None.
    """

    last: Reading | None = None
    bad: bool = False
    since: datetime | None = None
    began_at: datetime | None = None


def step(
    state: LimitState | None, event: Reading | Tick, sensor: Sensor, level: Level
) -> tuple[LimitState, tuple[RuleChange, ...]]:
    """Take a reading, or time that went by; a reading older than the newest changes nothing."""
    known = state or LimitState()
    if isinstance(event, Tick):
        quiet = sensor.on_change and known.last is not None
        if not quiet or _silent(known, event.at, sensor.silent_after):
            return known, ()
        return _judge(known, event.at, sensor, level)
    if known.last is not None and event.at <= known.last.at:
        return known, ()
    broken = _silent(known, event.at, sensor.silent_after)
    bad = _side(event.value, level)
    if bad is None:
        bad = known.began_at is not None if broken else known.bad
    since = event.at if broken or bad != known.bad else known.since
    return _judge(replace(known, last=event, bad=bad, since=since), event.at, sensor, level)


def _silent(state: LimitState, at: datetime, silent_after: timedelta) -> bool:
    return state.last is None or at - state.last.at > silent_after


def _side(value: float, level: Level) -> bool | None:
    """True for bad, False for good, None between the two."""
    if level.high_is_bad:
        return True if value >= level.open_at else False if value <= level.clear_at else None
    return True if value <= level.open_at else False if value >= level.clear_at else None


def _judge(
    state: LimitState, at: datetime, sensor: Sensor, level: Level
) -> tuple[LimitState, tuple[RuleChange, ...]]:
    if state.since is None:
        return state, ()
    held = at - state.since
    if state.bad and state.began_at is None and held >= level.hold:
        opened = replace(state, began_at=state.since)
        words = _opened_words(state, held, sensor, level)
        return opened, (RuleChange(Change.OPENED, state.since, at, level.level_id, reason=words),)
    if not state.bad and state.began_at is not None and held >= level.clear_hold:
        cleared = RuleChange(
            Change.CLEARED, state.began_at, at, level.level_id,
            reason=(
                f"{level.name_zh}: 已恢复正常 {span(held)[0]}",
                f"{level.name_en}: back to normal for {span(held)[1]}",
            ),
        )  # fmt: skip
        return replace(state, began_at=None), (cleared,)
    return state, ()


def _opened_words(
    state: LimitState, held: timedelta, sensor: Sensor, level: Level
) -> tuple[str, str]:
    value = told(sensor, state.last.value) if state.last is not None else ""
    limit = told(sensor, level.open_at)
    if not value:
        return f"{level.name_zh}, 已 {span(held)[0]}", f"{level.name_en}, for {span(held)[1]}"
    zh = "达到" if level.high_is_bad else "低于"
    en = "at or above" if level.high_is_bad else "at or below"
    return (
        f"{level.name_zh}: {value}, {zh} {limit} 已 {span(held)[0]}",
        f"{level.name_en}: {value}, {en} {limit} for {span(held)[1]}",
    )
