"""The clock of this worker: it never goes back, whatever happens to that of the machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def _wall() -> datetime:
    return datetime.now(UTC)


class SteadyClock:
    """The time of day, kept going by the monotonic clock while the wall clock is behind it.

    Args:
        wall: Reads the machine's clock.
        monotonic: Seconds that only grow.
    """

    def __init__(
        self,
        wall: Callable[[], datetime] = _wall,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._said, self._at = wall(), monotonic()

    def now(self) -> datetime:
        """Aware UTC; never earlier than what was said before."""
        tick = self._monotonic()
        kept_going = self._said + timedelta(seconds=tick - self._at)
        self._said, self._at = max(self._wall(), kept_going), tick
        return self._said
