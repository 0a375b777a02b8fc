"""Who may use which address: one explicit table; what is not in it is refused to everybody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute

from yitong_command.domain.roles import ROLE_WORDS, Right, Role, may, whole_county
from yitong_command.errors import NotAllowed, NotFound
from yitong_command.web import scope
from yitong_command.web.auth.service import Person, find_person
from yitong_command.web.context import web_of
from yitong_command.web.errors import HeaderMissing, NotSignedIn, PasswordMustChange

Roles = frozenset[Role]

PUBLIC: Roles = frozenset()
SIGNED_IN: Roles = may(Right.SELF)
ALL: Roles = may(Right.CASES_SEE)
"""Whoever works on cases: the desk and the workers."""

DESK: Roles = may(Right.DESK_WORK)
WORKER: Roles = may(Right.TASKS_OWN)
ADMIN: Roles = may(Right.PEOPLE_SET)
LEADERS: Roles = may(Right.LEAD)
CAMERAS: Roles = may(Right.CAMERAS_SEE)
STEERING: Roles = may(Right.CAMERAS_STEER)
ZONES: Roles = may(Right.CAMERAS_SET)
NUMBERS: Roles = may(Right.NUMBERS_SEE)
REPORTS: Roles = may(Right.REPORTS_SEE)
STREAM: Roles = may(Right.STREAM_SEE)
TOPICS: Roles = may(Right.TOPICS_SEE)
DETAILS: Roles = may(Right.DETAILS_SEE)
AUDIT: Roles = may(Right.AUDIT_SEE)
WALL: Roles = may(Right.WALL_SEE)

ACCESS: dict[tuple[str, str], Roles] = {
    ("POST", "/api/auth/session"): PUBLIC,
    ("DELETE", "/api/auth/session"): SIGNED_IN,
    ("GET", "/api/auth/methods"): PUBLIC,
    ("GET", "/api/auth/oidc/start"): PUBLIC,
    ("GET", "/api/auth/oidc/callback"): PUBLIC,
    ("GET", "/api/auth/me"): SIGNED_IN,
    ("POST", "/api/auth/password"): SIGNED_IN,
    ("GET", "/api/auth/sessions"): SIGNED_IN,
    ("DELETE", "/api/auth/sessions"): SIGNED_IN,
    ("DELETE", "/api/auth/sessions/{session_id}"): SIGNED_IN,
    ("POST", "/api/cases/{case_id}/details/view"): DETAILS,
    ("POST", "/api/cases/{case_id}/details"): DETAILS,
    ("GET", "/api/kpis"): REPORTS,
    ("GET", "/api/kpis/weeks"): REPORTS,
    ("GET", "/api/kpis/workload"): REPORTS,
    ("GET", "/api/users"): ADMIN,
    ("PUT", "/api/users/{username}"): ADMIN,
    ("POST", "/api/users/{username}/password"): ADMIN,
    ("GET", "/api/audit"): AUDIT,
    ("GET", "/api/audit/state"): AUDIT,
    ("GET", "/api/openapi.json"): SIGNED_IN,
    ("GET", "/api/topics"): TOPICS,
    ("GET", "/api/topics/{name}/sample"): TOPICS,
    ("GET", "/api/live"): STREAM,
    ("GET", "/api/alerts"): DESK,
    ("GET", "/api/cases"): ALL,
    ("GET", "/api/cases/{case_id}"): ALL,
    ("POST", "/api/cases/{case_id}/transitions"): ALL,
    ("GET", "/api/cases/{case_id}/tellings"): ALL,
    ("POST", "/api/cases/{case_id}/split"): DESK,
    ("GET", "/api/merges/questions"): DESK,
    ("GET", "/api/groups"): DESK,
    ("GET", "/api/claims"): DESK,
    ("PUT", "/api/cases/{case_id}/claim"): DESK,
    ("DELETE", "/api/cases/{case_id}/claim"): DESK,
    ("POST", "/api/merges/questions/{question_id}"): DESK,
    ("GET", "/api/cases/{case_id}/holder"): ALL,
    ("POST", "/api/cases/{case_id}/proposals"): ALL,
    ("POST", "/api/cases/{case_id}/proposals/answer"): ALL,
    ("POST", "/api/cases/{case_id}/urge"): DESK,
    ("POST", "/api/cases/{case_id}/call"): DESK,
    ("POST", "/api/cases/{case_id}/hold"): LEADERS,
    ("POST", "/api/cases/{case_id}/proof"): DESK,
    ("GET", "/api/public/reports/form"): PUBLIC,
    ("POST", "/api/public/reports"): PUBLIC,
    ("GET", "/api/public/reports/{receipt}"): PUBLIC,
    ("POST", "/api/reports"): WORKER,
    ("GET", "/api/tasks"): WORKER,
    ("POST", "/api/tasks/{task_id}/accept"): WORKER,
    ("POST", "/api/tasks/{task_id}/return"): WORKER,
    ("POST", "/api/tasks/{task_id}/extend"): WORKER,
    ("GET", "/api/teams/groups"): ALL,
    ("POST", "/api/teams/groups/{group_code}"): LEADERS,
    ("GET", "/api/campaigns"): ALL,
    ("POST", "/api/campaigns"): LEADERS,
    ("GET", "/api/campaigns/{campaign_id}/tasks"): ALL,
    ("POST", "/api/campaigns/tasks/{task_id}/done"): WORKER,
    ("GET", "/api/cases/{case_id}/squad"): ALL,
    ("POST", "/api/cases/{case_id}/squad"): DESK,
    ("POST", "/api/cases/{case_id}/squad/visits"): WORKER,
    ("POST", "/api/cases/{case_id}/squad/pass-up"): DESK,
    ("POST", "/api/cases/{case_id}/squad/result"): DESK,
    ("GET", "/api/looks"): WORKER,
    ("POST", "/api/looks/{case_id}"): WORKER,
    ("POST", "/api/tasks/{task_id}/arrive"): WORKER,
    ("POST", "/api/tasks/{task_id}/protect"): WORKER,
    ("POST", "/api/tasks/{task_id}/handle"): WORKER,
    ("GET", "/api/workers"): DESK,
    ("GET", "/api/cameras"): CAMERAS,
    ("GET", "/api/cameras/faults"): CAMERAS,
    ("GET", "/api/cameras/availability"): CAMERAS,
    ("GET", "/api/cameras/{camera_id}/blind"): CAMERAS,
    ("GET", "/api/cameras/{camera_id}/head"): STEERING,
    ("POST", "/api/cameras/{camera_id}/head"): STEERING,
    ("POST", "/api/cameras/{camera_id}/proof"): STEERING,
    ("POST", "/api/cameras/{camera_id}/reference"): STEERING,
    ("GET", "/api/cameras/{camera_id}/picture.jpg"): CAMERAS,
    ("GET", "/api/cameras/{camera_id}/look"): CAMERAS,
    ("GET", "/api/cameras/{camera_id}/video"): STEERING,
    ("GET", "/api/cameras/{camera_id}/zones"): STEERING,
    ("PUT", "/api/cameras/{camera_id}/zones"): ZONES,
    ("GET", "/api/cameras/{camera_id}/zones/history"): STEERING,
    ("GET", "/api/sensors"): CAMERAS,
    ("GET", "/api/cases/{case_id}/clock"): ALL,
    ("GET", "/api/rosters"): ALL,
    ("GET", "/api/rosters/now"): ALL,
    ("POST", "/api/rosters/duties"): LEADERS,
    ("PUT", "/api/rosters/duties/{entry_id}"): LEADERS,
    ("POST", "/api/rosters/duties/{entry_id}/remove"): LEADERS,
    ("POST", "/api/rosters/leave"): ALL,
    ("POST", "/api/rosters/swaps"): WORKER,
    ("POST", "/api/rosters/{entry_id}/answer"): ALL,
    ("POST", "/api/rosters/{entry_id}/withdraw"): ALL,
    ("GET", "/api/rosters/{entry_id}/history"): ALL,
    ("GET", "/api/wall"): WALL,
    ("GET", "/api/handovers"): DESK,
    ("GET", "/api/handovers/sheet"): DESK,
    ("POST", "/api/handovers"): DESK,
    ("POST", "/api/handovers/{handover_id}/accept"): DESK,
    ("POST", "/api/handovers/{handover_id}/withdraw"): DESK,
    ("GET", "/api/modes"): DESK,
    ("POST", "/api/modes"): DESK,
    ("GET", "/api/modes/now"): SIGNED_IN,
    ("POST", "/api/modes/{mode_id}/confirm"): LEADERS,
    ("POST", "/api/modes/{mode_id}/withdraw"): DESK,
    ("POST", "/api/modes/{mode_id}/end"): LEADERS,
    ("POST", "/api/modes/{mode_id}/check-in"): WORKER,
    ("GET", "/api/modes/{mode_id}/debrief"): DESK,
    ("GET", "/api/modes/{mode_id}/debrief.html"): DESK,
    ("GET", "/api/grids"): SIGNED_IN,
    ("GET", "/api/taxonomy"): SIGNED_IN,
    ("GET", "/api/stats"): NUMBERS,
    ("GET", "/api/stats/precision"): REPORTS,
    ("GET", "/api/ledger"): REPORTS,
    ("GET", "/api/replay/files"): ADMIN,
    ("POST", "/api/replay"): ADMIN,
    ("GET", "/api/evidence/{sha256}.jpg"): ALL,
    ("GET", "/api/cases.csv"): DESK,
    ("GET", "/api/cases.geojson"): DESK,
    ("POST", "/api/cases/{case_id}/warning"): DESK,
    ("GET", "/api/cases/{case_id}/warnings"): ALL,
    ("GET", "/api/cap/feed"): PUBLIC,
    ("GET", "/api/cap/{warning_id}.xml"): PUBLIC,
    ("GET", "/api/open311/v2/discovery.{form}"): PUBLIC,
    ("GET", "/api/open311/v2/services.{form}"): PUBLIC,
    ("GET", "/api/open311/v2/services/{service_code}.{form}"): PUBLIC,
    ("GET", "/api/open311/v2/requests.{form}"): PUBLIC,
    ("GET", "/api/open311/v2/requests/{service_request_id}.{form}"): PUBLIC,
    ("GET", "/api/webhooks"): ADMIN,
    ("POST", "/api/webhooks"): ADMIN,
    ("DELETE", "/api/webhooks/{webhook_id}"): ADMIN,
    ("POST", "/api/webhooks/{webhook_id}/test"): ADMIN,
    ("POST", "/api/webhooks/{webhook_id}/replay"): ADMIN,
    ("GET", "/health/live"): PUBLIC,
    ("GET", "/health/ready"): PUBLIC,
    ("GET", "/metrics"): PUBLIC,
}

SCOPED: frozenset[tuple[str, str]] = frozenset(
    {
        ("DELETE", "/api/auth/session"), ("GET", "/api/auth/me"), ("POST", "/api/auth/password"),
        ("GET", "/api/auth/sessions"), ("DELETE", "/api/auth/sessions"),
        ("GET", "/api/openapi.json"), ("GET", "/api/taxonomy"), ("GET", "/api/topics"),
        ("GET", "/api/live"), ("GET", "/api/alerts"), ("GET", "/api/cases"),
        ("GET", "/api/cases.csv"), ("GET", "/api/cases.geojson"),
        ("GET", "/api/merges/questions"), ("GET", "/api/groups"), ("GET", "/api/claims"),
        ("GET", "/api/kpis"), ("GET", "/api/kpis/weeks"), ("GET", "/api/kpis/workload"),
        ("GET", "/api/workers"), ("GET", "/api/cameras"), ("GET", "/api/cameras/faults"),
        ("GET", "/api/cameras/availability"), ("GET", "/api/grids"), ("GET", "/api/stats"),
        ("GET", "/api/sensors"), ("GET", "/api/rosters"), ("GET", "/api/rosters/now"),
        ("POST", "/api/rosters/duties"), ("POST", "/api/rosters/leave"),
        ("GET", "/api/teams/groups"), ("GET", "/api/campaigns"), ("POST", "/api/campaigns"),
        ("GET", "/api/modes"), ("POST", "/api/modes"), ("GET", "/api/modes/now"),
        ("GET", "/api/wall"), ("GET", "/api/handovers"), ("GET", "/api/handovers/sheet"),
        ("POST", "/api/handovers"),
    }
)  # fmt: skip
"""Addresses without a parameter that answer by the person's area (or tell the same to everybody).
Any other one is closed to who has only a part of the county, until its service looks at the area.
Workers are no part of this: their services look at their own tasks and grids."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_HEADER = "x-yitong"
WITH_OLD_PASSWORD = frozenset(
    {("GET", "/api/auth/me"), ("POST", "/api/auth/password"), ("DELETE", "/api/auth/session")}
)


