"""Keeps the worker's loops alive: what nobody expected is logged and the loop starts again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from yitong_command.ingest import metrics
from yitong_command.ingest.health import Health

_log = structlog.get_logger()

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
CALM_S = 60.0


async def supervise(name: str, run: Callable[[], Awaitable[None]], health: Health) -> None:
    """Run a loop for ever; when it fails, say so, wait and run it again.

    Args:
        name: Of the loop, in log, metrics and health.
        run: The loop.
        health: Told when it failed and when it runs again.
    """
    wait_s = FIRST_WAIT_S
    clock = asyncio.get_running_loop()
    while True:
        started_s = clock.time()
        try:
            await run()
        except Exception as exc:  # noqa: BLE001 - the supervisor is where unknown failures end
            metrics.SUPERVISED.labels(name).inc()
            health.say(name, False, f"{type(exc).__name__}: {exc}")
            _log.exception("loop_failed", loop=name)
            if clock.time() - started_s > CALM_S:
                wait_s = FIRST_WAIT_S
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)
            health.say(name, True, "restarted")
        else:
            return


async def guard(name: str, work: Awaitable[None], on_failure: Callable[[str], None]) -> None:
    """Do one piece of work; what nobody expected is logged, counted and told, and ends here.

    Args:
        name: Of the work, in log and metrics.
        work: The work.
        on_failure: Called with what happened, in words.
    """
    try:
        await work
    except Exception as exc:  # noqa: BLE001 - the supervisor is where unknown failures end
        metrics.SUPERVISED.labels(name).inc()
        _log.exception("work_failed", work=name)
        on_failure(f"{type(exc).__name__}: {exc}")
