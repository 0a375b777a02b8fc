"""Every address is walked by every role; who gets in is written down here once more."""

from __future__ import annotations

from typing import Any

import pytest

from yitong_command.web.access import ACCESS, authorise, operations
from yitong_command.web.app import ROUTERS, assemble

EVERYBODY = {"nobody", "worker", "operator", "admin"}
SIGNED_IN = {"worker", "operator", "admin"}
DESK = {"operator", "admin"}

# Changing who may use an address means changing it here too, on purpose.
ALLOWED: dict[str, set[str]] = {
    "POST /api/auth/session": EVERYBODY,
    "DELETE /api/auth/session": SIGNED_IN,
    "GET /api/auth/me": SIGNED_IN,
    "GET /api/openapi.json": SIGNED_IN,
    "GET /api/live": SIGNED_IN,
    "GET /api/alerts": DESK,
    "GET /api/cases": SIGNED_IN,
    "GET /api/cases/{case_id}": SIGNED_IN,
    "POST /api/cases/{case_id}/transitions": SIGNED_IN,
    "GET /api/tasks": {"worker"},
    "POST /api/tasks/{task_id}/accept": {"worker"},
    "POST /api/tasks/{task_id}/arrive": {"worker"},
    "POST /api/tasks/{task_id}/handle": {"worker"},
    "GET /api/workers": DESK,
    "GET /api/cameras": DESK,
    "GET /api/cameras/faults": DESK,
    "GET /api/cameras/availability": DESK,
    "GET /api/cameras/{camera_id}/blind": DESK,
    "GET /api/cameras/{camera_id}/head": DESK,
    "POST /api/cameras/{camera_id}/head": DESK,
    "POST /api/cameras/{camera_id}/proof": DESK,
    "POST /api/cameras/{camera_id}/reference": DESK,
    "GET /api/cameras/{camera_id}/picture.jpg": DESK,
    "GET /api/cameras/{camera_id}/look": DESK,
    "GET /api/cameras/{camera_id}/zones": DESK,
    "PUT /api/cameras/{camera_id}/zones": {"admin"},
    "GET /api/cameras/{camera_id}/zones/history": DESK,
    "GET /api/grids": SIGNED_IN,
    "GET /api/taxonomy": SIGNED_IN,
    "GET /api/topics": DESK,
    "GET /api/topics/{name}/sample": DESK,
    "GET /api/stats": DESK,
    "GET /api/stats/precision": DESK,
    "GET /api/evidence/{sha256}.jpg": SIGNED_IN,
    "GET /health/live": EVERYBODY,
    "GET /health/ready": EVERYBODY,
    "GET /metrics": EVERYBODY,
}
USERS = {"nobody": None, "worker": "worker1", "operator": "desk", "admin": "admin"}
BODIES: dict[str, dict[str, Any]] = {
    "POST /api/auth/session": {"json": {"username": "desk", "password": "correct horse desk"}},
    "POST /api/cases/{case_id}/transitions": {"json": {"to": "filed", "version": 1}},
    "POST /api/tasks/{task_id}/accept": {"json": {"version": 1}},
    "POST /api/tasks/{task_id}/arrive": {"json": {"version": 1}},
    "PUT /api/cameras/{camera_id}/zones": {"json": {"version": 1, "zones": []}},
    "POST /api/cameras/{camera_id}/head": {"json": {"action": "take"}},
    "POST /api/cameras/{camera_id}/proof": {"json": {"view_id": "main"}},
    "POST /api/cameras/{camera_id}/reference": {"json": {"view_id": "main"}},
    "POST /api/tasks/{task_id}/handle": {
        "data": {"version": "1"},
        "files": {"photo": ("p.jpg", b"x", "image/jpeg")},
    },
}


def test_the_list_above_is_complete() -> None:
    offered = {f"{method} {path}" for method, path in operations(ROUTERS)}
    assert offered == set(ALLOWED)
    assert offered == {f"{method} {path}" for method, path in ACCESS}


def test_every_router_is_guarded() -> None:
    included = [route for route in assemble().routes if hasattr(route, "include_context")]
    assert len(included) == len(ROUTERS)
    for route in included:
        assert authorise in [item.dependency for item in route.include_context.dependencies]


@pytest.mark.parametrize("role", sorted(EVERYBODY))
async def test_every_address_lets_in_exactly_whom_it_should(world: Any, role: str) -> None:
    case_id = await world.report()
    sha = next((world.settings.evidence_dir).rglob("*.jpg")).stem
    for operation, allowed in ALLOWED.items():
        if operation == "GET /api/live" and role in allowed:
            continue  # never ends; tested with a real server
        client = await world.client(USERS[role])
        method, template = operation.split(" ")
        path = template.format(
            case_id=case_id, task_id=f"{case_id}-T1", camera_id="cam-001", sha256=sha, name="alerts"
        )
        answer = await client.request(method, path, **BODIES.get(operation, {}))
        refused = {"not_signed_in", "not_allowed"}
        is_json = answer.content and "json" in answer.headers["content-type"]
        body = answer.json() if is_json else {}
        if role in allowed:
            assert body.get("title") not in {"Unauthorized"}, (operation, role)
            assert "角色" not in body.get("detail_zh", ""), (operation, role)
        else:
            assert answer.status_code == (401 if role == "nobody" else 403), (operation, role)
            assert body["code"] in refused, (operation, role)


async def test_changing_anything_needs_our_own_header(world: Any) -> None:
    client = await world.client("desk")
    del client.headers["X-Yitong"]
    for operation in ALLOWED:
        method, template = operation.split(" ")
        if method != "GET":
            path = template.format(case_id="x", task_id="x", camera_id="x")
            answer = await client.request(method, path, **BODIES.get(operation, {}))
            assert (answer.status_code, answer.json()["code"]) == (403, "header_missing"), operation


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
async def test_no_page_of_the_framework_is_offered(world: Any, path: str) -> None:
    answer = await (await world.client("admin")).get(path)
    assert "swagger" not in answer.text.lower()
    assert "redoc" not in answer.text.lower()


async def test_a_worker_sees_own_grids_and_tasks_and_nothing_else(world: Any) -> None:
    case_id = await world.report("cam-001")
    grid = await world.grid_of(case_id)
    workers = {name: await world.client(name) for name in ("worker1", "worker2")}
    inside = {
        name: grid in (await client.get("/api/auth/me")).json()["user"]["grid_codes"]
        for name, client in workers.items()
    }
    assert sorted(inside.values()) == [False, True]
    detail = await (await world.client("desk")).get(f"/api/cases/{case_id}")
    sha = detail.json()["evidence"][0]["sha256"]
    for name, client in workers.items():
        listed = [item["case_id"] for item in (await client.get("/api/cases")).json()["items"]]
        assert listed == ([case_id] if inside[name] else [])
        wanted = 200 if inside[name] else 404
        assert (await client.get(f"/api/cases/{case_id}")).status_code == wanted
        assert (await client.get(f"/api/evidence/{sha}.jpg")).status_code == wanted
        body = {"to": "filed", "version": 1}
        moved = await client.post(f"/api/cases/{case_id}/transitions", json=body)
        assert moved.status_code == (403 if inside[name] else 404)
