"""The wall: numbers for everybody who passes by, and nothing of anybody."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from tests.integration.web.conftest import cheap_passwords, password_of
from yitong_command.bus.topics import ALERTS, CASES
from yitong_command.domain.roles import Role
from yitong_command.storage import tables as t
from yitong_command.storage.session import transaction
from yitong_command.web.access import ACCESS
from yitong_command.web.auth.seed import ensure_user
from yitong_command.web.live.feed import Screen
from yitong_command.web.live.stream import Stream
from yitong_command.web.live.view import EVERYTHING, View

SECRET = "梨花巷七号张小草"


@pytest.fixture
async def wall(world: Any) -> Any:
    await ensure_user(
        world.web.sessions, "wall", "大屏", "Wall", "wall", (), "A", password_of("wall"),
        cheap_passwords(),
    )  # fmt: skip
    return await world.client("wall")


async def _change(world: Any, case_id: str, **values: Any) -> None:
    async with transaction(world.web.sessions) as session:
        await session.execute(update(t.cases).where(t.cases.c.case_id == case_id).values(**values))


async def _planted(world: Any, **more: Any) -> str:
    """A protected case that is new, overdue and critical, with the secret in all its words."""
    case_id = str(await world.report("cam-002"))
    words = dict.fromkeys(("title_zh", "title_en", "place_zh", "place_en", "subject"), SECRET)
    await _change(
        world, case_id, category="kp_mental_health", subtype="acute_help", severity=1,
        due_at=world.now - timedelta(hours=1), **words, **more,
    )  # fmt: skip
    return case_id


async def test_the_wall_tells_kinds_and_townships_only(world: Any, wall: Any) -> None:
    case_id = await world.report("cam-001")
    await _change(world, case_id, title_zh=SECRET, place_zh=SECRET, place_en=SECRET)
    found = (await wall.get("/api/wall")).json()
    [item] = found["fresh"]
    code = await world.grid_of(case_id)
    grid = next(grid for grid in world.web.county.grids if grid.code == code)
    assert item["township_zh"] == grid.township_zh
    assert item["kind_zh"]
    text = json.dumps(found, ensure_ascii=False)
    assert SECRET not in text
    assert case_id not in text
    assert found["total"]["open"] == found["total"]["fresh"] == found["cases_today"] == 1
    assert sum(one["open"] for one in found["townships"]) == 1
    assert sum(one["open"] for one in found["grids"]) == 1
    assert found["cameras"]["total"] == len(world.web.cameras)


async def test_of_a_protected_case_there_are_counts_and_nothing_else(world: Any, wall: Any) -> None:
    await world.report("cam-001")
    before = (await wall.get("/api/wall")).json()
    case_id = await _planted(world)
    after = (await wall.get("/api/wall")).json()
    for name in ("fresh", "overdue", "faults"):
        assert after[name] == before[name]
    assert after["total"]["open"] == before["total"]["open"] + 1
    assert after["total"]["overdue"] == before["total"]["overdue"] + 1
    assert after["total"]["by_severity"]["s1"] == 1
    told = 0
    for method, template in sorted(ACCESS):
        if method != "GET" or template == "/api/live":
            continue
        path = template.replace("{case_id}", case_id).replace("{camera_id}", "cam-001")
        answer = await wall.get(path)
        told += answer.status_code == 200
        assert SECRET not in answer.text, path
        assert case_id not in answer.text or answer.status_code in (403, 404), path
        if template not in ("/api/taxonomy", "/api/openapi.json"):
            assert "kp_mental_health" not in answer.text, path
    assert told >= 8


async def _feed_all(world: Any) -> None:
    """What the route part would publish now, straight into the feed."""
    async with transaction(world.web.readers) as session:
        rows = list((await session.execute(t.outbox.select().order_by(t.outbox.c.id))).mappings())
    topics = {"alerts": ALERTS, "cases": CASES}
    for offset, row in enumerate(rows):
        if row["topic"] in topics:
            value = json.dumps(row["payload"]).encode()
            world.web.feed.take(topics[row["topic"]], 0, offset, value, 0)
    world.web.feed.wake()


async def test_the_stream_of_a_wall_says_only_that_something_changed(world: Any, wall: Any) -> None:
    desk = await world.client("desk")
    case_id = await _planted(world, grid_code=None)
    move = {"to": "filed", "version": 1, "note": SECRET}
    assert (await desk.post(f"/api/cases/{case_id}/transitions", json=move)).status_code == 200
    feed = world.web.feed
    feed.set_state("live")
    seen: dict[str, bytes] = {}

    async def watch(name: str, view: View) -> None:
        seen[name] = b""
        async for part in Stream(feed, Screen(view=view, token_hash=name)).events():
            seen[name] += part

    watching = [
        asyncio.create_task(watch("wall", View(Role.WALL, "wall"))),
        asyncio.create_task(watch("desk", EVERYTHING)),
    ]
    await asyncio.sleep(0)
    await _feed_all(world)
    for _ in range(100):
        await asyncio.sleep(0.01)
        if seen["desk"].count(b"event: ") > 2 and b"event: wall" in seen["wall"]:
            break
    for task in watching:
        task.cancel()
    await asyncio.wait(watching)
    desk_text, wall_text = seen["desk"].decode(), seen["wall"].decode()
    assert case_id in desk_text, "the messages were there"
    assert "event: wall" in wall_text
    for secret in (case_id, SECRET, "key_population", "event: alert", "event: case"):
        assert secret not in wall_text


async def test_a_wall_outlives_a_night_without_a_server_but_not_its_month(
    world: Any, wall: Any
) -> None:
    world.time.now += timedelta(hours=9)
    assert (await wall.get("/api/wall")).status_code == 200
    desk = await world.client("desk")
    world.time.now += timedelta(hours=9)
    assert (await desk.get("/api/wall")).status_code == 401
    assert (await wall.get("/api/wall")).status_code == 200
    world.time.now += timedelta(days=30)
    assert (await wall.get("/api/wall")).status_code == 401


async def test_who_sees_cases_or_nothing_has_no_wall(world: Any, wall: Any) -> None:
    for name, status in (("desk", 200), ("wall", 200), ("worker1", 403), ("admin", 403)):
        client = await world.client(name)
        assert (await client.get("/api/wall")).status_code == status, name
    assert (await (await world.client()).get("/api/wall")).status_code == 401
