"""Our own clock, as it dates keyframes: it never goes back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

_SLOWED = 0.5


class SteadyClock:
    """The system's time, which may be set back, made into one that only goes forward.

    After it was set back this clock goes at half speed until the system's has caught up, so that
    nothing seems to happen before what came earlier, and nothing seems to stand still either.

    Args:
        wall: The system's time, aware UTC.
        elapsed: Seconds since some moment, never set back.
    """

    def __init__(self, wall: Callable[[], datetime], elapsed: Callable[[], float]) -> None:
        self._wall = wall
        self._elapsed = elapsed
        self._last = wall()
        self._last_s = elapsed()
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        """The current time, aware UTC."""
        with self._lock:
            now, now_s = self._wall(), self._elapsed()
            slowed = self._last + timedelta(seconds=max(0.0, now_s - self._last_s) * _SLOWED)
            self._last, self._last_s = max(now, slowed), now_s
            return self._last
