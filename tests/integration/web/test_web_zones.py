"""Drawing zones: who may, what is refused, and what is left behind for others."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy import select

from tests.integration.web.conftest import World
from yitong_command.domain.camera import Camera
from yitong_command.settings.secrets import make_vault
from yitong_command.settings.zone_drafts import WORDS
from yitong_command.storage import camera_records, outbox
from yitong_command.storage import tables as t
from yitong_command.storage.session import transaction

SQUARE = [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4], [0.1, 0.4]]
PATH = "/api/cameras/cam-001/zones"


def drawn(**other: Any) -> dict[str, Any]:
    return {
        "zone_id": "z-1", "view_id": "main", "kind": "illegal_parking",
        "category": "cp_parking.no_parking_zone", "name_zh": "校门口", "polygon": SQUARE,
        **other,
    }  # fmt: skip


@pytest.fixture
async def camera(world: World) -> Camera:
    """A camera that the database knows, at version 1."""
    found = world.web.cameras["cam-001"]
    async with transaction(world.web.sessions) as session:
        await camera_records.put_camera(session, found, world.now, "file")
    await world.web.known.refresh(0)
    return found


async def put(client: httpx.AsyncClient, version: int, *zones: dict[str, Any]) -> httpx.Response:
    return await client.put(PATH, json={"version": version, "zones": zones})


async def test_an_admin_draws_and_everybody_at_the_desk_sees_it(
    world: World, camera: Camera
) -> None:
    admin, desk = await world.client("admin"), await world.client("desk")
    first = (await desk.get(PATH)).json()
    assert (first["version"], first["author_name_zh"]) == (1, "配置文件")
    assert first["zones"][0]["polygon"] == [list(corner) for corner in camera.zones[0].polygon]
    assert {kind["kind"]: kind["has_terms"] for kind in first["kinds"]}["manhole_cover"] is False
    dwell = next(
        setting
        for kind in first["kinds"] if kind["kind"] == "illegal_parking"
        for setting in kind["settings"] if setting["name"] == "dwell_s"
    )  # fmt: skip
    assert (dwell["default"], dwell["unit"], dwell["low"]) == (600, "s", 0)
    codes = {item["code"].split(".")[0] for item in first["categories"]}
    assert "cp_parking" in codes
    assert not [code for code in codes if code.startswith("kp_")]

    more = drawn(
        settings={"dwell_s": 120}, vehicles=["car", "truck"], hours=["07:00-09:30"],
        days=["mon", "fri"],
        permits=[{"begins_at": "2026-11-24T08:00:00+08:00", "ends_at": "2026-11-24T12:00:00+08:00",
                  "note": "搬家"}],
    )  # fmt: skip
    kept = {k: v for k, v in first["zones"][0].items()}
    answer = await put(admin, 1, kept, more)
    assert answer.status_code == 200, answer.text
    saved = answer.json()
    assert (saved["version"], saved["author"]) == (2, "admin")
    assert saved["zones"][1]["hours"] == ["07:00-09:30"]
    assert saved["zones"][1]["days"] == ["mon", "fri"]
    assert saved["zones"][1]["name_en"] == "校门口"
    again = await put(admin, 2, *saved["zones"])
    assert again.json()["version"] == 2, "the same zones are no new version"

    history = (await desk.get(f"{PATH}/history")).json()["items"]
    assert [(v["version"], v["author"], v["change"]) for v in history] == [
        (2, "admin", "zones"), (1, "file", "camera"),
    ]  # fmt: skip
    assert history[0]["added"] == ["校门口"]
    assert history[1]["zones"] == first["zones"]
    listed = (await desk.get("/api/cameras")).json()["items"]
    assert [z["zone_id"] for z in listed[0]["zones"]] == ["no-parking", "z-1"]
    back = await put(admin, 2, *history[1]["zones"])
    assert (back.json()["version"], back.json()["zones"]) == (3, first["zones"])
    async with transaction(world.web.sessions) as session:
        rows = await outbox.waiting(session, 100)
        lines = (await session.execute(select(t.audit))).mappings().all()
    assert [row.payload["version"] for row in rows if row.payload] == [1, 2, 3]
    changed = [line for line in lines if line["action"] == "zones_changed"]
    assert [line["detail"]["version"] for line in changed] == [2, 3]
    assert changed[0]["actor"] == "admin"
    assert changed[1]["detail"]["removed"] == ["校门口"]


async def test_who_saves_second_is_told(world: World, camera: Camera) -> None:
    admin = await world.client("admin")
    assert (await put(admin, 1, drawn())).status_code == 200
    late = await put(admin, 1)
    assert late.status_code == 409
    problem = late.json()
    assert problem["code"] == "stale_version"
    assert "admin 已先保存了第 2 版" in problem["detail_zh"]
    assert (await put(admin, 9)).status_code == 409


@pytest.mark.parametrize("username", ["desk", "worker1"])
async def test_only_an_admin_draws(world: World, camera: Camera, username: str) -> None:
    client = await world.client(username)
    refused = await put(client, 1)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert (await client.get(PATH)).status_code == (200 if username == "desk" else 403)


@pytest.mark.parametrize(
    ("wrong", "field", "word"),
    [
        ({"polygon": [[0.1, 0.1], [0.4, 0.4]]}, "polygon", "few"),
        ({"polygon": [[0.1, 0.1], [0.4, 0.4], [0.4, 0.1], [0.1, 0.4]]}, "polygon", "crossing"),
        ({"polygon": [[0.1, 0.1], [1.4, 0.4], [0.4, 0.1]]}, "polygon", "outside"),
        ({"polygon": [[0.1, 0.1], [0.101, 0.1], [0.1, 0.101]]}, "polygon", "small"),
        ({"name_zh": "  "}, "name_zh", "name"),
        ({"kind": "face"}, "kind", "kind"),
        ({"view_id": "left"}, "view_id", "view"),
        ({"category": "kp_elder_alone.water_low"}, "category", "people"),
        ({"category": "no.such"}, "category", "category"),
        ({"kind": "manhole_cover", "hours": ["07:00-09:00"]}, "hours", "terms"),
    ],
)
async def test_what_a_zone_may_not_be(
    world: World, camera: Camera, wrong: dict[str, Any], field: str, word: str
) -> None:
    refused = await put(await world.client("admin"), 1, drawn(zone_id="z-0"), drawn(**wrong))
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (422, "zone_invalid"), problem
    assert problem["field"] == f"zones.1.{field}"
    assert (problem["detail_zh"], problem["detail_en"]) == WORDS[word]


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"settings": {"dwell_s": -1}}, "settings.dwell_s", "30 days"),
        ({"settings": {"no_such": 1}}, "settings.no_such", "unknown setting"),
        ({"hours": ["25:00-26:00"]}, "hours.0", "不是时段"),
        ({"hours": ["09:00-09:00"]}, "hours.0", "时段起止无效"),
        ({"days": ["funday"]}, "days.0", "mon"),
        ({"vehicles": ["tank"]}, "vehicles.0", "car"),
        (
            {"permits": [{"begins_at": "2026-11-24T08:00:00Z", "ends_at": "2026-11-24T07:00:00Z"}]},
            "permits.0", "until 须晚于 from",
        ),
    ],
)  # fmt: skip
async def test_settings_and_terms_that_make_no_sense(
    world: World, camera: Camera, wrong: dict[str, Any], field: str, says: str
) -> None:
    refused = await put(await world.client("admin"), 1, drawn(**wrong))
    problem = refused.json()
    assert (refused.status_code, problem["field"]) == (422, f"zones.0.{field}"), problem
    assert says in problem["detail_zh"] + problem["detail_en"]


async def test_no_answer_holds_a_login_sealed_or_not(world: World, camera: Camera) -> None:
    token = make_vault(world.settings.key_file).seal_login(("viewer", "hunter2"))
    async with transaction(world.web.sessions) as session:
        await camera_records.put_camera(session, camera, world.now, "admin", login=token)
    await world.web.known.refresh(0)
    admin = await world.client("admin")
    for path in ("/api/cameras", PATH, f"{PATH}/history", "/api/openapi.json"):
        answer = await admin.get(path)
        assert answer.status_code == 200
        assert "hunter2" not in answer.text
        assert token not in answer.text
        assert "rtsp://" not in answer.text


async def test_garbage_is_refused_and_changes_nothing(world: World, camera: Camera) -> None:
    admin = await world.client("admin")
    twice = await put(admin, 1, drawn(), drawn())
    assert (twice.status_code, twice.json()["detail_zh"]) == (422, WORDS["twice"][0])
    many = await put(admin, 1, *[drawn(zone_id=f"z-{n}") for n in range(41)])
    assert (many.status_code, many.json()["detail_zh"]) == (422, WORDS["too_many"][0])
    for body in (
        {}, {"version": 1}, {"version": 0, "zones": []}, {"version": 1, "zones": [{}]},
        {"version": 1, "zones": [drawn(polygon=[["a", "b"]])]},
        {"version": 1, "zones": [drawn(polygon=[[0.1]] * 4)]},
        {"version": 1, "zones": [drawn(zone_id="../x")]},
        {"version": 1, "zones": [drawn(extra=1)]},
    ):  # fmt: skip
        assert (await admin.put(PATH, json=body)).status_code == 422, body
    raw = b'{"version": 1, "zones": [], "x": NaN}'
    assert (await admin.put(PATH, content=raw)).status_code in {400, 422}
    assert (await admin.get(PATH)).json()["version"] == 1
    for path in ("/api/cameras/cam-404/zones", "/api/cameras/cam-404/zones/history"):
        assert (await admin.get(path)).status_code == 404
    missing = await admin.put("/api/cameras/cam-404/zones", json={"version": 1, "zones": []})
    assert missing.status_code == 404
