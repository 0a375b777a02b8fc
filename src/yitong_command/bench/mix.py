"""What comes by the topic on a usual day: mostly things that are known already."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from yitong_command.bench.storm import storm_incident
from yitong_command.bus.messages import IncidentMessage
from yitong_command.domain.incident import Change, Incident, incident_id


@dataclass(frozen=True, slots=True)
class Mix:
    """Shares of messages; the rest tells again, word for word, what is going on.

    A district's center counted 12,000 raw alerts a day for 130 cases: one message in ninety is a
    new fact.

    Attributes:
        new: A fact that nobody told of: a new case.
        again: A condition that had ended comes back: another incident of an open case.
        cleared: A condition ends.
        updated: A condition goes on in another state.
    """

    new: float = 0.011
    again: float = 0.12
    cleared: float = 0.12
    updated: float = 0.03


def usual(events: int, at: datetime, mix: Mix | None = None) -> tuple[list[IncidentMessage], int]:
    """Messages in the order they come, always the same ones; and how many cases they make.

    Args:
        events: How many.
        at: When the first began.
        mix: What they are.
    """
    day = _Day(at, mix or Mix())
    made = [day.next(number) for number in range(events)]
    return [IncidentMessage.of(item, "bench") for item in made], day.facts


class _Day:
    def __init__(self, at: datetime, mix: Mix) -> None:
        self._at = at
        self._mix = mix
        self._chance = random.Random(7)  # noqa: S311 - the same messages every time
        self._going: list[Incident] = []
        self._ended: list[Incident] = []
        self.facts = 0

    def next(self, number: int) -> Incident:
        now = self._at + timedelta(milliseconds=number)
        drawn = self._chance.random()
        for share, make in (
            (self._mix.new, self._new), (self._mix.again, self._again),
            (self._mix.cleared, self._cleared), (self._mix.updated, self._updated),
        ):  # fmt: skip
            if drawn < share:
                return make(now)
            drawn -= share
        return self._chance.choice(self._going) if self._going else self._new(now)

    def _new(self, now: datetime) -> Incident:
        made = replace(storm_incident(self.facts, Change.OPENED, now), changed_at=now)
        self.facts += 1
        self._going.append(made)
        return made

    def _again(self, now: datetime) -> Incident:
        if not self._ended:
            return self._new(now)
        old = self._ended.pop(self._chance.randrange(len(self._ended)))
        name = incident_id(old.kind, old.subject, now)
        made = replace(
            old, incident_id=name, change=Change.OPENED, state="", began_at=now, changed_at=now
        )
        self._going.append(made)
        return made

    def _cleared(self, now: datetime) -> Incident:
        if not self._going:
            return self._new(now)
        old = self._going.pop(self._chance.randrange(len(self._going)))
        self._ended.append(old)
        return replace(old, change=Change.CLEARED, changed_at=now)

    def _updated(self, now: datetime) -> Incident:
        if not self._going:
            return self._new(now)
        place = self._chance.randrange(len(self._going))
        state = "longer" if self._going[place].state == "" else ""
        made = replace(self._going[place], change=Change.UPDATED, state=state, changed_at=now)
        self._going[place] = made
        return made
