"""Who may use which address: one explicit table; what is not in it is refused to everybody."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute

from yitong_command.domain.case import DESK, Role
from yitong_command.errors import NotAllowed, NotFound
from yitong_command.web.auth.service import find_person
from yitong_command.web.context import web_of
from yitong_command.web.errors import HeaderMissing, NotSignedIn

Roles = frozenset[Role]

PUBLIC: Roles = frozenset()
WORKER: Roles = frozenset({Role.WORKER})
ALL: Roles = DESK | WORKER
ADMIN: Roles = frozenset({Role.ADMIN})

ACCESS: dict[tuple[str, str], Roles] = {
    ("POST", "/api/auth/session"): PUBLIC,
    ("DELETE", "/api/auth/session"): ALL,
    ("GET", "/api/auth/me"): ALL,
    ("GET", "/api/openapi.json"): ALL,
    ("GET", "/api/topics"): DESK,
    ("GET", "/api/topics/{name}/sample"): DESK,
    ("GET", "/api/live"): ALL,
    ("GET", "/api/alerts"): DESK,
    ("GET", "/api/cases"): ALL,
    ("GET", "/api/cases/{case_id}"): ALL,
    ("POST", "/api/cases/{case_id}/transitions"): ALL,
    ("GET", "/api/tasks"): WORKER,
    ("POST", "/api/tasks/{task_id}/accept"): WORKER,
    ("POST", "/api/tasks/{task_id}/arrive"): WORKER,
    ("POST", "/api/tasks/{task_id}/handle"): WORKER,
    ("GET", "/api/workers"): DESK,
    ("GET", "/api/cameras"): DESK,
    ("GET", "/api/cameras/faults"): DESK,
    ("GET", "/api/cameras/availability"): DESK,
    ("GET", "/api/cameras/{camera_id}/blind"): DESK,
    ("GET", "/api/cameras/{camera_id}/head"): DESK,
    ("POST", "/api/cameras/{camera_id}/head"): DESK,
    ("POST", "/api/cameras/{camera_id}/proof"): DESK,
    ("POST", "/api/cameras/{camera_id}/reference"): DESK,
    ("GET", "/api/cameras/{camera_id}/picture.jpg"): DESK,
    ("GET", "/api/cameras/{camera_id}/look"): DESK,
    ("GET", "/api/cameras/{camera_id}/zones"): DESK,
    ("PUT", "/api/cameras/{camera_id}/zones"): ADMIN,
    ("GET", "/api/cameras/{camera_id}/zones/history"): DESK,
    ("GET", "/api/grids"): ALL,
    ("GET", "/api/taxonomy"): ALL,
    ("GET", "/api/stats"): DESK,
    ("GET", "/api/stats/precision"): DESK,
    ("GET", "/api/evidence/{sha256}.jpg"): ALL,
    ("GET", "/health/live"): PUBLIC,
    ("GET", "/health/ready"): PUBLIC,
    ("GET", "/metrics"): PUBLIC,
}

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_HEADER = "x-yitong"


async def authorise(request: Request) -> None:
    """Let the request through, or refuse it; runs before every endpoint.

    Raises:
        NotFound: If the address can name nothing.
        HeaderMissing: If a changing request lacks ``X-Yitong: 1``.
        NotSignedIn: If there is no valid session.
        NotAllowed: If the role may not use this address, or nobody may.
    """
    if "\x00" in request.scope["path"]:
        raise NotFound("没有这个地址", "there is no such address")
    key = (request.method, request.scope["route"].path)
    allowed = ACCESS.get(key)
    if request.method not in SAFE and request.headers.get(OWN_HEADER) != "1":
        raise HeaderMissing(
            "缺少请求头 X-Yitong,请从本系统页面操作", "the header X-Yitong: 1 is missing"
        )
    if allowed is None:
        raise NotAllowed("没有人可以使用这个地址", "nobody may use this address")
    if allowed is PUBLIC:
        return
    person = await find_person(web_of(request), request)
    if person is None:
        raise NotSignedIn("请先登录", "please sign in first")
    request.state.person = person
    request.state.username = person.username
    if person.role not in allowed:
        raise NotAllowed(
            f"您的角色({person.role.value})不能使用这个功能",
            f"the role {person.role.value} may not do this",
        )


def operations(routers: Iterable[APIRouter]) -> set[tuple[str, str]]:
    """Every method and path that the routers offer."""
    return {
        (method, route.path)
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
