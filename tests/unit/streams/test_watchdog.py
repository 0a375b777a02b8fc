"""A worker that has work and does nothing is started anew; a busy or waiting one never is."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from uuid import uuid4

import pytest

from streams.watchdog import Idleness, LagReader, Sight, Watchdog
from tests.kit import AT, incident
from yitong_command.bus.admin import ensure_topics
from yitong_command.bus.messages import IncidentMessage
from yitong_command.bus.producer import Producer
from yitong_command.bus.topics import INCIDENTS


@pytest.mark.parametrize(
    ("sights", "idle_s"),
    [
        ([Sight(5, 1), Sight(9, 1), Sight(20, 1)], 10.0),
        ([Sight(5, 1), Sight(9, 2), Sight(20, 3)], 0.0),  # it takes batches, or waits and tries
        ([Sight(20, 1), Sight(9, 1), Sight(5, 1)], 0.0),  # what lies there becomes less
        ([Sight(0, 1), Sight(0, 1), Sight(0, 1)], 0.0),  # nothing to do
        ([Sight(5, 1), Sight(9, 1), Sight(0, 1)], 0.0),
        ([Sight(0, 1), Sight(5, 1), Sight(5, 1)], 10.0),
    ],
)
def test_idle_is_who_has_work_and_does_nothing(sights: list[Sight], idle_s: float) -> None:
    idleness = Idleness()
    found = [idleness.see(sight, 10.0 * n) for n, sight in enumerate(sights)]
    assert found[-1] == idle_s


async def test_a_stuck_worker_is_started_anew_and_one_without_a_broker_is_not() -> None:
    async def stuck() -> Sight | None:
        return Sight(7, 3)

    async def blind() -> Sight | None:
        return None

    for look, wanted in ((stuck, True), (blind, False)):
        restarted = asyncio.Event()
        task = asyncio.create_task(Watchdog(look, restarted.set, 0.01, 0.05).run())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(restarted.wait(), 0.5)
        task.cancel()
        assert restarted.is_set() is wanted


@pytest.mark.broker
async def test_the_lag_is_what_its_group_has_not_acknowledged(kafka: str) -> None:
    prefix = f"w{uuid4().hex[:8]}"
    await ensure_topics(kafka, prefix)
    parts = [(f"{prefix}.incidents", number) for number in range(INCIDENTS.partitions)]
    reader = LagReader(kafka, f"{prefix}.route", lambda: parts)
    assert await reader.lag() == 0
    producer = Producer(kafka, prefix, "/test")
    for n in range(3):
        message = IncidentMessage.of(incident(minutes=n), "w1")
        await producer.send_all([(INCIDENTS, message, AT)])
    await producer.close()
    sight = await reader.look()
    assert sight is not None
    assert sight.lag == 3
    assert await LagReader("127.0.0.1:9", "g", lambda: parts).look() is None


def test_starting_anew_keeps_the_process_and_its_arguments() -> None:
    code = (
        "import os, sys; from streams.watchdog import start_anew\n"
        "print(os.getpid(), sys.argv[1], flush=True)\n"
        "if os.environ.setdefault('TIMES', '0') == '0':\n"
        "    os.environ['TIMES'] = '1'; start_anew()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "route"], capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}, timeout=60,
    )  # fmt: skip
    first, second = done.stdout.splitlines()
    assert first == second
    assert first.endswith("route")
