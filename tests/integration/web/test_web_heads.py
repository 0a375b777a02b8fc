"""Steering through the web part: sealed, exclusive, audited, for the desk only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy import select

from yitong_command.bus.messages import CameraStateMessage
from yitong_command.domain.camera import CameraState
from yitong_command.settings.orders import Order, OrderBook
from yitong_command.settings.secrets import find_vault
from yitong_command.storage import camera_health
from yitong_command.storage import tables as t
from yitong_command.storage.session import transaction

from .conftest import World

HEAD = {
    "holder": "desk", "holder_name_zh": "desk-中文", "holder_name_en": "Desk",
    "since": "2026-11-23T02:00:00+00:00", "resumes_at": "2026-11-23T02:01:00+00:00",
    "view_id": None, "lost": False,
}  # fmt: skip


class Worker:
    """The worker's side: opens what it gets, and answers what it is told to."""

    def __init__(self, world: World) -> None:
        self.orders: list[Order] = []
        self.answer: tuple[int, Any] = (200, HEAD)
        book = OrderBook(lambda: find_vault(world.settings.key_file))
        self.app = FastAPI()

        @self.app.get("/cameras/{camera_id}/head")
        async def status(camera_id: str) -> JSONResponse:
            return JSONResponse(self.answer[1], self.answer[0])

        @self.app.post("/cameras/{camera_id}/head")
        async def obey(camera_id: str, request: Request) -> JSONResponse:
            sealed = (await request.body()).decode()
            assert "desk" not in sealed
            self.orders.append(book.open(sealed, camera_id, world.now))
            return JSONResponse(self.answer[1], self.answer[0])


@pytest.fixture
async def worker(world: World) -> AsyncIterator[Worker]:
    made = Worker(world)
    server = uvicorn.Server(uvicorn.Config(made.app, port=0, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    for offset, camera_id in enumerate(("ball-001", "cam-001")):
        state = CameraStateMessage(
            camera_id=camera_id, state=CameraState.LIVE, since=world.now, at=world.now,
            worker="w1", worker_url=f"http://127.0.0.1:{port}",
        )  # fmt: skip
        world.web.feed.cameras.take("camera-states-0", offset, state)
    yield made
    server.should_exit = True
    await serving


async def test_an_order_of_the_desk_reaches_the_worker_sealed_and_is_audited(
    world: World, worker: Worker
) -> None:
    client = await world.client("desk")
    answer = await client.post("/api/cameras/ball-001/head", json={"action": "move", "pan": -0.5})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["holder"], answer.json()["mine"]) == ("desk", True)
    [order] = worker.orders
    assert (order.user, order.name_zh, order.action, order.pan, order.at) == (
        "desk", "desk-中文", "move", -0.5, world.now,
    )  # fmt: skip
    other = await (await world.client("desk2")).get("/api/cameras/ball-001/head")
    assert (other.json()["holder_name_zh"], other.json()["mine"]) == ("desk-中文", False)
    async with transaction(world.web.readers) as session:
        query = select(t.audit).where(t.audit.c.object == "ball-001")
        [line] = (await session.execute(query)).mappings()
    assert (line["actor"], line["role"], line["action"], line["detail"]) == (
        "desk", "operator", "camera_move", {"pan": -0.5},
    )  # fmt: skip


async def test_a_proof_and_a_new_reference_are_asked_for_by_view(
    world: World, worker: Worker
) -> None:
    client = await world.client("admin")
    proof = {"view_id": "centre", "sha256": "a" * 64, "captured_at": "2026-11-23T02:00:05+00:00",
             "width": 960, "height": 540}  # fmt: skip
    worker.answer = (200, proof)
    answer = await client.post("/api/cameras/ball-001/proof", json={"view_id": "centre"})
    assert answer.json()["sha256"] == "a" * 64
    worker.answer = (200, {"view_id": "main"})
    answer = await client.post("/api/cameras/cam-001/reference", json={"view_id": "main"})
    assert answer.status_code == 200
    assert [(o.action, o.view_id, o.user) for o in worker.orders] == [
        ("proof", "centre", "admin"), ("relearn", "main", "admin"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "code"), [(403, "not_allowed"), (404, "not_found"), (503, "camera_blind")]
)
async def test_what_the_worker_refuses_is_said_in_its_words(
    world: World, worker: Worker, status: int, code: str
) -> None:
    worker.answer = (status, {"code": "x", "detail": "李四正在操作 / Li has it in hand"})
    client = await world.client("desk")
    answer = await client.post("/api/cameras/ball-001/head", json={"action": "take"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (answer.json()["detail_zh"], answer.json()["detail_en"]) == (
        "李四正在操作", "Li has it in hand",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("camera_id", "body", "status"),
    [
        ("ball-001", {"action": "follow"}, 422),
        ("ball-001", {"action": "proof"}, 422),
        ("ball-001", {"action": "move", "pan": 2}, 422),
        ("ball-001", {"action": "take", "user": "desk2"}, 422),
        ("cam-001", {"action": "take"}, 404),
        ("cam-999", {"action": "take"}, 404),
    ],
)
async def test_there_is_no_order_to_follow_and_none_for_somebody_else(
    world: World, worker: Worker, camera_id: str, body: dict[str, Any], status: int
) -> None:
    client = await world.client("desk")
    answer = await client.post(f"/api/cameras/{camera_id}/head", json=body)
    assert answer.status_code == status
    assert worker.orders == []


async def test_a_worker_may_not_steer_and_a_silent_one_is_said(
    world: World, worker: Worker
) -> None:
    answer = await (await world.client("worker1")).post(
        "/api/cameras/ball-001/head", json={"action": "take"}
    )
    assert answer.status_code == 403
    assert worker.orders == []
    worker.answer = (200, ["no", "head"])
    client = await world.client("desk")
    answer = await client.get("/api/cameras/ball-001/head")
    assert answer.status_code == 503


async def test_health_answers_have_denominators(world: World) -> None:
    def said(state: CameraState, minutes: int) -> camera_health.CameraSaid:
        at = world.now - timedelta(minutes=minutes)
        return camera_health.CameraSaid(camera_id="cam-001", state=state, since=at, at=at)

    words = [said(CameraState.LIVE, 60), said(CameraState.OFF, 40), said(CameraState.LIVE, 25)]
    async with transaction(world.web.sessions) as session:
        await camera_health.take_states(session, words)
    client = await world.client("desk")
    blind = (await client.get("/api/cameras/cam-001/blind")).json()
    assert (blind["observed_s"], blind["blind_s"], blind["availability"]) == (3600, 900, 0.75)
    assert [item["state"] for item in blind["items"]] == ["off"]
    half = {"from": (world.now - timedelta(minutes=30)).isoformat()}
    assert (await client.get("/api/cameras/cam-001/blind", params=half)).json()["blind_s"] == 300
    sums = (await client.get("/api/cameras/availability?days=2")).json()
    assert (sums["total"]["observed_s"], sums["total"]["blind_s"]) == (3600, 900)
    assert sums["total"]["cameras"] == 1
    never = next(item for item in sums["cameras"] if item["camera_id"] == "cam-002")
    assert (never["availability"], never["observed_s"]) == (None, 0)
    assert sum(item["observed_s"] for item in sums["townships"]) == 3600
    assert (await client.get("/api/cameras/faults")).json() == {"items": []}
