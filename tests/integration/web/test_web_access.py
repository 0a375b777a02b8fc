"""Every address is walked by every role, inside and outside its area, and held to the tables."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter

from tests.integration.web.conftest import cheap_passwords, password_of
from yitong_command.domain.roles import GRANTS, PEOPLE, Right, Role
from yitong_command.errors import ConfigError
from yitong_command.routing.assign import grid_of
from yitong_command.storage.camera_records import put_camera
from yitong_command.storage.session import transaction
from yitong_command.web import app as app_module
from yitong_command.web.access import ACCESS, PUBLIC, SCOPED, authorise, operations, unguarded
from yitong_command.web.app import PARTNER_ROUTERS, ROUTERS, assemble
from yitong_command.web.auth.seed import ensure_user
from yitong_command.web.gateway.access import authorise_partner

# Who has which right, written down once more: changing it means changing it here too, on purpose.
SELF, SEE, MOVE = Right.SELF, Right.CASES_SEE, Right.CASES_MOVE
MATRIX: dict[Role, set[Right]] = {
    Role.OPERATOR: set(Right)
    - {Right.TASKS_OWN, Right.CAMERAS_SET, Right.LEAD, Right.PEOPLE_SET, Right.AUDIT_SEE},
    Role.SUPERVISOR: set(Right)
    - {Right.TASKS_OWN, Right.CAMERAS_SET, Right.PEOPLE_SET, Right.AUDIT_SEE},
    Role.WORKER: {SELF, SEE, MOVE, Right.TASKS_OWN, Right.STREAM_SEE, Right.DETAILS_SEE},
    Role.ADMIN: {
        SELF, Right.CAMERAS_SEE, Right.CAMERAS_STEER, Right.CAMERAS_SET, Right.NUMBERS_SEE,
        Right.REPORTS_SEE, Right.STREAM_SEE, Right.TOPICS_SEE, Right.PEOPLE_SET,
    },
    Role.AUDITOR: {SELF, Right.NUMBERS_SEE, Right.REPORTS_SEE, Right.AUDIT_SEE},
    Role.WALL: {SELF, Right.NUMBERS_SEE, Right.STREAM_SEE, Right.CAMERAS_SEE, Right.WALL_SEE},
    Role.SYSTEM: set(),
}  # fmt: skip
RIGHTS = Path(__file__).parents[3] / "src/console/tests/rights.json"
EXAMPLES = {"/api/openapi.json", "/api/topics", "/metrics"}
NEVER_ENDS = {("GET", "/api/live")}
ENDS_SESSIONS = "/api/auth/"


def test_the_rights_are_those_written_down_here() -> None:
    assert {role: set(rights) for role, rights in GRANTS.items()} == MATRIX


def test_the_console_walks_its_pages_with_the_rights_that_are_granted() -> None:
    written = json.loads(RIGHTS.read_text(encoding="utf-8"))
    assert written == {role.value: sorted(GRANTS[role]) for role in PEOPLE}


def test_every_address_has_a_rule_and_every_rule_an_address() -> None:
    assert unguarded(ROUTERS) == []
    assert operations(ROUTERS) == set(ACCESS)
    assert set(ACCESS) >= SCOPED


def test_an_address_without_a_rule_or_with_an_unknown_parameter_makes_no_application(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def endpoint() -> None:
        """Nothing."""

    for path, why in (("/api/secrets", "no access rule"), ("/api/cases/{other_id}", "other_id")):
        router = APIRouter()
        router.add_api_route(path, endpoint, methods=["GET"])
        with monkeypatch.context() as patch:
            patch.setattr(app_module, "ROUTERS", (*ROUTERS, router))
            if why == "other_id":
                patch.setitem(ACCESS, ("GET", path), frozenset({Role.ADMIN}))
            with pytest.raises(ConfigError, match=why):
                assemble()


def test_every_router_is_guarded() -> None:
    included = [route for route in assemble().routes if hasattr(route, "include_context")]
    assert len(included) == len(ROUTERS) + len(PARTNER_ROUTERS)
    for route in included:
        partner = route.original_router in PARTNER_ROUTERS
        guard = authorise_partner if partner else authorise
        assert guard in [item.dependency for item in route.include_context.dependencies]


class Places:
    """An own and a foreign case, camera and grid, and an account of every role for both areas."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.clients: dict[str, httpx.AsyncClient] = {}
        grids = {
            camera.camera_id: grid_of(camera.place, world.web.county.grids)
            for camera in world.web.cameras.values()
            if camera.zones
        }
        self.own_camera, own = next((key, grid) for key, grid in grids.items() if grid)
        self.area = own.code[:9]
        self.foreign_camera = next(
            key for key, grid in grids.items() if grid and not grid.code.startswith(self.area)
        )

    async def fill(self) -> None:
        self.own_case = await self.world.report(self.own_camera)
        self.foreign_case = await self.world.report(self.foreign_camera)
        async with transaction(self.world.web.sessions) as session:
            for camera in (self.own_camera, self.foreign_camera):
                await put_camera(session, self.world.web.cameras[camera], self.world.now, "file")
        for role in sorted(PEOPLE):
            for name, area in ((f"{role.value}-all", ()), (f"{role.value}-part", (self.area,))):
                await ensure_user(
                    self.world.web.sessions, name, name, name, role.value, area, "A",
                    password_of(name), cheap_passwords(),
                )  # fmt: skip

    async def client(self, username: str | None, path: str) -> httpx.AsyncClient:
        if path.startswith(ENDS_SESSIONS):
            fresh: httpx.AsyncClient = await self.world.client(username)
            return fresh
        key = username or ""
        if key not in self.clients:
            self.clients[key] = await self.world.client(username)
        return self.clients[key]

    def path(self, template: str, where: str) -> str:
        values = {
            "case_id": getattr(self, f"{where}_case"),
            "camera_id": getattr(self, f"{where}_camera"),
            "grid_code": self.area if where == "own" else "220323999",
            "name": "incidents",
            "username": "desk2",
        }
        for name in _parameters(template):
            template = template.replace(f"{{{name}}}", values.get(name, "0" * 64))
        return template


