"""Entry of ``yitong farm``."""

from __future__ import annotations

import asyncio
import signal

from yitong_command.demo.farm.farm import Farm
from yitong_command.demo.farm.options import FarmOptions

__all__ = ["FarmOptions", "run_farm"]


async def run_farm(options: FarmOptions) -> None:
    """Run the farm until SIGTERM or SIGINT, or until cancelled.

    Raises:
        ConfigError: If the programme is wrong or a port is taken.
        CorruptMedia: If not one camera can be served.
    """
    farm = await asyncio.to_thread(Farm, options)
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    signals = (signal.SIGTERM, signal.SIGINT)
    for number in signals:
        loop.add_signal_handler(number, stopped.set)
    try:
        await farm.start()
        await _until(stopped, farm)
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
        await farm.stop()


async def _until(stopped: asyncio.Event, farm: Farm) -> None:
    waiting = asyncio.create_task(stopped.wait())
    try:
        tasks = {waiting} | ({farm.player} if farm.player else set())
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if farm.player and farm.player.done():
            farm.player.result()
    finally:
        waiting.cancel()
