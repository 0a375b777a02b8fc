"""Calls for help: a pressed button.

Every press is a call; presses that lie within ``hold`` of a call are that call. No reading clears
one, and a late press counts as well: only a person who has seen the caller can say that all is
well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from yitong_command.domain.incident import Change, RuleChange
from yitong_command.domain.observation import Tick
from yitong_command.domain.sensor import Level, Reading, Sensor

REMEMBERED = 32


@dataclass(frozen=True, slots=True)
class CallState:
    """What is remembered of one button.

    Attributes:
        calls: First and last press of the newest calls, oldest first.
    """

    calls: tuple[tuple[datetime, datetime], ...] = ()


def step(
    state: CallState | None, event: Reading | Tick, _sensor: Sensor, level: Level
) -> tuple[CallState, tuple[RuleChange, ...]]:
    """Take a reading, also a late one."""
    known = state or CallState()
    if isinstance(event, Tick) or event.value < level.open_at:
        return known, ()
    for index, (first, last) in enumerate(known.calls):
        if first - level.hold <= event.at <= last + level.hold:
            one = (min(first, event.at), max(last, event.at))
            return CallState((*known.calls[:index], one, *known.calls[index + 1 :])), ()
    calls = sorted((*known.calls, (event.at, event.at)))[-REMEMBERED:]
    opened = RuleChange(
        Change.OPENED, event.at, event.at, level.level_id, reason=(level.name_zh, level.name_en)
    )
    return CallState(tuple(calls)), (opened,)
