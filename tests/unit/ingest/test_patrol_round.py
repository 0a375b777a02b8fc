"""The ball camera's whole round in simulated time: what happens on a view is found, and when."""

from __future__ import annotations

import asyncio
import contextlib
import selectors
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from yitong_command.demo.farm.options import FarmOptions
from yitong_command.demo.farm.programme import load_programme
from yitong_command.domain.camera import Camera
from yitong_command.domain.incident import Change
from yitong_command.domain.observation import CoverLook
from yitong_command.ingest.patrol import Patrol
from yitong_command.rules.manhole_cover import MANHOLE_COVER
from yitong_command.rules.replay import Folded, advance
from yitong_command.settings.cameras import load_cameras
from yitong_command.settings.environment import load_settings
from yitong_command.settings.rules import load_rules

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SETTINGS = load_settings({"YITONG_CONFIG": str(Path(__file__).parents[3] / "config")})
TURN_S = 2.0
KEYFRAME_S = 1.0
PLAYS_S = next(
    entry.play_at_s or 0.0
    for entry in load_programme(FarmOptions().programme)
    if entry.id == "ball-001"
)
"""When its event plays, after the programme's start."""


class _NoWaiting(selectors.DefaultSelector):
    """Time jumps to whatever is due next."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now_s += timeout or 0.0
        return super().select(0)


class SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop whose hours take milliseconds."""

    def __init__(self) -> None:
        self._jump = _NoWaiting()
        super().__init__(self._jump)

    def time(self) -> float:
        return self._jump.now_s


@dataclass
class Head:
    """A ball camera that starts turning some time after the order."""

    lag_s: float
    shows: str = "left"
    turns_s: float = 0.0
    stands_s: float = 0.0
    before: str = "left"

    async def goto_preset(self, token: str) -> None:
        if token != self.shows:
            self.before, self.shows = self.shows, token
            self.turns_s = _now_s() + self.lag_s
            self.stands_s = self.turns_s + TURN_S

    async def is_moving(self) -> bool:
        return self.turns_s <= _now_s() < self.stands_s

    def picture(self) -> str | None:
        """The view that is really to be seen now, None on the way."""
        now_s = _now_s()
        if now_s < self.turns_s:
            return self.before
        return self.shows if now_s >= self.stands_s else None


@dataclass
class Story:
    """The centre's cover goes missing at a time; what the rule makes of the looks."""

    camera: Camera
    event_s: float
    lag_s: float = 0.0
    jump: Callable[[float], float] = lambda _: 0.0
    wrong: int = 0
    judged: int = 0
    found_s: float | None = None
    head: Head = field(init=False)

    def run(self, until_s: float) -> Story:
        self.head = Head(self.lag_s)
        with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
            runner.run(self._play(until_s))
        return self

    def _clock(self) -> datetime:
        return START + timedelta(seconds=_now_s() + self.jump(_now_s()))

    async def _play(self, until_s: float) -> None:
        patrol = Patrol(self.camera, self.head, self._clock)
        round_ = asyncio.create_task(patrol.run())
        [zone] = self.camera.zones_of("centre")
        conf, folded = load_rules(SETTINGS).settings_of(zone), Folded()
        while _now_s() < until_s:
            await asyncio.sleep(KEYFRAME_S)
            at, seen = self._clock(), self.head.picture()
            view = patrol.view_at(at)
            self.wrong += view is not None and view != seen
            if view != "centre":
                continue
            self.judged += 1
            state = "missing" if _now_s() >= self.event_s else "ok"
            folded, changes = advance(MANHOLE_COVER, conf, folded, CoverLook(at, state, 0.9))
            if any(change.change is Change.OPENED for change in changes):
                self.found_s = self.found_s or _now_s()
        round_.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await round_


def _now_s() -> float:
    return asyncio.get_running_loop().time()


@pytest.fixture(scope="module")
def ball() -> Iterator[Camera]:
    [camera] = [c for c in load_cameras(SETTINGS) if c.camera_id == "ball-001"]
    yield camera


@pytest.mark.parametrize("lag_s", [0.0, 0.7, 1.2])
def test_what_happens_on_a_view_is_found_whenever_it_happens(ball: Camera, lag_s: float) -> None:
    delays = []
    for step in range(36):
        event_s = PLAYS_S + step * 0.7
        story = Story(ball, event_s, lag_s).run(event_s + 60)
        assert story.wrong == 0, "a look on the way was judged"
        assert story.found_s is not None, f"the event at {event_s} s was never found"
        delays.append(story.found_s - event_s)
    assert min(delays) < 5, "it also happens while the camera looks there"
    assert 15 < max(delays) < 30, "it waits for the camera to come round, once"


def test_the_event_of_the_programme_is_found_within_the_first_minute(ball: Camera) -> None:
    """Wherever on its round the camera is when the programme starts."""
    for step in range(36):
        began_s = 100 + step * 0.7
        story = Story(ball, began_s + PLAYS_S).run(began_s + 60)
        assert story.found_s is not None, f"programme started at {began_s} s"


@pytest.mark.parametrize("at_s", [14.0, 22.0])
def test_a_wall_clock_set_back_does_not_stop_the_round(ball: Camera, at_s: float) -> None:
    def back(now_s: float) -> float:
        return -3600.0 if now_s > at_s else 0.0

    story = Story(ball, 1e9, jump=back).run(240)
    assert story.judged > 40
    assert story.wrong == 0
