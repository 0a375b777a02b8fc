"""The simulator's own log: what it did, and what it was told in answer. Nothing is read back."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that was done.

    Attributes:
        at: When, aware.
        case_id: To which case.
        what: State that a move led to, or ``told``, ``called``, ``granted``, ``passed_on``.
        by: Who did it.
        before: State before a move.
        detail: ``told``: category, subtype, severity and source; ``called``: how satisfied;
            else the holder after it.
        due_at: The deadline as the answer told it.
        version: The case's version after it.
    """

    at: datetime
    case_id: str
    what: str
    by: str
    before: str = ""
    detail: tuple[str, ...] = ()
    due_at: datetime | None = None
    version: int = 0


@dataclass(slots=True)
class Diary:
    """All that was done, in order.

    Attributes:
        deeds: What was done to cases.
        counts: What else was done, by what it is called.
        refused: What the system refused, by its code; a stale case that moved meanwhile too.
        messages: Names of incident messages that were sent.
    """

    deeds: list[Deed] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    messages: set[str] = field(default_factory=set)
