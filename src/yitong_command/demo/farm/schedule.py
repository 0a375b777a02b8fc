"""The programme's clock: plays and repairs at the times the programme says."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Protocol

import structlog

from yitong_command.demo.farm.programme import CameraEntry
from yitong_command.errors import Refusal

log = structlog.get_logger()


class Director(Protocol):
    """Who carries out what is due."""

    def play(self, camera_id: str) -> None:
        """Let a camera's event happen."""

    def repair(self, camera_id: str) -> None:
        """Put a camera's scene right."""


class Schedule:
    """Runs once, from :meth:`start` on.

    Args:
        entries: The cameras with their times.
        director: Who plays and repairs.
    """

    def __init__(self, entries: Iterable[CameraEntry], director: Director) -> None:
        self._director = director
        self._entries = {entry.id: entry for entry in entries}
        self._queue: list[tuple[float, str, str]] = []
        self._task: asyncio.Task[None] | None = None
        self.started_at: datetime | None = None

    def start(self) -> datetime:
        """Start the clock; a second start changes nothing.

        Returns:
            When it was started.
        """
        if self.started_at is None:
            self.started_at = datetime.now(UTC)
            self._queue = [
                (entry.play_at_s, entry.id, "play")
                for entry in self._entries.values()
                if entry.play_at_s is not None
            ]
            heapq.heapify(self._queue)
            self._task = asyncio.create_task(self._run(), name="farm-schedule")
        return self.started_at

    async def stop(self) -> None:
        """Stop the clock."""
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        while self._queue:
            at, camera_id, action = heapq.heappop(self._queue)
            await asyncio.sleep(max(0.0, start + at - loop.time()))
            self._do(at, camera_id, action)

    def _do(self, at: float, camera_id: str, action: str) -> None:
        entry = self._entries[camera_id]
        try:
            if action == "repair":
                self._director.repair(camera_id)
            else:
                self._director.play(camera_id)
        except Refusal as exc:
            log.warning("farm_programme_refused", camera=camera_id, action=action, reason=exc.en)
        if action == "play":
            if entry.repair_after_s:
                heapq.heappush(self._queue, (at + entry.repair_after_s, camera_id, "repair"))
            if entry.repeat_every_s:
                heapq.heappush(self._queue, (at + entry.repeat_every_s, camera_id, "play"))
