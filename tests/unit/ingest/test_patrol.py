"""A ball camera's round, in simulated time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest

from yitong_command.domain.camera import Camera, CameraKind, View
from yitong_command.errors import SourceLost
from yitong_command.ingest import patrol as module
from yitong_command.ingest.patrol import Patrol

VIEWS = tuple(View(name, preset=f"token-{name}", stay_s=0.12) for name in ("left", "right"))


class Ball:
    """Turns for a while after each order."""

    def __init__(self, turn_s: float = 0.06) -> None:
        self.turn_s = turn_s
        self.idle_at = datetime.min.replace(tzinfo=UTC)
        self.orders: list[str] = []
        self.lost = False
        self.pushed = False

    async def goto_preset(self, token: str) -> None:
        if self.lost:
            raise SourceLost("ball camera: gone")
        self.orders.append(token)
        self.pushed = False
        self.idle_at = now() + timedelta(seconds=self.turn_s)

    async def is_moving(self) -> bool:
        if self.lost:
            raise SourceLost("ball camera: gone")
        return self.pushed or now() < self.idle_at


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POLL_S", 0.01)
    monkeypatch.setattr(module, "STANDING_POLL_S", 0.01)
    monkeypatch.setattr(module, "SETTLE_S", 0.03)
    monkeypatch.setattr(module, "FIRST_WAIT_S", 0.02)


@contextlib.asynccontextmanager
async def patrolling(camera: Camera, ball: Ball) -> AsyncIterator[Patrol]:
    patrol = Patrol(replace(camera, kind=CameraKind.BALL, views=VIEWS), ball, now)
    task = asyncio.create_task(patrol.run())
    try:
        yield patrol
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def watched(patrol: Patrol, ball: Ball, for_s: float) -> list[tuple[str | None, bool]]:
    """View and whether the camera turned, every few milliseconds."""
    seen = []
    end = now() + timedelta(seconds=for_s)
    while now() < end:
        seen.append((patrol.view_at(now()), await ball.is_moving()))
        await asyncio.sleep(0.004)
    return seen


async def test_it_goes_round_and_says_no_view_while_it_turns(camera: Camera) -> None:
    ball = Ball()
    async with patrolling(camera, ball) as patrol:
        seen = await watched(patrol, ball, 0.8)
    assert ball.orders[:3] == ["token-left", "token-right", "token-left"]
    assert {view for view, _ in seen} == {None, "left", "right"}
    assert not any(turning for view, turning in seen if view is not None)


async def test_a_picture_from_before_the_arrival_shows_no_view(
    camera: Camera, kit: ModuleType
) -> None:
    ball = Ball()
    async with patrolling(camera, ball) as patrol:
        async with asyncio.timeout(2):
            while patrol.view_at(now()) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.002)
        assert patrol.view_at(now() - timedelta(seconds=1)) is None


async def test_somebody_elses_turn_ends_the_visit(camera: Camera) -> None:
    ball = Ball()
    async with patrolling(camera, ball) as patrol:
        async with asyncio.timeout(2):
            while patrol.view_at(now()) != "left":  # noqa: ASYNC110
                await asyncio.sleep(0.002)
        ball.pushed = True
        await asyncio.sleep(0.05)
        assert ball.orders == ["token-left", "token-right"]


async def test_a_camera_that_does_not_answer_has_no_view_and_is_asked_again(
    camera: Camera,
) -> None:
    ball = Ball()
    async with patrolling(camera, ball) as patrol:
        async with asyncio.timeout(2):
            while patrol.view_at(now()) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.002)
        ball.lost = True
        await asyncio.sleep(0.1)
        assert patrol.view_at(now()) is None
        assert "gone" in patrol.reason[1]
        ball.lost = False
        async with asyncio.timeout(2):
            while patrol.view_at(now()) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.002)
