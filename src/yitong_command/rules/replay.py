"""The fold of events through a rule; the same code runs live and over recordings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from yitong_command.domain.incident import RuleChange
from yitong_command.rules.base import AnyRule, Event


@dataclass(frozen=True, slots=True)
class Folded:
    """Where the fold of one zone stands.

    Attributes:
        state: The rule's own state, or None before the first event.
        at: Event time of the newest event taken, or None.
        late: Events that came too late and were left out.
    """

    state: Any = None
    at: datetime | None = None
    late: int = 0


def advance(
    rule: AnyRule, settings: Any, folded: Folded, event: Event
) -> tuple[Folded, tuple[RuleChange, ...]]:
    """Take one event; one that is not newer than the newest is left out and counted.

    Args:
        rule: The rule of the zone.
        settings: Its settings for the zone.
        folded: Where the fold stood.
        event: What happened next.
    """
    if folded.at is not None and event.at <= folded.at:
        return Folded(folded.state, folded.at, folded.late + 1), ()
    state, changes = rule.step(folded.state, event, settings)
    return Folded(state, event.at, folded.late), changes


def replay(rule: AnyRule, settings: Any, events: Iterable[Event]) -> Iterator[RuleChange]:
    """All changes of a recording, in order.

    Args:
        rule: The rule of the zone.
        settings: Its settings for the zone.
        events: Events of one zone as they arrived.
    """
    folded = Folded()
    for event in events:
        folded, changes = advance(rule, settings, folded, event)
        yield from changes
