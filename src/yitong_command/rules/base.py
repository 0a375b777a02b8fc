"""What a rule is: a pure step over event time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from yitong_command.domain.geometry import Polygon
from yitong_command.domain.incident import IncidentKind, RuleChange
from yitong_command.domain.observation import CoverLook, Tick, ZoneLook
from yitong_command.domain.terms import Terms

Event: TypeAlias = ZoneLook | CoverLook | Tick

State = TypeVar("State")
Conf = TypeVar("Conf")
Made = TypeVar("Made", covariant=True)


class Configure(Protocol[Made]):
    """Makes the settings of one zone."""

    def __call__(
        self, polygon: Polygon, numbers: dict[str, float], terms: Terms | None = ..., /
    ) -> Made:
        """See :class:`Rule`."""
        ...


@dataclass(frozen=True, slots=True)
class Rule(Generic[State, Conf]):
    """One rule: a kind and a line in ``RULES``, with code of its own or another rule's.

    Attributes:
        kind: The incident kind it opens and clears.
        name: What the kind is called, Chinese and English.
        category: Taxonomy code where no zone says another.
        state: Type of its state: frozen, made of plain values, so that it can be written to disk.
        settings: Type of its settings; every ``float`` among its fields can be configured.
        configure: Settings from a zone's polygon, the numbers that differ from the defaults and
            the zone's terms; raises ValueError if one makes no sense.
        step: ``(state | None, event, settings) -> (state, changes)``; events come in order.
        watching: True while something is open or about to open, so that looks are worth more.
        open_count: How many conditions are open in a state.
        end: What clears all that is open in a state at a moment, with a reason, Chinese and
            English; for a zone that is no longer watched.
        has_terms: Whether a zone may say for which vehicles and when the rule holds.
    """

    kind: IncidentKind
    name: tuple[str, str]
    category: str
    state: type[State]
    settings: type[Conf]
    configure: Configure[Conf]
    step: Callable[[State | None, Event, Conf], tuple[State, tuple[RuleChange, ...]]]
    watching: Callable[[State], bool]
    open_count: Callable[[State], int]
    end: Callable[[State, datetime, tuple[str, str]], tuple[RuleChange, ...]]
    has_terms: bool = False


AnyRule: TypeAlias = Rule[Any, Any]

RANGES = {
    "s": (0.0, 30 * 86400.0, "0 s to 30 days"),
    "looks": (2.0, 1000.0, "2 to 1000 looks"),
    "px": (0.0, 1000.0, "0 to 1000 pixels"),
}
SHARE = (5e-324, 1.0, "in (0, 1]")
"""From the smallest number above zero."""


def checked(settings: type[Any], numbers: dict[str, float]) -> dict[str, float]:
    """The same numbers, each known to the settings and in its range.

    Names that end in ``_s`` are durations of 0 s to 30 days, in ``_looks`` counts of 2 to 1000, in
    ``_px`` pixels up to 1000, all others shares in (0, 1].

    Args:
        settings: Type of the settings.
        numbers: Settings that differ from the defaults.

    Raises:
        ValueError: Naming the setting that is unknown or out of its range.
    """
    known = {field.name for field in fields(settings) if field.type in {"float", float}}
    for name, value in numbers.items():
        if name not in known:
            raise ValueError(f"{name}: unknown setting; known: {', '.join(sorted(known))}")
        low, high, expected = RANGES.get(name.rpartition("_")[2], SHARE)
        if not low <= value <= high:
            raise ValueError(f"{name}: must be {expected}, not {value:g}")
    return numbers
