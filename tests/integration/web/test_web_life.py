"""Acts on a case over REST: who held it, asking and answering, urging, calls, holds, proofs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.integration.web.conftest import cheap_passwords, password_of
from tests.integration.web.test_web_cameras import heard
from tests.integration.web.test_web_cases import dispatched, move, photo
from yitong_command.web.auth.seed import ensure_user


@pytest.fixture
async def lead(world: Any) -> httpx.AsyncClient:
    """A duty leader."""
    await ensure_user(
        world.web.sessions, "lead", "值班长", "Lead", "supervisor", (), "A",
        password_of("lead"), cheap_passwords(),
    )  # fmt: skip
    client: httpx.AsyncClient = await world.client("lead")
    return client


async def handled(world: Any) -> dict[str, Any]:
    case, holder = await dispatched(world)
    worker = await world.client(holder)
    for to in ("accepted", "arrived"):
        world.time.now += timedelta(minutes=1)
        case = await move(worker, case, to)
    world.time.now += timedelta(minutes=1)
    answer = await worker.post(
        f"/api/tasks/{case['tasks'][0]['task_id']}/handle", data={"version": str(case["version"])},
        files={"photo": ("p.jpg", photo(), "image/jpeg")},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    world.time.now += timedelta(minutes=1)
    return dict((await (await world.client("desk")).get(f"/api/cases/{case['case_id']}")).json())


async def test_who_held_it_at_a_moment(world: Any) -> None:
    case, holder = await dispatched(world)
    desk = await world.client("desk")
    path = f"/api/cases/{case['case_id']}/holder"
    now = (await desk.get(path)).json()
    assert now["holding"]["holder"] == holder
    assert case["holdings"][-1]["holder"] == holder
    before = (world.now - timedelta(hours=2)).isoformat()
    assert (await desk.get(path, params={"at": before})).json()["holding"] is None
    refused = await desk.get(path, params={"at": "2026-11-23T03:12:00"})
    assert refused.status_code == 422
    assert (await desk.get("/api/cases/YT0/holder")).status_code == 404


async def test_a_pause_is_asked_by_one_and_granted_by_another(
    world: Any, lead: httpx.AsyncClient
) -> None:
    case, _ = await dispatched(world)
    desk = await world.client("desk")
    path = f"/api/cases/{case['case_id']}/proposals"
    until = (world.now + timedelta(days=2)).isoformat()
    wish = {"kind": "suspend", "note": "待裁定", "reason": "law_procedure", "until": until}
    none = await lead.post(f"{path}/answer", json={"granted": True, "version": case["version"]})
    assert none.status_code == 404
    bad = await desk.post(path, json=wish | {"until": None})
    assert (bad.status_code, bad.json()["code"]) == (409, "illegal_transition")
    asked = (await desk.post(path, json=wish)).json()
    assert asked["proposals"][0]["decided_at"] is None
    yes = {"granted": True, "version": asked["version"]}
    own = await desk.post(f"{path}/answer", json=yes)
    assert (own.status_code, own.json()["code"]) == (403, "not_allowed")
    stale = await lead.post(f"{path}/answer", json=yes | {"version": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    paused = (await lead.post(f"{path}/answer", json=yes)).json()
    assert (paused["state"], paused["pauses"][0]["reason"]) == ("suspended", "law_procedure")
    on = await move(desk, paused, "dispatched")
    assert on["pauses"][0]["ended_at"] is not None
    asked = (await desk.post(path, json={"kind": "force", "note": "重复下达"})).json()
    no = (await lead.post(f"{path}/answer", json={"granted": False, "version": 1})).json()
    assert (no["state"], no["proposals"][-1]["granted"]) == ("dispatched", False)


async def test_urging_calling_and_holding(world: Any, lead: httpx.AsyncClient) -> None:
    case = await handled(world)
    desk = await world.client("desk")
    path = f"/api/cases/{case['case_id']}"
    urged = (await desk.post(f"{path}/urge", json={"note": "请尽快核查"})).json()
    assert [act["kind"] for act in urged["acts"]] == ["urge"]
    early = await desk.post(f"{path}/call", json={"answered": True, "satisfaction": "very"})
    assert early.status_code == 409
    case = await move(desk, case, "checked")
    case = await move(desk, case, "closed")
    bare = await desk.post(f"{path}/call", json={"answered": True})
    assert (bare.status_code, bare.json()["code"]) == (422, "proof_missing")
    told = await desk.post(f"{path}/call", json={"answered": True, "satisfaction": "very"})
    assert told.json()["acts"][-1]["detail"] == {"satisfaction": "very"}
    hold = {"held": True, "reason": "行政诉讼"}
    assert (await desk.post(f"{path}/hold", json=hold)).status_code == 403
    assert (await lead.post(f"{path}/hold", json=hold)).json()["legal_hold"] == "行政诉讼"


def watching(world: Any, boxes: list[dict[str, Any]], taken_at: Any) -> None:
    """A worker that shows one view of ``cam-001`` as it was then."""
    heard(world)

    def worker(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("picture.jpg"):
            told = {"content-type": "image/jpeg", "x-view": "main"}
            told["x-captured-at"] = taken_at.isoformat()
            return httpx.Response(200, content=photo(), headers=told)
        look = {
            "camera_id": "cam-001", "view_id": "main", "at": taken_at.isoformat(),
            "judged": True, "reason": "", "boxes": boxes, "covers": [],
        }  # fmt: skip
        return httpx.Response(200, json=look)

    object.__setattr__(world.web, "http", httpx.AsyncClient(transport=httpx.MockTransport(worker)))


async def test_the_same_view_proves_it_and_the_detector_says_what_it_thinks(world: Any) -> None:
    case = await handled(world)
    desk = await world.client("desk")
    path = f"/api/cases/{case['case_id']}/proof"
    zone = world.web.cameras["cam-001"].zones[0]
    x = sum(point.x for point in zone.polygon) / len(zone.polygon)
    y = sum(point.y for point in zone.polygon) / len(zone.polygon)
    car = {"label": "car", "score": 0.88, "track_id": None,
           "box": {"x0": x - 0.05, "y0": y - 0.1, "x1": x + 0.05, "y1": y}}  # fmt: skip
    watching(world, [car], world.now - timedelta(hours=1))
    old = await desk.post(path)
    assert (old.status_code, old.json()["code"]) == (409, "illegal_transition")
    watching(world, [car], world.now)
    still = (await desk.post(path)).json()
    assert (still["state"], still["opinions"][-1]["opinion"]) == ("handled", "still_there")
    assert still["opinions"][-1]["score"] == pytest.approx(0.88)
    assert [item["kind"] for item in still["evidence"]].count("proof") == 1
    watching(world, [], world.now)
    gone = (await desk.post(path)).json()
    assert (gone["state"], gone["checked_by"]) == ("checked", "system")
    assert gone["opinions"][-1]["words_zh"] == "区域内未见车辆"
    worker = await world.client("worker1")
    assert (await worker.post(path)).status_code == 403


async def test_without_a_picture_there_is_no_proof(world: Any) -> None:
    case = await handled(world)
    desk = await world.client("desk")
    answer = await desk.post(f"/api/cases/{case['case_id']}/proof")
    assert (answer.status_code, answer.json()["code"]) == (503, "camera_blind")
    again = (await desk.get(f"/api/cases/{case['case_id']}")).json()
    assert (again["version"], again["opinions"]) == (case["version"], [])


async def test_a_barrier_is_told_with_its_photo(world: Any) -> None:
    case, holder = await dispatched(world)
    worker = await world.client(holder)
    for to in ("accepted", "arrived"):
        case = await move(worker, case, to)
    task = case["tasks"][0]["task_id"]
    answer = await worker.post(
        f"/api/tasks/{task}/protect", data={"version": str(case["version"])},
        files={"photo": ("p.jpg", photo(), "image/jpeg")},
    )  # fmt: skip
    assert (answer.status_code, answer.json()["state"]) == (200, "arrived")
    case = (await worker.get(f"/api/cases/{case['case_id']}")).json()
    assert case["state"] == "protected"
    assert [item["kind"] for item in case["evidence"]].count("protect") == 1
    assert {action["kind"] for action in case["actions"]} == {"work", "extend"}
