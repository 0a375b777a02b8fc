"""Whether a fence around an open manhole is believed, and what that changes.

A fence protects, it does not repair: what is reported stays open and is told to be protected. What
is not reported yet waits, for fenced holes are works; if they last too long it is reported too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

PROTECTED = "protected"


@dataclass(frozen=True, slots=True)
class Fence:
    """What the looks say of a fence.

    Attributes:
        seen: Whether the newest look that could tell showed one.
        looks: How many in a row said the same.
        since: The first of them, or None before any.
        at: The newest of them.
        believed: Whether there is one, as far as is known.
    """

    seen: bool = False
    looks: int = 0
    since: datetime | None = None
    at: datetime | None = None
    believed: bool = False

    def after(
        self, at: datetime, seen: bool | None, looks: float, span_s: float, gap_s: float
    ) -> Fence:
        """What is known after one more look.

        Args:
            at: Of the look.
            seen: Whether it shows a fence; None if it can't tell.
            looks: So many in a row must agree,
            span_s: and over so many seconds.
            gap_s: Without any for longer, agreement starts anew.
        """
        if seen is None:
            return self
        fresh = self.since is None or self.at is None or (at - self.at).total_seconds() > gap_s
        if fresh or seen != self.seen or self.since is None:
            return Fence(seen, 1, at, at, self.believed)
        count = self.looks + 1
        sure = count >= looks and (at - self.since).total_seconds() >= span_s
        return Fence(seen, count, self.since, at, seen if sure else self.believed)

    @property
    def holds_back(self) -> bool:
        """Whether a hazard that is not reported yet waits: a fence is there, or may be."""
        return self.believed or self.seen
