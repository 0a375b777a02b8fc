"""A live receiver among hundreds of hostile connections: it stays, and keeps nothing of them."""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import psutil

from tests.properties.rtsp.corpus import answers, interleaved, later, stream
from tests.properties.rtsp.hostile import ACTS, Hostile, Visit
from yitong_command.sources.keyframe import SourceState
from yitong_command.sources.rtsp import RtspReceiver
from yitong_command.sources.rtsp.timing import Timing

CAMERAS, VISITS, WITHIN_S = 60, 500, 20.0
TIMING = Timing(
    sweep_s=0.05, answer_s=0.5, silence_s=1.0, no_keyframe_s=2.0, retry_first_s=0.05,
    retry_longest_s=0.1,
)  # fmt: skip


async def honest_camera(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Keyframes ten times a second, as long as the client stays."""
    visit = Visit(reader, writer, 0)
    visit.codec = "h264"
    try:
        await visit.honest(len(answers("h264")))
        for rounds in itertools.count():
            await visit.send(b"".join(interleaved(later(stream("h264"), rounds))))
            await asyncio.sleep(0.1)
    except (OSError, asyncio.IncompleteReadError):
        return
    finally:
        writer.transport.abort()


async def until(condition: Callable[[], bool], within_s: float) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - another thread makes it true
            await asyncio.sleep(0.02)


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


async def test_hundreds_of_hostile_connections_leave_nothing_behind() -> None:
    hostile, process = Hostile(), psutil.Process()
    await hostile.start()
    server = await asyncio.start_server(honest_camera, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    receiver = RtspReceiver(lambda: datetime.now(UTC), TIMING, random.Random(1))
    receiver.start()
    receiver.add("honest", f"rtsp://127.0.0.1:{port}/live")
    await until(lambda: receiver.status("honest").state is SourceState.LIVE, 5.0)
    await asyncio.sleep(0.3)
    gc.collect()
    open_before, threads_before = descriptors(), threading.active_count()
    memory_before = process.memory_info().rss
    for number in range(CAMERAS):
        receiver.add(f"cam-{number}", f"rtsp://127.0.0.1:{hostile.port}/live")
    since, newest, gaps = receiver.status("honest").since, time.monotonic(), [0.0]
    end = time.monotonic() + WITHIN_S
    while hostile.visits < VISITS and time.monotonic() < end:
        if receiver.take("honest") is not None:
            gaps.append(time.monotonic() - newest)
            newest = time.monotonic()
        await asyncio.sleep(0.01)
    statuses = [receiver.status(f"cam-{number}") for number in range(CAMERAS)]
    assert receiver.healthy
    for number in range(CAMERAS):
        receiver.remove(f"cam-{number}")
    await until(lambda: len(receiver._active) == 1, 5.0)
    await until(lambda: descriptors() <= open_before, 8.0)
    gc.collect()
    assert threading.active_count() <= threads_before
    assert process.memory_info().rss - memory_before < 80 * 2**20
    assert receiver.status("honest").since == since, "the honest camera was lost"
    assert max(gaps) < 1.5
    receiver.stop()
    server.close()
    await hostile.stop()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0.05)
    assert hostile.visits >= VISITS
    for name in (*(act.__name__ for act in ACTS), *(f"stage {number}" for number in range(5))):
        assert hostile.done[name] >= 10, (name, hostile.done)
    assert sum(status.keyframes for status in statuses) > 50
    assert len({status.reason_en for status in statuses}) >= 3
