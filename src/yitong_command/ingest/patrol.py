"""Ball cameras: from preset to preset, and nothing is judged on the way or in anybody's hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import structlog

from yitong_command.domain.camera import Camera, View
from yitong_command.errors import SourceLost
from yitong_command.ingest.views import LastLook

_log = structlog.get_logger()

POLL_S, STANDING_POLL_S = 0.5, 1.0
SETTLE_S = 1.0
ARRIVE_WITHIN_S = 30.0
FIRST_WAIT_S, LONGEST_WAIT_S = 2.0, 60.0

MOVING = ("云台转动中，不作判断", "moving: not judged")


class Ball(Protocol):
    """What a patrol, and who steers by hand, need of a ball camera."""

    async def goto_preset(self, token: str) -> None:
        """Start turning to a preset; SourceLost if the camera does not answer."""
        ...

    async def is_moving(self) -> bool:
        """Whether it turns now; SourceLost if the camera does not answer."""
        ...

    async def move(self, pan: float, tilt: float, zoom: float, for_s: float) -> None:
        """Turn at these speeds in [-1, 1]; SourceLost if the camera does not answer."""
        ...

    async def stop(self) -> None:
        """Stand still; SourceLost if the camera does not answer."""
        ...


class Patrol:
    """One ball camera's round.

    Args:
        camera: The camera.
        ball: Its movements.
        clock: The current time, aware UTC.
    """

    def __init__(self, camera: Camera, ball: Ball, clock: Callable[[], datetime]) -> None:
        self.camera = camera
        self.ball = ball
        self._clock = clock
        self._view: View | None = None
        self._arrived_at: datetime | None = None
        self._free = asyncio.Event()
        self._free.set()
        self._lost = False
        self.reason = MOVING
        self.shown: LastLook | None = None
        """The newest masked picture while somebody steers it, since nothing is judged then."""

    @property
    def held(self) -> bool:
        """Whether somebody steers it."""
        return not self._free.is_set()

    @property
    def turning(self) -> bool:
        """Whether it is not judged only because it is on its way to the next view."""
        return self.reason is MOVING

    @property
    def lost(self) -> bool:
        """Whether the head did not answer."""
        return self._lost

    @property
    def view_id(self) -> str | None:
        """The view where it stands, or None on the way or where there is no preset."""
        return self._view.view_id if self._view else None

    def view_at(self, captured_at: datetime) -> str | None:
        """The view that a picture shows, or None if the camera was moving or is lost.

        Args:
            captured_at: When the picture came.
        """
        if self._view is None or self._arrived_at is None or captured_at < self._arrived_at:
            return None
        return self._view.view_id

    def hold(self, reason: tuple[str, str]) -> None:
        """Stop going round, because somebody steers; nothing is judged until it stands at a view.

        Args:
            reason: Who, Chinese and English.
        """
        self._free.clear()
        self._view, self.reason = None, reason

    def resume(self) -> None:
        """Go round again."""
        self._view, self.reason, self.shown = None, MOVING, None
        self._free.set()

    def leave(self) -> None:
        """It is turned by hand: it shows no view any more."""
        self._view = None

    async def go(self, view: View) -> datetime:
        """Go to a view while the round is held; returns when it stood there.

        Raises:
            SourceLost: If the camera does not answer or does not arrive.
        """
        self._view = None
        await self.ball.goto_preset(view.preset or view.view_id)
        return await self.arrive(view)

    async def run(self) -> None:
        """Go round until cancelled; a camera that does not answer is asked again later."""
        wait_s = FIRST_WAIT_S
        try:
            while True:
                for view in self.camera.views:
                    await self._free.wait()
                    try:
                        await self._visit(view)
                        self._lost, wait_s = False, FIRST_WAIT_S
                    except SourceLost as exc:
                        self._lose(exc)
                        await asyncio.sleep(wait_s)
                        wait_s = min(wait_s * 2, LONGEST_WAIT_S)
        finally:
            self._view = None  # nobody knows any more where it looks

    def _lose(self, exc: SourceLost) -> None:
        self._lost = True
        if self._free.is_set():
            self._view = None
            self.reason = ("云台没有应答，不作判断", f"no answer from the head: {exc}")
        _log.warning("patrol_lost", camera_id=self.camera.camera_id, detail=str(exc))

    async def _visit(self, view: View) -> None:
        self._view = None
        self.reason = MOVING
        await self.ball.goto_preset(view.preset or view.view_id)
        await self.arrive(view, lambda: not self._free.is_set())
        # Durations run on the loop's clock: the wall clock may be set while we wait.
        now_s = asyncio.get_running_loop().time
        leave_s = now_s() + view.stay_s
        while now_s() < leave_s and self._free.is_set():
            await asyncio.sleep(min(STANDING_POLL_S, max(0.0, leave_s - now_s())))
            if await self.ball.is_moving():  # somebody else turns it: this is not the view
                return

    async def arrive(self, view: View, give_up: Callable[[], bool] = lambda: False) -> datetime:
        """Wait until it stands, before and after settling: some heads are slow to start.

        Args:
            view: Where it was sent.
            give_up: Whether it need not be waited for any more.

        Raises:
            SourceLost: If the camera does not answer or does not arrive.
        """
        now_s = asyncio.get_running_loop().time
        deadline_s = now_s() + ARRIVE_WITHIN_S
        wait_s = POLL_S
        settled = False
        while not settled:
            await asyncio.sleep(wait_s)
            if give_up():
                return self._clock()
            moving = await self.ball.is_moving()
            if moving and now_s() > deadline_s:
                raise SourceLost(f"{self.camera.camera_id}: still moving to {view.view_id}")
            settled = not moving and wait_s == SETTLE_S
            wait_s = POLL_S if moving else SETTLE_S
        if not give_up():
            self._arrived_at = self._clock()
            self._view = view
        return self._clock()
