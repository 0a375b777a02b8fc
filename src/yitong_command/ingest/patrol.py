"""Ball cameras: from preset to preset, and nothing is judged on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import structlog

from yitong_command.domain.camera import Camera, View
from yitong_command.errors import SourceLost

_log = structlog.get_logger()

POLL_S = 0.5
SETTLE_S = 1.0
ARRIVE_WITHIN_S = 30.0
FIRST_WAIT_S, LONGEST_WAIT_S = 2.0, 60.0

MOVING = ("云台转动中，不作判断", "moving: not judged")


class Ball(Protocol):
    """What a patrol needs of a ball camera."""

    async def goto_preset(self, token: str) -> None:
        """Start turning to a preset; SourceLost if the camera does not answer."""
        ...

    async def is_moving(self) -> bool:
        """Whether it turns now; SourceLost if the camera does not answer."""
        ...


class Patrol:
    """One ball camera's round.

    Args:
        camera: The camera.
        ball: Its movements.
        clock: The current time, aware UTC.
    """

    def __init__(self, camera: Camera, ball: Ball, clock: Callable[[], datetime]) -> None:
        self._camera = camera
        self._ball = ball
        self._clock = clock
        self._view: View | None = None
        self._arrived_at: datetime | None = None
        self.reason = MOVING

    def view_at(self, captured_at: datetime) -> str | None:
        """The view that a picture shows, or None if the camera was moving or is lost.

        Args:
            captured_at: When the picture came.
        """
        if self._view is None or self._arrived_at is None or captured_at < self._arrived_at:
            return None
        return self._view.view_id

    async def run(self) -> None:
        """Go round until cancelled; a camera that does not answer is asked again later."""
        wait_s = FIRST_WAIT_S
        try:
            while True:
                for view in self._camera.views:
                    try:
                        await self._visit(view)
                        wait_s = FIRST_WAIT_S
                    except SourceLost as exc:
                        self._view = None
                        self.reason = ("云台没有应答，不作判断", f"no answer from the head: {exc}")
                        _log.warning(
                            "patrol_lost", camera_id=self._camera.camera_id, detail=str(exc)
                        )
                        await asyncio.sleep(wait_s)
                        wait_s = min(wait_s * 2, LONGEST_WAIT_S)
        finally:
            self._view = None  # nobody knows any more where it looks

    async def _visit(self, view: View) -> None:
        self._view = None
        self.reason = MOVING
        await self._ball.goto_preset(view.preset or view.view_id)
        await self._arrive(view)
        # Durations run on the loop's clock: the wall clock may be set while we wait.
        now_s = asyncio.get_running_loop().time
        leave_s = now_s() + view.stay_s
        while now_s() < leave_s:
            await asyncio.sleep(min(POLL_S, max(0.0, leave_s - now_s())))
            if await self._ball.is_moving():  # somebody else turns it: this is not the view
                return

    async def _arrive(self, view: View) -> None:
        """Wait until it stands, before and after settling: some heads are slow to start."""
        now_s = asyncio.get_running_loop().time
        deadline_s = now_s() + ARRIVE_WITHIN_S
        wait_s = POLL_S
        settled = False
        while not settled:
            await asyncio.sleep(wait_s)
            moving = await self._ball.is_moving()
            if moving and now_s() > deadline_s:
                raise SourceLost(f"{self._camera.camera_id}: still moving to {view.view_id}")
            settled = not moving and wait_s == SETTLE_S
            wait_s = POLL_S if moving else SETTLE_S
        self._arrived_at = self._clock()
        self._view = view
