"""Too little activity for a long time: a meter that hardly runs, a door that never moves.

Activity is what a meter counts, or how often a door changes. The condition holds when the change
since some moment is less than ``open_at`` and that moment is ``hold`` ago. A silence proves
nothing: after one the time counts anew, so that a device that was off never makes an alert; and
what is open stays open until there is activity.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from yitong_command.domain.incident import Change, RuleChange
from yitong_command.domain.observation import Tick
from yitong_command.domain.sensor import Level, Reading, Sensor, SensorKind
from yitong_command.rules.sensor_words import span

MOST = 256
"""So many steps of a meter are remembered; of more the oldest two count as one."""


@dataclass(frozen=True, slots=True)
class ActivityState:
    """What is remembered of one device.

    Attributes:
        last: Newest reading.
        quiet_since: Since then the change is less than ``open_at``.
        steps: Changes since then, with their times.
        began_at: When the open condition began, or None.
    """

    last: Reading | None = None
    quiet_since: datetime | None = None
    steps: tuple[tuple[datetime, float], ...] = ()
    began_at: datetime | None = None


def step(
    state: ActivityState | None, event: Reading | Tick, sensor: Sensor, level: Level
) -> tuple[ActivityState, tuple[RuleChange, ...]]:
    """Take a reading; one older than the newest, and time alone, change nothing."""
    known = state or ActivityState()
    if isinstance(event, Tick):
        return known, ()
    if known.last is None:
        return replace(known, last=event, quiet_since=event.at), ()
    if event.at <= known.last.at:
        return known, ()
    change = event.value - known.last.value
    anew = event.at - known.last.at > sensor.silent_after
    if sensor.kind is not SensorKind.WATER_METER:
        change = abs(change)
    elif change < 0:  # another meter: what was used in between nobody knows
        change, anew = 0.0, True
    moved = _moved(replace(known, last=event), event.at, change, level)
    if anew and moved.began_at is None:
        moved = replace(moved, quiet_since=event.at, steps=())
    return _judge(moved, event.at, level)


def _moved(state: ActivityState, at: datetime, change: float, level: Level) -> ActivityState:
    """The state after a change; the quiet begins where less than ``open_at`` is left of it."""
    if change <= 0:
        return state
    steps = (*state.steps, (at, change))
    left = 0.0
    for index in range(len(steps) - 1, -1, -1):
        left += steps[index][1]
        if left >= level.open_at:
            return replace(state, quiet_since=steps[index][0], steps=steps[index + 1 :])
    if len(steps) > MOST:
        steps = ((steps[1][0], steps[0][1] + steps[1][1]), *steps[2:])
    return replace(state, steps=steps)


def _judge(
    state: ActivityState, at: datetime, level: Level
) -> tuple[ActivityState, tuple[RuleChange, ...]]:
    since = state.quiet_since
    if since is None:
        return state, ()
    if state.began_at is None and at - since >= level.hold:
        words = (
            f"{level.name_zh}, 已 {span(at - since)[0]}",
            f"{level.name_en}, for {span(at - since)[1]}",
        )
        opened = RuleChange(Change.OPENED, since, at, level.level_id, reason=words)
        return replace(state, began_at=since), (opened,)
    if state.began_at is not None and since > state.began_at:
        words = (
            f"{level.name_zh}: 又有动静, 不代表本人平安",
            f"{level.name_en}: there is activity again, which does not say that all is well",
        )
        cleared = RuleChange(Change.CLEARED, state.began_at, at, level.level_id, reason=words)
        return replace(state, began_at=None), (cleared,)
    return state, ()
