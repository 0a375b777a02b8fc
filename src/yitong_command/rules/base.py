"""What a rule is: a pure step over event time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeAlias, TypeVar

from yitong_command.domain.geometry import Polygon
from yitong_command.domain.incident import IncidentKind, RuleChange
from yitong_command.domain.observation import CoverLook, Tick, ZoneLook

Event: TypeAlias = ZoneLook | CoverLook | Tick

State = TypeVar("State")
Conf = TypeVar("Conf")


@dataclass(frozen=True, slots=True)
class Rule(Generic[State, Conf]):
    """One rule; a new one is one file beside this and one line in ``RULES``.

    Attributes:
        kind: The incident kind it opens and clears.
        state: Type of its state: frozen, made of plain values, so that it can be written to disk.
        settings: Type of its settings; every field but ``polygon`` is a number.
        configure: Settings from a zone's polygon and the numbers that differ from the defaults;
            raises ValueError or TypeError if one makes no sense.
        step: ``(state | None, event, settings) -> (state, changes)``; events come in order.
        watching: True while something is open or about to open, so that looks are worth more.
        open_count: How many conditions are open in a state.
    """

    kind: IncidentKind
    state: type[State]
    settings: type[Conf]
    configure: Callable[[Polygon, dict[str, float]], Conf]
    step: Callable[[State | None, Event, Conf], tuple[State, tuple[RuleChange, ...]]]
    watching: Callable[[State], bool]
    open_count: Callable[[State], int]


AnyRule: TypeAlias = Rule[Any, Any]

LONGEST_S = 30 * 86400


def checked(settings: type[Any], numbers: dict[str, float]) -> dict[str, float]:
    """The same numbers, each known to the settings and in its range.

    Names that end in ``_s`` are durations of 0 s to 30 days, in ``_looks`` counts of 1 to 1000, all
    others shares in (0, 1].

    Args:
        settings: Type of the settings.
        numbers: Settings that differ from the defaults.

    Raises:
        ValueError: Naming the setting that is unknown or out of its range.
    """
    known = {field.name for field in fields(settings)} - {"polygon"}
    for name, value in numbers.items():
        if name not in known:
            raise ValueError(f"{name}: unknown setting; known: {', '.join(sorted(known))}")
        if name.endswith("_s"):
            fits, expected = 0 <= value <= LONGEST_S, "0 s to 30 days"
        elif name.endswith("_looks"):
            fits, expected = 1 <= value <= 1000, "1 to 1000 looks"
        else:
            fits, expected = 0 < value <= 1, "in (0, 1]"
        if not fits:
            raise ValueError(f"{name}: must be {expected}, not {value:g}")
    return numbers
