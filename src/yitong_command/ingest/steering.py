"""Ball cameras in an operator's hand: one at a time, and back to the round by itself.

There is no way here to follow anything that moves: only speeds a person holds down, and presets.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from yitong_command.domain.camera import View
from yitong_command.errors import IllegalTransition, NotAllowed, NotFound, SourceLost
from yitong_command.ingest.patrol import Patrol
from yitong_command.settings.orders import Order

_log = structlog.get_logger()

IDLE = timedelta(seconds=60)
"""The round goes on by itself when nobody has steered for so long."""
MOVE_S = 1.5
"""A move ends by itself unless it is asked for again: a key may be released unheard."""
CHECK_S = 1.0


@dataclass(frozen=True, slots=True)
class Hold:
    """Who has a ball camera in hand.

    Attributes:
        user: The person.
        name_zh: That person's name in Chinese.
        name_en: That person's name in English.
        since: Since when.
        last: When that person steered last.
    """

    user: str
    name_zh: str
    name_en: str
    since: datetime
    last: datetime

    @property
    def reason(self) -> tuple[str, str]:
        """Why the camera is not judged."""
        return (
            f"巡航已由 {self.name_zh or self.user} 暂停",
            f"patrol paused by {self.name_en or self.user}",
        )

    @property
    def until(self) -> datetime:
        """When the round goes on if nobody steers."""
        return self.last + IDLE


@dataclass(frozen=True, slots=True)
class HeadStatus:
    """How a ball camera's head is.

    Attributes:
        hold: Who has it in hand, or None on its round.
        view_id: The view where it stands, or None.
        lost: Whether it did not answer.
    """

    hold: Hold | None
    view_id: str | None
    lost: bool


class Steering:
    """Obeys the orders of operators.

    Args:
        patrols: By camera; cameras come and go.
        clock: The current time, aware UTC.
    """

    def __init__(self, patrols: Mapping[str, Patrol], clock: Callable[[], datetime]) -> None:
        self._patrols = patrols
        self._clock = clock
        self._holds: dict[str, Hold] = {}
        self._turns: dict[str, asyncio.Task[None]] = {}

    def status(self, camera_id: str) -> HeadStatus:
        """How a camera's head is.

        Raises:
            NotFound: If it is no ball camera of this worker.
        """
        patrol = self._patrol(camera_id)
        return HeadStatus(self._holds.get(camera_id), patrol.view_id, patrol.lost)

    async def obey(self, order: Order) -> HeadStatus:
        """Take, move, stop, go to a preset, or let go.

        Raises:
            NotFound: If there is no such ball camera or view.
            NotAllowed: If somebody else has it in hand.
            IllegalTransition: If the action is none of these.
            SourceLost: If the camera does not answer.
        """
        patrol = self._patrol(order.camera_id)
        if order.action == "resume":
            await self._let_go(order)
            return self.status(order.camera_id)
        action = _ACTIONS.get(order.action)
        if action is None:
            raise IllegalTransition(f"没有这个操作 {order.action}", f"no action {order.action}")
        self._take(order, patrol)
        await action(self, patrol, order)
        return self.status(order.camera_id)

    async def stand(self, order: Order) -> datetime:
        """Go to a view for somebody and stay; returns when it stood there.

        Raises:
            NotFound: If there is no such ball camera or view.
            NotAllowed: If somebody else has it in hand.
            SourceLost: If the camera does not answer or does not arrive.
        """
        patrol = self._patrol(order.camera_id)
        view = _view(patrol, order.view_id)
        self._take(order, patrol)
        self._end_turn(order.camera_id)
        return await patrol.go(view)

    def keep(self, camera_id: str) -> None:
        """Count as steered now, while a picture is waited for."""
        hold = self._holds.get(camera_id)
        if hold is not None:
            self._holds[camera_id] = replace(hold, last=self._clock())

    async def run(self) -> None:
        """Let cameras go that nobody has steered for a while, until cancelled."""
        while True:
            await asyncio.sleep(CHECK_S)
            now = self._clock()
            for camera_id, hold in tuple(self._holds.items()):
                if now >= hold.until or camera_id not in self._patrols:
                    self._release(camera_id)
                    _log.info("patrol_resumes", camera_id=camera_id, user=hold.user)

    def _take(self, order: Order, patrol: Patrol) -> None:
        now = self._clock()
        hold = self._holds.get(order.camera_id)
        if hold is not None and hold.user != order.user and now < hold.until:
            raise NotAllowed(
                f"{hold.name_zh or hold.user} 正在操作这台球机",
                f"{hold.name_en or hold.user} has this camera in hand",
            )
        if hold is None or hold.user != order.user:
            hold = Hold(order.user, order.name_zh, order.name_en, now, now)
            patrol.hold(hold.reason)
            _log.info("patrol_paused", camera_id=order.camera_id, user=order.user)
        self._holds[order.camera_id] = replace(hold, last=now)

    async def _let_go(self, order: Order) -> None:
        hold = self._holds.get(order.camera_id)
        if hold is None:
            return
        if hold.user != order.user and self._clock() < hold.until:
            raise NotAllowed(
                f"{hold.name_zh or hold.user} 正在操作这台球机",
                f"{hold.name_en or hold.user} has this camera in hand",
            )
        with contextlib.suppress(SourceLost):
            await self._patrol(order.camera_id).ball.stop()
        self._release(order.camera_id)

    def _release(self, camera_id: str) -> None:
        self._holds.pop(camera_id, None)
        self._end_turn(camera_id)
        patrol = self._patrols.get(camera_id)
        if patrol is not None:
            patrol.resume()

    async def _move(self, patrol: Patrol, order: Order) -> None:
        patrol.leave()
        self._end_turn(order.camera_id)
        await patrol.ball.move(order.pan, order.tilt, order.zoom, MOVE_S)

    async def _stop(self, patrol: Patrol, order: Order) -> None:
        await patrol.ball.stop()

    async def _preset(self, patrol: Patrol, order: Order) -> None:
        view = _view(patrol, order.view_id)
        self._end_turn(order.camera_id)
        patrol.leave()
        await patrol.ball.goto_preset(view.preset or view.view_id)
        task = asyncio.create_task(_settle(patrol, view))
        self._turns[order.camera_id] = task

    async def _nothing(self, patrol: Patrol, order: Order) -> None:
        """Taking it in hand is all."""

    def _end_turn(self, camera_id: str) -> None:
        task = self._turns.pop(camera_id, None)
        if task is not None and not task.done():
            task.cancel()

    def _patrol(self, camera_id: str) -> Patrol:
        patrol = self._patrols.get(camera_id)
        if patrol is None:
            raise NotFound(
                f"本进程没有球机 {camera_id}", f"this worker has no ball camera {camera_id}"
            )
        return patrol


async def _settle(patrol: Patrol, view: View) -> None:
    """Where it is steered to a preset and stands there, the view is judged again."""
    with contextlib.suppress(SourceLost):
        await patrol.arrive(view)


def _view(patrol: Patrol, view_id: str) -> View:
    found = next((view for view in patrol.camera.views if view.view_id == view_id), None)
    if found is None:
        raise NotFound(f"没有预置位 {view_id}", f"there is no preset {view_id!r}")
    return found


_ACTIONS: dict[str, Callable[[Steering, Patrol, Order], Awaitable[None]]] = {
    "take": Steering._nothing,  # noqa: SLF001 - a table of its own methods
    "move": Steering._move,  # noqa: SLF001
    "stop": Steering._stop,  # noqa: SLF001
    "preset": Steering._preset,  # noqa: SLF001
}
