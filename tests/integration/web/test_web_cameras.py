"""Cameras: configuration, states, and pictures through the ingest worker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from yitong_command.bus.messages import CameraStateMessage
from yitong_command.bus.topics import CAMERA_STATES
from yitong_command.bus.wire import encode
from yitong_command.web.app import create_app

JPEG = b"\xff\xd8\xff\xe0 a picture"
LOOK = {
    "camera_id": "cam-001", "view_id": "main", "at": "2026-11-23T02:00:00+00:00", "judged": True,
    "reason": "",
    "boxes": [{"label": "car", "score": 0.9, "box": [0.1, 0.2, 0.3, 0.4], "track_id": "7"}],
    "covers": [{"zone_id": "cover-1", "state": "missing"}],
}  # fmt: skip


def heard(world: Any, state: str = "live", worker_url: str = "http://worker") -> None:
    """A worker reported cam-001."""
    body = {
        "camera_id": "cam-001", "state": state, "since": world.now, "at": world.now,
        "reason_zh": "原因", "reason_en": "reason", "worker": "worker-1", "worker_url": worker_url,
        "looks": 7,
    }  # fmt: skip
    offset = world.web.feed.ring.vector.get("camera-states-0", -1) + 1
    value = encode(CameraStateMessage.model_validate(body))
    world.web.feed.take(CAMERA_STATES, 0, offset, value, 0)


@asynccontextmanager
async def desk_with(world: Any, worker: Any) -> AsyncIterator[httpx.AsyncClient]:
    """The desk of a service whose ingest worker answers like ``worker``."""
    async with httpx.AsyncClient(transport=httpx.MockTransport(worker), timeout=2) as http:
        world.app = create_app(world.settings, replace(world.web, http=http))
        yield await world.client("desk")


async def test_all_cameras_are_listed_with_views_zones_and_state(world: Any) -> None:
    heard(world)
    desk = await world.client("desk")
    items = {item["camera_id"]: item for item in (await desk.get("/api/cameras")).json()["items"]}
    assert set(items) == set(world.web.cameras)
    first = items["cam-001"]
    assert first["zones"][0]["polygon"][0] == list(world.web.cameras["cam-001"].zones[0].polygon[0])
    assert first["state"]["state"] == "live"
    assert first["state"]["looks"] == 7
    assert items["cam-002"]["state"]["state"] == "off"
    assert items["cam-002"]["state"]["at"] is None
    assert items["cam-002"]["state"]["reason_zh"]
    assert len(items["ball-001"]["views"]) == 3


async def test_a_silent_worker_is_not_a_live_camera(world: Any) -> None:
    heard(world)
    world.time.now += timedelta(minutes=3)
    desk = await world.client("desk")
    items = {item["camera_id"]: item for item in (await desk.get("/api/cameras")).json()["items"]}
    assert items["cam-001"]["state"]["state"] == "off"
    assert "worker-1" in items["cam-001"]["state"]["reason_en"]
    assert (await desk.get("/api/stats")).json()["cameras"]["live"] == 0


async def test_a_picture_comes_through_and_is_not_sent_twice(world: Any) -> None:
    heard(world)

    def worker(request: httpx.Request) -> httpx.Response:
        assert str(request.url) == "http://worker/cameras/cam-001/picture.jpg?width=640"
        headers = {"content-type": "image/jpeg", "x-captured-at": "2026-11-23T02:00:00+00:00"}
        return httpx.Response(200, content=JPEG, headers=headers)

    async with desk_with(world, worker) as desk:
        url = "/api/cameras/cam-001/picture.jpg?width=640"
        first = await desk.get(url)
        assert (first.status_code, first.content) == (200, JPEG)
        assert first.headers["x-captured-at"] == "2026-11-23T02:00:00+00:00"
        assert "no-cache" in first.headers["cache-control"]
        again = await desk.get(url, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("width", ["20", "5000", "wide"])
async def test_a_width_out_of_range_is_refused(world: Any, width: str) -> None:
    desk = await world.client("desk")
    answer = await desk.get(f"/api/cameras/cam-001/picture.jpg?width={width}")
    assert (answer.status_code, answer.json()["field"]) == (422, "width")


async def test_a_look_comes_through(world: Any) -> None:
    heard(world)
    async with desk_with(world, lambda _: httpx.Response(200, json=LOOK)) as desk:
        body = (await desk.get("/api/cameras/cam-001/look")).json()
    assert body["boxes"][0]["box"] == {"x0": 0.1, "y0": 0.2, "x1": 0.3, "y1": 0.4}
    assert body["covers"] == [{"zone_id": "cover-1", "state": "missing", "reason": ""}]


def no_route(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


def too_slow(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("slow", request=request)


BAD_WORKERS = {
    "gone": no_route,
    "slow": too_slow,
    "blind": lambda _: httpx.Response(503, json={"detail": "镜头被遮 / the lens is covered"}),
    "broken": lambda _: httpx.Response(500, content=b"\xff"),
    "not-a-picture": lambda _: httpx.Response(200, content=b"<html>"),
    "huge": lambda _: httpx.Response(200, content=bytes(5_000_000)),
    "list": lambda _: httpx.Response(200, json=[1, 2]),
    "wrong-box": lambda _: httpx.Response(200, json=LOOK | {"boxes": [{"box": [1]}]}),
    "redirect": lambda _: httpx.Response(302, headers={"location": "http://elsewhere/"}),
}


@pytest.mark.parametrize("worker", BAD_WORKERS.values(), ids=BAD_WORKERS.keys())
@pytest.mark.parametrize("what", ["picture.jpg", "look"])
async def test_a_worker_without_an_answer_is_a_503_with_its_reason(
    world: Any, worker: Any, what: str
) -> None:
    heard(world)
    async with desk_with(world, worker) as desk:
        answer = await desk.get(f"/api/cameras/cam-001/{what}")
    assert (answer.status_code, answer.json()["code"]) == (503, "camera_blind")
    assert answer.json()["detail_zh"]
    if worker is BAD_WORKERS["blind"]:
        assert answer.json()["detail_zh"] == "镜头被遮"
        assert answer.json()["detail_en"] == "the lens is covered"


@pytest.mark.parametrize("worker_url", ["", "file:///etc/passwd", "http://[broken"])
async def test_without_a_sensible_worker_address_nothing_is_asked(
    world: Any, worker_url: str
) -> None:
    heard(world, worker_url=worker_url)
    desk = await world.client("desk")
    answer = await desk.get("/api/cameras/cam-001/look")
    assert (answer.status_code, answer.json()["code"]) == (503, "camera_blind")


async def test_a_camera_that_is_not_there_is_a_404(world: Any) -> None:
    desk = await world.client("desk")
    for what in ("picture.jpg", "look"):
        answer = await desk.get(f"/api/cameras/cam-999/{what}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
