"""How long things take and how often they go another way."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from random import Random

from yitong_command.demo.simulation.people import BAD_UNIT, GOOD_UNITS

RETURNED, EXTENDED, SUSPENDED, FORCED = 0.05, 0.014, 0.005, 0.003
REWORKED, REOPENED, MISSED, VERIFIED = 0.015, 0.01, 0.03, 0.06
FALSE_CAMERA, FALSE_OTHER, NOT_THERE, OBJECTED, SPLIT = 0.30, 0.06, 0.2, 0.03, 0.05
LATE_BAD, LATE_GOOD, LATE_ELSE = 0.25, 0.013, 0.06
SATISFIED = {"very": 0.55, "satisfied": 0.35, "fair": 0.06, "not": 0.04}
GRANTED, MERGED, HANDED_OVER, PROTECTED, VIEWED_BY_OTHER = 0.8, 0.85, 0.7, 0.4, 0.02
_HANDLING = {"ar_": (6.0, 1.1), "cp_": (1.4, 1.2), "kp_": (0.5, 0.8), "ps_": (4 / 60, 0.6),
             "ex_dispute": (72.0, 0.8), "ex_request": (6.0, 1.1)}  # fmt: skip
"""Median hours and sigma of a lognormal, by what the category begins with."""


def after(dice: Random, minutes: float, sigma: float = 0.6) -> timedelta:
    """Lognormal about a median."""
    return timedelta(seconds=round(dice.lognormvariate(math.log(minutes * 60), sigma), 3))


def handling(dice: Random, category: str) -> timedelta:
    """How long a matter takes once somebody is there."""
    hours, sigma = next(v for prefix, v in _HANDLING.items() if category.startswith(prefix))
    return after(dice, hours * 60, sigma)


def is_late(dice: Random, role: str) -> bool:
    """Whether this unit lets this case fall overdue."""
    share = LATE_ELSE
    if role == BAD_UNIT:
        share = LATE_BAD
    elif role in GOOD_UNITS:
        share = LATE_GOOD
    return dice.random() < share


def finished(
    dice: Random, category: str, role: str, at: datetime, due_at: datetime | None
) -> datetime:
    """When the one who is there will be done."""
    wanted = at + handling(dice, category)
    if due_at is None:
        return wanted
    if is_late(dice, role):
        return max(at, due_at) + after(dice, 120, 1.0)
    if wanted >= due_at > at:
        return at + (due_at - at) * dice.uniform(0.6, 0.95)
    return wanted if due_at > at else at + after(dice, 20)
