"""The public page and workers' reports: receipt, masked photo, limits, nothing personal sent on."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import cv2
import httpx
import numpy as np
from sqlalchemy import select

from tests.integration.web.conftest import World
from yitong_command.bus.report_messages import ReportMessage
from yitong_command.settings.secrets import make_vault
from yitong_command.storage import tables as t
from yitong_command.storage.session import transaction
from yitong_command.web.reports.service import receipt_number

HERE = {"lon": "125.3012", "lat": "43.3461"}


def form(**more: str) -> dict[str, str]:
    return {
        "draft_id": str(uuid4()), "category": "ar_manhole.missing_shifted", "text": "井盖不见了",
        **HERE, **more,
    }  # fmt: skip


def photo_with_exif() -> bytes:
    """A picture whose EXIF names a device and a place."""
    pixels = np.random.default_rng(7).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    done, jpeg = cv2.imencode(".jpg", pixels)
    assert done
    exif = b"Exif\x00\x00" + b"SecretPhone GPS 125.30120 43.34610"
    segment = b"\xff\xe1" + (len(exif) + 2).to_bytes(2) + exif
    return bytes(jpeg.tobytes()[:2] + segment + jpeg.tobytes()[2:])


async def send(client: httpx.AsyncClient, data: dict[str, str], **more: Any) -> httpx.Response:
    return await client.post("/api/public/reports", data=data, **more)


async def messages(world: World) -> list[ReportMessage]:
    async with transaction(world.web.readers) as session:
        query = select(t.outbox.c.payload).where(t.outbox.c.topic == "reports")
        payloads = (await session.execute(query.order_by(t.outbox.c.id))).scalars().all()
    return [ReportMessage.model_validate(payload) for payload in payloads]


async def test_anybody_reports_without_an_account_and_asks_by_receipt(world: World) -> None:
    client = await world.client()
    data = form(phone="13800138000", text="井盖不见了, 打 13900139000")
    answer = await send(client, data, files={"photo": ("a.jpg", photo_with_exif(), "image/jpeg")})
    assert answer.status_code == 201, answer.text
    number = answer.json()["receipt"]
    again = await send(client, data)
    assert (again.status_code, again.json()["receipt"]) == (201, number)
    (message,) = await messages(world)
    assert (message.platform, message.external_id, message.source) == (
        "citizen", number, "resident_wechat",
    )  # fmt: skip
    assert message.place is not None
    assert message.place.crs == "CGCS2000"
    assert message.has_contact
    assert "13900139000" not in message.text
    (picture,) = message.evidence
    stored = world.web.evidence.get(picture.sha256)
    assert b"Exif" not in stored
    assert b"Secret" not in stored
    assert (picture.width, picture.height, picture.masked) == (320, 240, True)
    async with transaction(world.web.readers) as session:
        private = await session.scalar(select(t.reports.c.private))
    opened = json.loads(make_vault(world.settings.key_file).open(str(private)))
    assert opened["contact"] == ["13800138000", "13900139000"]
    asked = await client.get(f"/api/public/reports/{number.lower().replace('-', '')}")
    assert asked.json()["state"] == "received"
    assert set(asked.json()) == {"receipt", "state", "state_zh", "state_en", "received_at"}
    assert (await client.get("/api/public/reports/AAAAA-AAAAA")).status_code == 404


async def test_the_place_comes_from_the_qr_code_or_the_map(world: World) -> None:
    client = await world.client()
    found = (await client.get("/api/public/reports/form?spot=demo-square")).json()
    assert found["spot"]["name_zh"] == "示例广场"
    assert len(found["choices"]) > 10
    assert len(found["outlines"]) == len(world.web.county.grids)
    data = form(spot="demo-square")
    del data["lon"], data["lat"]
    assert (await send(client, data)).status_code == 201
    assert (await send(client, form(spot="demo-square", lon="125.31"))).status_code == 201
    by_code, by_map = await messages(world)
    assert by_code.place is not None
    assert by_map.place is not None
    assert (by_code.place.lon, by_code.subject) == (125.3012, "place:demo-square")
    assert (by_code.address, by_map.place.lon) == ("示例广场", 125.31)


async def test_what_is_wrong_is_named(world: World) -> None:
    client = await world.client()
    nowhere = form()
    del nowhere["lon"], nowhere["lat"]
    wrong = {
        "category": form(category="kp_child_protection.missing_child"),
        "address": nowhere,
        "lon": form(lon="43.3", lat="100.0") | {"lat": "20"},
        "phone": form(phone="call me"),
        "spot": form(spot="nowhere"),
        "crs": form(crs="GCJ-02"),
        "draft_id": form(draft_id="1"),
        "text": form(category="", text=""),
    }
    for field, data in wrong.items():
        answer = await send(client, data)
        assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
        assert answer.json()["detail_zh"]
    no_picture = await send(client, form(), files={"photo": ("a.jpg", b"GIF89a", "image/gif")})
    assert no_picture.status_code in {422, 429}
    assert await messages(world) == []


async def test_who_reports_too_often_has_to_wait(world: World) -> None:
    client = await world.client()
    answers = [await send(client, form()) for _ in range(12)]
    assert [answer.status_code for answer in answers] == [201] * 10 + [429] * 2
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert len(await messages(world)) == 10


async def test_a_worker_reports_what_he_sees(world: World) -> None:
    worker = await world.client("worker1")
    data = form(seen_at="2026-11-23T01:30:00Z")
    answer = await worker.post("/api/reports", data=data)
    assert answer.status_code == 201, answer.text
    (message,) = await messages(world)
    assert (message.platform, message.source, message.reported_by) == (
        "worker", "worker", "worker1",
    )  # fmt: skip
    assert message.reported_at.isoformat() == "2026-11-23T01:30:00+00:00"
    asked = await worker.get(f"/api/public/reports/{answer.json()['receipt']}")
    assert asked.json()["state"] == "received"
    for name in (None, "desk"):
        client = await world.client(name)
        assert (await client.post("/api/reports", data=form())).status_code in {401, 403}


def test_receipt_numbers_are_long_different_and_repeatable() -> None:
    drafts = [uuid4() for _ in range(2000)]
    numbers = {receipt_number(draft) for draft in drafts}
    assert len(numbers) == 2000
    assert numbers == {receipt_number(draft) for draft in drafts}
    assert {len(number) for number in numbers} == {11}
