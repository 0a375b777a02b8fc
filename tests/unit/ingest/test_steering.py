"""A ball camera in hand: one person at a time, back on its round by itself, sealed orders only."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet

from yitong_command.domain.camera import Camera, CameraKind, View
from yitong_command.errors import ConfigError, IllegalTransition, NotAllowed, NotFound, SourceLost
from yitong_command.ingest import patrol as patrol_module
from yitong_command.ingest import steering as module
from yitong_command.ingest.health import Health
from yitong_command.ingest.http import make_app
from yitong_command.ingest.patrol import Patrol
from yitong_command.ingest.steering import IDLE, Steering
from yitong_command.ingest.views import LastLook, make_memories
from yitong_command.settings.orders import VALID, Order, OrderBook, seal_order
from yitong_command.settings.rules import RuleBook
from yitong_command.settings.secrets import Vault
from yitong_command.sources.decoder import DecoderPool

VIEWS = tuple(View(name, preset=f"token-{name}", stay_s=0.05) for name in ("left", "right"))
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@dataclass
class Ball:
    """A head that obeys at once, and keeps what it was told."""

    told: list[Any] = field(default_factory=list)
    lost: bool = False
    turning: bool = False

    async def goto_preset(self, token: str) -> None:
        self._say(token)

    async def is_moving(self) -> bool:
        if self.lost:
            raise SourceLost("ball camera: gone")
        return self.turning

    async def move(self, pan: float, tilt: float, zoom: float, for_s: float) -> None:
        self._say((pan, tilt, zoom))

    async def stop(self) -> None:
        self._say("stop")

    def _say(self, what: Any) -> None:
        if self.lost:
            raise SourceLost("ball camera: gone")
        self.told.append(what)


@dataclass
class Time:
    now: datetime = NOW

    def read(self) -> datetime:
        return self.now


@dataclass
class Parts:
    steering: Steering
    patrol: Patrol
    ball: Ball
    time: Time

    def order(self, action: str, user: str = "desk", **more: Any) -> Order:
        return Order("cam-1", action, user, "值班员", "Desk", self.time.now, **more)

    async def on_its_round(self) -> None:
        told = len(self.ball.told)
        async with asyncio.timeout(2):
            while len(self.ball.told) < told + 2:  # noqa: ASYNC110
                await asyncio.sleep(0.005)


@pytest.fixture
async def parts(camera: Camera, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Parts]:
    monkeypatch.setattr(patrol_module, "POLL_S", 0.005)
    monkeypatch.setattr(patrol_module, "STANDING_POLL_S", 0.005)
    monkeypatch.setattr(patrol_module, "SETTLE_S", 0.01)
    monkeypatch.setattr(module, "CHECK_S", 0.01)
    time, ball = Time(), Ball()
    patrol = Patrol(replace(camera, kind=CameraKind.BALL, views=VIEWS), ball, time.read)
    steering = Steering({"cam-1": patrol}, time.read)
    tasks = [asyncio.create_task(patrol.run()), asyncio.create_task(steering.run())]
    made = Parts(steering, patrol, ball, time)
    await made.on_its_round()
    yield made
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_the_round_stands_still_while_somebody_steers_and_goes_on_by_itself(
    parts: Parts,
) -> None:
    head = await parts.steering.obey(parts.order("move", pan=0.5))
    assert head.hold is not None
    assert (head.hold.user, head.view_id) == ("desk", None)
    assert parts.patrol.reason == ("巡航已由 值班员 暂停", "patrol paused by Desk")
    assert not parts.patrol.turning
    await asyncio.sleep(0.05)
    told = list(parts.ball.told)
    assert told[-1] == (0.5, 0.0, 0.0)
    await asyncio.sleep(0.1)
    assert parts.ball.told == told
    assert parts.patrol.view_at(parts.time.now) is None
    parts.time.now += IDLE
    await parts.on_its_round()
    assert parts.steering.status("cam-1").hold is None
    assert parts.patrol.turning


async def test_a_second_operator_sees_who_has_it_and_can_not_steer(parts: Parts) -> None:
    await parts.steering.obey(parts.order("take"))
    for action in ("take", "move", "stop", "preset", "resume"):
        with pytest.raises(NotAllowed, match="Desk has this camera in hand"):
            await parts.steering.obey(parts.order(action, "desk2", view_id="left"))
    with pytest.raises(NotAllowed):
        await parts.steering.stand(parts.order("proof", "desk2", view_id="left"))
    await parts.steering.obey(parts.order("resume"))
    head = await parts.steering.obey(parts.order("take", "desk2"))
    assert head.hold is not None
    assert head.hold.user == "desk2"


async def test_every_order_puts_the_end_off(parts: Parts) -> None:
    await parts.steering.obey(parts.order("take"))
    for _ in range(4):
        parts.time.now += IDLE - timedelta(seconds=1)
        await parts.steering.obey(parts.order("move", tilt=-1))
        await asyncio.sleep(0.03)
        assert parts.steering.status("cam-1").hold is not None


async def test_at_a_preset_it_is_judged_again_until_it_is_turned(parts: Parts) -> None:
    await parts.steering.obey(parts.order("preset", view_id="right"))
    async with asyncio.timeout(2):
        while parts.steering.status("cam-1").view_id != "right":  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    assert parts.patrol.view_at(parts.time.now) == "right"
    await parts.steering.obey(parts.order("move", zoom=1))
    assert parts.patrol.view_at(parts.time.now) is None


async def test_letting_go_stops_it_and_resumes_at_once(parts: Parts) -> None:
    await parts.steering.obey(parts.order("move", pan=1))
    head = await parts.steering.obey(parts.order("resume"))
    assert head.hold is None
    assert "stop" in parts.ball.told
    await parts.on_its_round()


async def test_for_a_proof_it_stands_and_a_lost_head_is_said(parts: Parts) -> None:
    assert await parts.steering.stand(parts.order("proof", view_id="left")) == NOW
    assert parts.patrol.view_id == "left"
    parts.ball.lost = True
    with pytest.raises(SourceLost, match="gone"):
        await parts.steering.stand(parts.order("proof", view_id="right"))
    assert parts.patrol.view_id is None


@pytest.mark.parametrize(
    ("action", "view", "camera_id", "error"),
    [
        ("follow", "", "cam-1", IllegalTransition),
        ("preset", "moon", "cam-1", NotFound),
        ("take", "", "cam-9", NotFound),
    ],
)
async def test_what_it_can_not_do_is_refused(
    parts: Parts, action: str, view: str, camera_id: str, error: type[Exception]
) -> None:
    order = replace(parts.order(action, view_id=view), camera_id=camera_id)
    with pytest.raises(error):
        await parts.steering.obey(order)


VAULT = Vault(Fernet.generate_key())


def order_of(at: datetime = NOW) -> Order:
    return Order("ball-1", "move", "desk", "值班员", "Desk", at, pan=-0.5)


def test_an_order_is_what_was_sealed_and_counts_once() -> None:
    book, sealed = OrderBook(lambda: VAULT), seal_order(VAULT, order_of())
    assert "desk" not in sealed
    assert book.open(sealed, "ball-1", NOW + timedelta(seconds=5)) == order_of_id(sealed)
    with pytest.raises(NotAllowed):
        book.open(sealed, "ball-1", NOW + timedelta(seconds=6))


def order_of_id(sealed: str) -> Order:
    return OrderBook(lambda: VAULT).open(sealed, "ball-1", NOW)


@pytest.mark.parametrize(
    ("sealed", "camera_id", "late_s"),
    [
        pytest.param("", "ball-1", 0, id="nothing"),
        pytest.param("plain text", "ball-1", 0, id="not sealed"),
        pytest.param(seal_order(Vault(Fernet.generate_key()), order_of()), "ball-1", 0,
                     id="another key"),
        pytest.param(VAULT.seal_login(("user", "password")), "ball-1", 0, id="a login"),
        pytest.param(VAULT.seal('{"order": {"camera_id": "ball-1"}}'), "ball-1", 0, id="half"),
        pytest.param(seal_order(VAULT, order_of()), "ball-2", 0, id="another camera"),
        pytest.param(seal_order(VAULT, order_of()), "ball-1", VALID.total_seconds() + 1, id="old"),
        pytest.param(seal_order(VAULT, order_of()), "ball-1", -VALID.total_seconds() - 1,
                     id="of the future"),
    ],
)  # fmt: skip
def test_whoever_lacks_the_key_can_not_steer(sealed: str, camera_id: str, late_s: float) -> None:
    with pytest.raises(NotAllowed):
        OrderBook(lambda: VAULT).open(sealed, camera_id, NOW + timedelta(seconds=late_s))


def test_a_worker_without_a_key_says_so() -> None:
    def none() -> Vault:
        raise ConfigError("secret.key", "", "there is no key file")

    with pytest.raises(ConfigError, match="no key file"):
        OrderBook(none).open(seal_order(VAULT, order_of()), "ball-1", NOW)


async def test_cameras_that_come_later_are_shown_while_they_are_steered(parts: Parts) -> None:
    """The worker's HTTP is there before its first camera."""
    patrols: dict[str, Patrol] = {}
    memories = make_memories((parts.patrol.camera,), RuleBook({}, Path("zones.yaml")))
    memories["cam-1", "left"].last = LastLook(NOW, False, ("", ""))
    decoder = DecoderPool(1)
    app = make_app(memories, decoder, Health(), patrols)
    patrols["cam-1"] = parts.patrol
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://w") as client:
        answer = await client.get("/cameras/cam-1/picture.jpg")
        assert "尚无画面" in answer.json()["detail"]
        parts.patrol.shown = LastLook(NOW, False, ("", ""))  # one without its picture
        answer = await client.get("/cameras/cam-1/picture.jpg")
        assert answer.json()["detail"] == "摄像机 cam-1: 没有画面 / no picture"
    decoder.close()