def _parameters(template: str) -> list[str]:
    return [part.split("}")[0] for part in template.split("{")[1:]]


@pytest.fixture
async def places(world: Any) -> Places:
    found = Places(world)
    await found.fill()
    return found


def _expected(role: Role | None, part: bool, key: tuple[str, str], where: str) -> str:
    """What the tables say of a request: who, with which area, to what, own or foreign."""
    allowed = ACCESS[key]
    if allowed is PUBLIC:
        return "in"
    if role is None:
        return "unknown"
    if role not in allowed:
        return "refused"
    named = _parameters(key[1])
    if not part or role is Role.WORKER and not named:
        return "in"
    if not named:
        return "in" if key in SCOPED else "refused"
    if {"name", "username"} & set(named):
        return "hidden"
    return "hidden" if where == "foreign" and {"case_id", "camera_id"} & set(named) else "in"


def _seen(answer: httpx.Response) -> str:
    is_json = answer.content and "json" in answer.headers.get("content-type", "")
    body = answer.json() if is_json else {}
    body = body if isinstance(body, dict) else {}
    told = body.get("detail_en", "")
    if body.get("code") == "not_signed_in":
        return "unknown"
    if answer.status_code == 403 and ("the role" in told or "whole county" in told):
        return "refused"
    hides = ("there is no camera", "there is no case", "no case ", "there is no incidents",
             "there is no desk2")  # fmt: skip
    if answer.status_code == 404 and told.startswith(hides):
        return "hidden"
    return "in"


async def _walk(places: Places, role: Role | None, username: str | None) -> Counter[str]:
    part = bool(username and username.endswith("-part"))
    counts: Counter[str] = Counter()
    for key in sorted(ACCESS):
        method, template = key
        scoped = {"case_id", "camera_id"} & set(_parameters(template))
        for where in ("own", "foreign") if scoped else ("own",):
            expected = _expected(role, part, key, where)
            if key in NEVER_ENDS and expected == "in":
                continue  # tested with a real server
            client = await places.client(username, template)
            body = None if method == "GET" else {}
            answer = await client.request(method, places.path(template, where), json=body)
            assert _seen(answer) == expected, (username, key, where, answer.text[:300])
            counts[expected] += 1
    return counts


@pytest.mark.parametrize("area", ["all", "part"])
@pytest.mark.parametrize("role", sorted(PEOPLE))
async def test_every_address_lets_in_exactly_whom_it_should(
    places: Places, role: Role, area: str
) -> None:
    if (role, area) == (Role.WORKER, "all"):
        area = "part"  # a worker without grids has none; that is tested below
    counts = await _walk(places, role, f"{role.value}-{area}")
    assert counts["in"] > 5
    assert counts["refused"] > 5
    sees = {Right.CASES_SEE, Right.CAMERAS_SEE} & GRANTS[role]
    assert (counts["hidden"] > 0) == (area == "part" and bool(sees))


async def test_who_is_not_signed_in_gets_no_further_than_the_door(places: Places) -> None:
    counts = await _walk(places, None, None)
    assert counts["unknown"] > 30
    assert 3 <= counts["in"] <= 24
    assert set(counts) == {"unknown", "in"}


async def test_no_list_tells_of_what_lies_outside_the_area(places: Places) -> None:
    told: Counter[str] = Counter()
    for role in sorted(PEOPLE):
        name = f"{role.value}-part"
        for key in sorted(ACCESS):
            if key[0] != "GET" or _parameters(key[1]) or key in NEVER_ENDS:
                continue
            if _expected(role, True, key, "own") != "in" or key[1] in EXAMPLES:
                continue
            text = (await (await places.client(name, key[1])).get(key[1])).text
            for foreign in (places.foreign_case, f'"{places.foreign_camera}"'):
                assert foreign not in text, (name, key)
            told[name] += places.own_case in text or f'"{places.own_camera}"' in text
    assert told["operator-part"] >= 3
    assert told["worker-part"] >= 1
    assert told["auditor-part"] == 0


async def test_a_worker_without_grids_sees_no_case(places: Places) -> None:
    client = await places.world.client("worker-all")
    assert (await client.get("/api/cases")).json()["items"] == []
    assert (await client.get(f"/api/cases/{places.own_case}")).status_code == 404


async def test_changing_anything_needs_our_own_header(world: Any) -> None:
    client = await world.client("desk")
    del client.headers["X-Yitong"]
    for method, template in ACCESS:
        if method != "GET":
            path = template.replace("{", "").replace("}", "")
            answer = await client.request(method, path, json={})
            assert (answer.status_code, answer.json()["code"]) == (403, "header_missing"), template


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
