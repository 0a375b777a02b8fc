"""How long to wait before the next attempt."""

from __future__ import annotations

import random


class Backoff:
    """Doubling waits with jitter, so that cameras behind one switch do not come back at once.

    Args:
        random_source: Source of the jitter.
        first_s: Wait after the first failure, seconds.
        longest_s: Longest wait, seconds.
    """

    def __init__(
        self, random_source: random.Random, first_s: float = 1.0, longest_s: float = 30.0
    ) -> None:
        self._random = random_source
        self._first_s = first_s
        self._longest_s = longest_s
        self._wait_s = first_s

    def next_s(self) -> float:
        """Seconds to wait now: between half and all of the doubling wait."""
        wait_s, self._wait_s = self._wait_s, min(self._longest_s, self._wait_s * 2)
        return wait_s * self._random.uniform(0.5, 1.0)

    def longest_s(self) -> float:
        """The longest wait, for failures that only a person can mend."""
        return self._longest_s * self._random.uniform(0.5, 1.0)

    def succeeded(self) -> None:
        """Start from the first wait again."""
        self._wait_s = self._first_s