async def authorise(request: Request) -> None:
    """Let the request through, or refuse it; runs before every endpoint.

    Raises:
        NotFound: If the address can name nothing, or names what lies outside the person's area.
        HeaderMissing: If a changing request lacks ``X-Yitong: 1``.
        NotSignedIn: If there is no valid session.
        PasswordMustChange: If the person has to change the password first.
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
    _check_role(person, key, allowed)
    await _check_area(request, person, key)


def _check_role(person: Person, key: tuple[str, str], allowed: Roles) -> None:
    if person.user.must_change and key not in WITH_OLD_PASSWORD:
        raise PasswordMustChange("请先修改密码", "change your password first")
    if person.role not in allowed:
        zh, en = ROLE_WORDS[person.role]
        raise NotAllowed(f"您的角色({zh})不能使用这个功能", f"the role {en} may not do this")


async def _check_area(request: Request, person: Person, key: tuple[str, str]) -> None:
    named: Mapping[str, str] = request.path_params
    if named:
        await scope.check(web_of(request), person, named)
        return
    part = person.role is not Role.WORKER and not whole_county(person.role, person.user.grid_codes)
    if part and key not in SCOPED:
        raise NotAllowed(
            "这个功能只对全县范围的账号开放", "this is only for accounts of the whole county"
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


def _needs_person(route: APIRoute) -> bool:
    return any(ACCESS.get((method, route.path)) for method in route.methods or ())


def unguarded(routers: Iterable[APIRouter]) -> list[str]:
    """What is wrong with the addresses: no right declared, or a parameter without a guard."""
    found = [f"no access rule for {key}" for key in sorted(operations(routers) - set(ACCESS))]
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute) and _needs_person(route):
                missing = sorted(set(route.param_convertors) - set(scope.GUARDS))
                found += [
                    f"no guard in web/scope.py for {name} of {route.path}" for name in missing
                ]
    return found
