"""The sensor rules by what a level watches, and what is remembered of one sensor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from yitong_command.domain.incident import RuleChange
from yitong_command.domain.observation import Tick
from yitong_command.domain.sensor import Level, Reading, Sensor, Watch
from yitong_command.rules import sensor_activity, sensor_call, sensor_limit
from yitong_command.rules.sensor_gate import GateState


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is remembered of one sensor; plain values, so that it can be written to disk.

    Attributes:
        gate: Of its messages.
        last: Newest reading.
        limits: Of its limits, by level.
        activity: Of its activity, by level.
        calls: Of its calls, by level.
    """

    gate: GateState = field(default_factory=GateState)
    last: Reading | None = None
    limits: dict[str, sensor_limit.LimitState] = field(default_factory=dict)
    activity: dict[str, sensor_activity.ActivityState] = field(default_factory=dict)
    calls: dict[str, sensor_call.CallState] = field(default_factory=dict)


Told = tuple[Level, RuleChange]


def take(
    known: Remembered, event: Reading | Tick, sensor: Sensor, *, late: bool = False
) -> tuple[Remembered, tuple[Told, ...]]:
    """Give a reading, or time that went by, to all levels of a sensor.

    Args:
        known: What is remembered.
        event: The reading, or the time.
        sensor: Whose it is.
        late: The reading is older than the newest: only a call for help counts then.
    """
    told: list[Told] = []
    for level in sensor.levels:
        if late and level.watch is not Watch.CALL:
            continue
        known, changes = _step(known, event, sensor, level)
        told += [(level, change) for change in changes]
    if isinstance(event, Reading) and not late:
        known = replace(known, last=event)
    return known, tuple(told)


def _step(
    known: Remembered, event: Reading | Tick, sensor: Sensor, level: Level
) -> tuple[Remembered, tuple[RuleChange, ...]]:
    key = level.level_id
    if level.watch is Watch.LIMIT:
        limit, changes = sensor_limit.step(known.limits.get(key), event, sensor, level)
        if limit is not known.limits.get(key):
            known = replace(known, limits=known.limits | {key: limit})
        return known, changes
    if level.watch is Watch.ACTIVITY:
        active, changes = sensor_activity.step(known.activity.get(key), event, sensor, level)
        if active is not known.activity.get(key):
            known = replace(known, activity=known.activity | {key: active})
        return known, changes
    called, changes = sensor_call.step(known.calls.get(key), event, sensor, level)
    if called is not known.calls.get(key):
        known = replace(known, calls=known.calls | {key: called})
    return known, changes


def open_levels(
    known: Remembered, sensor: Sensor, at: datetime
) -> Iterator[tuple[Level, datetime]]:
    """The conditions that hold now with their begin; a call holds as long as presses are one."""
    for level in sensor.levels:
        key, began_at = level.level_id, None
        if level.watch is Watch.LIMIT:
            limit = known.limits.get(key)
            began_at = limit.began_at if limit else None
        elif level.watch is Watch.ACTIVITY:
            active = known.activity.get(key)
            began_at = active.began_at if active else None
        else:
            calls = known.calls.get(key, sensor_call.CallState()).calls
            recent = [first for first, last in calls if at - last <= level.hold]
            began_at = recent[-1] if recent else None
        if began_at is not None:
            yield level, began_at
