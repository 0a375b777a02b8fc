"""The one loop that gives every camera its pictures in time."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Sequence

from yitong_command.demo.farm.camera import VirtualCamera

SLOT_S = 0.01
_SPREAD = 0.618_033_988_75


async def play_all(cameras: Sequence[VirtualCamera]) -> None:
    """Show pictures until cancelled; pictures due within a few milliseconds share a wake-up.

    The cameras start spread over a second, so their key pictures do not come at once.
    """
    loop = asyncio.get_running_loop()
    start = loop.time()
    queue = [(start + (index * _SPREAD) % 1.0, index) for index in range(len(cameras))]
    heapq.heapify(queue)
    for due, index in queue:
        cameras[index].next_at = due
    while queue:
        now = loop.time()
        while queue[0][0] <= now:
            due, index = queue[0]
            heapq.heapreplace(queue, (due + cameras[index].tick(due, now), index))
        await asyncio.sleep(max(queue[0][0] - loop.time(), SLOT_S))
