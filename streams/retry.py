"""Trying again what may pass, until it does."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from streams.metrics import RETRIES
from yitong_command.errors import Transient

T = TypeVar("T")
FIRST_S = 0.2
LONGEST_S = 5.0
log = structlog.get_logger()


def back_off(tries: int) -> float:
    """Seconds to wait after this many failures: doubling up to 5, with jitter."""
    longest: float = min(LONGEST_S, FIRST_S * 2 ** min(tries, 10))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, no secret


async def until_done(what: str, action: Callable[[], Awaitable[T]]) -> T:
    """The action's result; whatever passes by itself is waited for, however long.

    Args:
        what: A word for logs and metrics.
        action: Done again from its beginning each time.
    """
    tries = 0
    while True:
        try:
            result = await action()
        except Transient as exc:
            if tries % 10 == 0:
                log.warning("waiting", what=what, reason=str(exc), tries=tries)
            RETRIES.labels(what).inc()
            await asyncio.sleep(back_off(tries))
            tries += 1
            continue
        if tries:
            log.info("going_on", what=what, tries=tries)
        return result
