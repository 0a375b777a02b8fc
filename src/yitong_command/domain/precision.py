"""How often a camera's alerts are right: counts, the Wilson interval, and the second look. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

MIN_REVIEWED = 20
"""Judged alerts below which no rate is given: a handful says nothing."""

WINDOW = timedelta(days=30)
"""Judgements older than this no longer decide about the second look."""

_Z95 = 1.959963984540054


class Verdict(StrEnum):
    """What an operator's decision says of an alert."""

    TRUE = "true"
    FALSE = "false"
    UNCOUNTED = "uncounted"
    """Rejected for a reason that says nothing of the picture, for example a duplicate."""


@dataclass(frozen=True, slots=True)
class Precision:
    """A share that never goes without its counts.

    Attributes:
        reviewed: Alerts judged true or false.
        confirmed: Those judged true.
        rate: ``confirmed / reviewed``, or None below :data:`MIN_REVIEWED`.
        low: Lower bound of the 95 % interval; None together with ``rate``.
        high: Upper bound of it; None together with ``rate``.
    """

    reviewed: int
    confirmed: int
    rate: float | None
    low: float | None
    high: float | None

    def below(self, bar: float) -> bool:
        """Whether even the upper bound lies below the bar: too often wrong, and not by chance."""
        return self.high is not None and self.high < bar


def precision(confirmed: int, reviewed: int) -> Precision:
    """Counts with their rate and interval, as far as there are enough of them.

    Raises:
        ValueError: If the counts are impossible.
    """
    if not 0 <= confirmed <= reviewed:
        raise ValueError(f"{confirmed} confirmed of {reviewed} reviewed")
    if reviewed < MIN_REVIEWED:
        return Precision(reviewed, confirmed, None, None, None)
    low, high = wilson(confirmed, reviewed)
    return Precision(reviewed, confirmed, confirmed / reviewed, low, high)


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % score interval of Wilson for a share, both bounds in [0, 1].

    Args:
        successes: 0 to ``trials``.
        trials: At least 1.

    Raises:
        ValueError: If the counts are impossible.
    """
    if trials < 1 or not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes of {trials} trials")
    share, z2 = successes / trials, _Z95**2
    middle = share + z2 / (2 * trials)
    spread = _Z95 * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2))
    scale = 1 + z2 / trials
    # At the two ends the bound is the share itself; rounding must not move it past.
    low = 0.0 if successes == 0 else (middle - spread) / scale
    high = 1.0 if successes == trials else (middle + spread) / scale
    return low, high
