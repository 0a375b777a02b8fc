"""A real camera farm on a thread of its own, and a receiver in front of it."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from yitong_command.demo.farm.farm import Farm
from yitong_command.demo.farm.faults import Fault
from yitong_command.demo.farm.options import FarmOptions
from yitong_command.sources.keyframe import Keyframe, SourceState
from yitong_command.sources.rtsp import RtspReceiver
from yitong_command.sources.rtsp.timing import Timing

LOGIN = ("viewer", 'p@ss: "word" 密码')
TIMING = Timing(silence_s=1.5, answer_s=3.0, retry_first_s=0.2, retry_longest_s=0.5)


class RunningFarm:
    """A farm on its own thread; by default ``cam-002`` and ``ball-001`` ask for `LOGIN`."""

    def __init__(self, options: FarmOptions | None = None) -> None:
        self.farm = Farm(
            options
            or FarmOptions(
                rtsp_port=0,
                control_port=0,
                onvif_port=0,
                credentials={"cam-002": LOGIN, "ball-001": LOGIN},
                session_timeout_s=2.0,
            )
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.call(self.farm.start())

    def call(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    def fault(self, camera_id: str, fault: str, for_s: float | None = None) -> None:
        async def act() -> None:
            self.farm.set_fault(camera_id, Fault(fault), for_s)

        self.call(act())

    def stop(self) -> None:
        self.call(self.farm.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture(scope="session")
def farm() -> Iterator[RunningFarm]:
    running = RunningFarm()
    yield running
    running.stop()


class Watcher:
    """A receiver, and waiting for what it should do."""

    def __init__(self, timing: Timing = TIMING) -> None:
        self.receiver = RtspReceiver(lambda: datetime.now(UTC), timing, random.Random(1))
        self.receiver.start()

    def keyframe(self, camera_id: str, within_s: float = 8.0) -> Keyframe:
        found: list[Keyframe] = []

        def come() -> bool:
            keyframe = self.receiver.take(camera_id)
            if keyframe is not None:
                found.append(keyframe)
            return bool(found)

        self.until(come, f"a keyframe of {camera_id}", within_s)
        return found[0]

    def state(self, camera_id: str, state: SourceState, within_s: float = 8.0) -> None:
        self.until(
            lambda: self.receiver.status(camera_id).state is state,
            f"{camera_id} to be {state.value}",
            within_s,
        )

    def until(self, true: Callable[[], bool], what: str, within_s: float = 8.0) -> None:
        end_s = time.monotonic() + within_s
        while not true():
            assert time.monotonic() < end_s, f"waited {within_s} s for {what}"
            time.sleep(0.02)


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    watching = Watcher()
    yield watching
    watching.receiver.stop()
