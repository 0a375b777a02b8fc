"""What a rule would have said of a recorded stay under other settings: the live rule, replayed.

A stay is told to the rule again as looks spread evenly over its time, as many as there were, with
those that missed it spread among them. What else was in the picture is not recorded, so nothing
hides anything here and no queue moves up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from yitong_command.domain.geometry import Box
from yitong_command.domain.incident import Change, RuleChange
from yitong_command.domain.observation import CoverLook, Track, ZoneLook
from yitong_command.domain.stay import Stay
from yitong_command.rules.base import AnyRule, Event
from yitong_command.rules.manhole_cover import OK, CoverSettings
from yitong_command.rules.parking_values import ParkingSettings
from yitong_command.rules.replay import replay

MOST_LOOKS = 2000
EVERY_S = 2.0
"""Between looks after it was gone."""
SOMEWHERE = Box(0.4, 0.4, 0.6, 0.6)


def retold(stay: Stay, rule: AnyRule, settings: Any) -> RuleChange | None:
    """The opening that the rule would have told, or None if it would have told none.

    Args:
        stay: What was recorded.
        rule: The rule of its zone.
        settings: Other settings of the zone.
    """
    if isinstance(settings, ParkingSettings):
        events, settings = _of_vehicle(stay, settings), _unbanned(settings)
    elif isinstance(settings, CoverSettings):
        events = _of_cover(stay, settings)
    else:
        return None
    changes = replay(rule, settings, events)
    return next((change for change in changes if change.change is Change.OPENED), None)


def _unbanned(settings: ParkingSettings) -> ParkingSettings:
    """Without the hours of a ban: the stay's dwell was counted from its begin already."""
    return replace(settings, ban=type(settings.ban)())


def _of_vehicle(stay: Stay, settings: ParkingSettings) -> Iterator[Event]:
    box = stay.box or SOMEWHERE
    label = "car" if "car" in settings.labels else min(settings.labels)
    track = Track("1", label, stay.score, box, stay.came_at)
    for at, seen in _looks(stay):
        yield ZoneLook(at, (track,) if seen else ())
    for at in _after(stay.seen_at, settings.clear_after_s):
        yield ZoneLook(at)


def _of_cover(stay: Stay, settings: CoverSettings) -> Iterator[Event]:
    for at, seen in _looks(stay):
        yield CoverLook(at, stay.state if seen else None, stay.score)
    for at in _after(stay.seen_at, settings.agree_s + EVERY_S * settings.agree_looks):
        yield CoverLook(at, OK, 1.0)


def _looks(stay: Stay) -> Iterator[tuple[datetime, bool]]:
    """When there was a look and whether it showed the thing; the first and the last did."""
    count = max(2, min(stay.looks, MOST_LOOKS))
    missed = (count - 2) * (1 - stay.seen / stay.looks) if stay.looks else 0.0
    length = stay.seen_at - stay.came_at
    told = 0
    for number in range(count):
        inner = 0 < number < count - 1
        due = int(missed * number / max(1, count - 2)) if inner else told
        yield stay.came_at + length * number / (count - 1), due == told
        told = due


def _after(seen_at: datetime, seconds: float) -> Iterator[datetime]:
    for number in range(1, int(seconds / EVERY_S) + 3):
        yield seen_at + timedelta(seconds=EVERY_S * number)
