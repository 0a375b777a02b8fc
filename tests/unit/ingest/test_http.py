"""The worker's own HTTP: looks, masked pictures, health."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import ModuleType

import cv2
import httpx
import numpy as np
import pytest

from yitong_command.domain.camera import MAIN_VIEW, Camera
from yitong_command.domain.geometry import Box
from yitong_command.domain.observation import Detection, Track
from yitong_command.ingest import metrics
from yitong_command.ingest.health import Health
from yitong_command.ingest.http import make_app
from yitong_command.ingest.looks import CoverSight, Sight
from yitong_command.ingest.views import LastLook, Memories, make_memories
from yitong_command.settings.rules import RuleBook
from yitong_command.sources.decoder import DecoderPool

PERSON = Box(0.5, 0.3, 0.6, 0.8)


@pytest.fixture
def decoder() -> Iterator[DecoderPool]:
    pool = DecoderPool(1)
    yield pool
    pool.close()


@pytest.fixture
def memories(camera: Camera) -> Memories:
    return make_memories((camera,), RuleBook({}, Path("zones.yaml")))


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
async def client(
    memories: Memories, decoder: DecoderPool, health: Health
) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(make_app(memories, decoder, health))
    async with httpx.AsyncClient(transport=transport, base_url="http://worker") as made:
        yield made


def remember(memories: Memories, kit: ModuleType, *, judged: bool = True) -> None:
    memory = memories["cam-1", MAIN_VIEW]
    pixels = kit.street()
    kit.paint(pixels, Box(0.5, 0.3, 0.55, 0.8), (20, 20, 220))
    kit.paint(pixels, Box(0.55, 0.3, 0.6, 0.8), (220, 20, 20))
    sight = Sight(
        (Detection("person", 0.9, PERSON), Detection("car", 0.8, kit.CAR)),
        {"cover": CoverSight("missing", 0.7, kit.COVER)},
    )
    tracks = (Track("t1", "car", 0.8, kit.CAR, kit.at(0)),)
    look = LastLook(kit.at(1), True, ("", ""), tracks, sight, kit.encode(pixels, kit.at(1)))
    memory.shown = look
    memory.last = look if judged else LastLook(kit.at(3), False, ("画面冻结", "frozen"))


async def test_persons_are_unrecognisable_in_every_picture(
    client: httpx.AsyncClient, memories: Memories, kit: ModuleType
) -> None:
    remember(memories, kit)
    answer = await client.get("/cameras/cam-1/picture.jpg")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    picture = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    person = picture[60:140, 162:190].astype(int)
    assert np.abs(np.diff(person, axis=1)).max() < 60


async def test_a_picture_can_be_made_smaller(
    client: httpx.AsyncClient, memories: Memories, kit: ModuleType
) -> None:
    remember(memories, kit)
    answer = await client.get("/cameras/cam-1/picture.jpg?width=80")
    picture = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (45, 80, 3)
    assert (await client.get("/cameras/cam-1/picture.jpg?width=0")).status_code == 422


async def test_a_look_lists_vehicles_and_covers_but_no_persons(
    client: httpx.AsyncClient, memories: Memories, kit: ModuleType
) -> None:
    remember(memories, kit)
    look = (await client.get("/cameras/cam-1/look")).json()
    assert look["judged"] is True
    assert [(box["label"], box["track_id"]) for box in look["boxes"]] == [
        ("car", "t1"), ("manhole_missing", None)
    ]  # fmt: skip
    assert look["covers"] == [{"zone_id": "cover", "state": "missing", "reason": ""}]


async def test_a_look_that_was_not_judged_says_why(
    client: httpx.AsyncClient, memories: Memories, kit: ModuleType
) -> None:
    remember(memories, kit, judged=False)
    look = (await client.get("/cameras/cam-1/look")).json()
    assert (look["judged"], look["reason"], look["boxes"]) == (False, "画面冻结 / frozen", [])


@pytest.mark.parametrize("path", ["look", "picture.jpg"])
@pytest.mark.parametrize("camera_id", ["cam-1", "nobody"])
async def test_a_camera_without_a_picture_is_said(
    client: httpx.AsyncClient, camera_id: str, path: str
) -> None:
    answer = await client.get(f"/cameras/{camera_id}/{path}")
    assert answer.status_code == 503
    assert camera_id in answer.json()["detail"]


async def test_health_fails_while_any_part_does(client: httpx.AsyncClient, health: Health) -> None:
    health.say("kafka", True)
    assert (await client.get("/health/ready")).json()["status"] == "ok"
    health.say("evidence", False, "No space left")
    answer = await client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"]["evidence"] == {"ok": False, "detail": "No space left"}
    assert (await client.get("/health/live")).status_code == 200


async def test_metrics_are_served(client: httpx.AsyncClient) -> None:
    metrics.SPOOL_DEPTH.set(0)
    assert "yitong_ingest_spool_depth_messages" in (await client.get("/metrics")).text
