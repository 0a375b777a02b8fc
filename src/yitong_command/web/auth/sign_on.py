"""Signing in at the county's sign-on: there, back, and whose account it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.roles import Role
from yitong_command.errors import ConfigError, NotFound
from yitong_command.settings.oidc import SignOn
from yitong_command.settings.secrets import make_vault
from yitong_command.storage import audit, users
from yitong_command.storage.session import transaction
from yitong_command.storage.views import User
from yitong_command.web.auth.oidc import STARTED, Attempt, Provider, SignOnFailed
from yitong_command.web.auth.passwords import UNUSABLE
from yitong_command.web.auth.router import give_cookie
from yitong_command.web.auth.schemas import Methods
from yitong_command.web.auth.service import SIGN_INS, Origin, open_session
from yitong_command.web.context import Web
from yitong_command.web.deps import WebDep

log = structlog.get_logger()
router = APIRouter(tags=["auth"])

COOKIE = "yitong_sign_on"
BACK = "/api/auth/oidc"


@router.get("/api/auth/methods")
async def methods(web: WebDep) -> Methods:
    """How one can sign in here."""
    name = web.sign_on.sign_on.name if web.sign_on else None
    return Methods(
        password=True,
        oidc_name_zh=name.zh if name else None,
        oidc_name_en=name.en if name else None,
    )


@router.get("/api/auth/oidc/start", status_code=303)
async def start(web: WebDep, request: Request) -> Response:
    """Go to the county's sign-on; the browser keeps, sealed, what it must come back with."""
    provider = _provider(web)
    attempt = Attempt.new(web.clock())
    try:
        address = await provider.address(attempt)
    except SignOnFailed as failure:
        return _refused(failure)
    answer = RedirectResponse(address, status_code=303)
    # Lax, not strict: the browser comes back from another site.
    answer.set_cookie(
        COOKIE, make_vault(web.settings.key_file).seal(attempt.text()),
        max_age=int(STARTED.total_seconds()), path=BACK, httponly=True, samesite="lax",
        secure=request.url.scheme == "https",
    )  # fmt: skip
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.get("/api/auth/oidc/callback", status_code=303)
async def callback(
    web: WebDep, request: Request, state: str = "", code: str = "", error: str = ""
) -> Response:
    """Back from the county's sign-on: signed in, or told why not."""
    provider = _provider(web)
    try:
        attempt = _attempt(web, request)
        attempt.check(state, code, error, web.clock())
        claims = await provider.claims(code, attempt, web.clock())
        async with transaction(web.sessions) as session:
            user = await _account(web, session, provider.sign_on, claims)
    except SignOnFailed as failure:
        return _refused(failure)
    token = await open_session(web, user, Origin.of(request), "sign_in")
    answer = RedirectResponse("/login?signed=1", status_code=303)
    give_cookie(request, answer, user, token)
    answer.delete_cookie(COOKIE, path=BACK)
    return answer


def _provider(web: Web) -> Provider:
    if web.sign_on is None:
        raise NotFound("没有设置统一登录", "no sign-on is configured")
    return web.sign_on


def _attempt(web: Web, request: Request) -> Attempt:
    try:
        text = make_vault(web.settings.key_file).open(request.cookies.get(COOKIE, ""))
    except ConfigError:
        raise SignOnFailed("state", "this browser began no attempt") from None
    return Attempt.read(text)


def _refused(failure: SignOnFailed) -> Response:
    SIGN_INS.labels("sign_on").inc()
    log.info("sign_on_refused", code=failure.code, reason=str(failure))
    answer = RedirectResponse(f"/login?refused={failure.code}", status_code=303)
    answer.delete_cookie(COOKIE, path=BACK)
    return answer


async def _account(
    web: Web, session: AsyncSession, sign_on: SignOn, claims: Mapping[str, Any]
) -> User:
    """The account of a subject, as the claims have it today; made at the first sign-in.

    Raises:
        SignOnFailed: If the claims make nobody of them, the account is closed, or its name is
            somebody else's.
    """
    role, area = sign_on.role_of(claims), sign_on.areas_of(claims)
    if role is None or area is None or (role is Role.WORKER and not area):
        raise SignOnFailed("no_role", "the claims name no role or no area")
    user = await users.find_by_subject(session, claims["sub"])
    if user is None:
        user = _fresh(claims, role, area)
        if await users.get_user(session, user.username) is not None:
            raise SignOnFailed("taken", f"{user.username} is somebody else's account")
        await _keep(web, session, user)
    if not user.active:
        raise SignOnFailed("closed", f"the account {user.username} is closed")
    if (user.role, user.grid_codes) != (role.value, area):
        user = replace(user, role=role.value, grid_codes=area)
        if role in {Role.ADMIN, Role.AUDITOR, Role.WALL}:
            user = replace(user, detail_roles=())
        await _keep(web, session, user)
    return user


def _fresh(claims: Mapping[str, Any], role: Role, area: tuple[str, ...]) -> User:
    told = str(claims.get("preferred_username") or claims["sub"]).lower()
    username = re.sub(r"[^a-z0-9._-]", "-", told)[:64]
    name = str(claims.get("name") or username)[:80]
    return User(
        username=username, name_zh=name, name_en=name, role=role.value, password_hash=UNUSABLE,
        grid_codes=area, post="A", oidc_subject=claims["sub"],
    )  # fmt: skip


async def _keep(web: Web, session: AsyncSession, user: User) -> None:
    """Another role or area ends the sessions that were opened with the old one."""
    ended = await users.end_sessions(session, user.username)
    await users.create_user(session, user)
    detail = {"role": user.role, "grid_codes": list(user.grid_codes), "from": "sign_on"}
    await audit.record(
        session, web.clock(), user.username, user.role, "account_saved", user.username, detail
    )
    for token in ended:
        web.feed.end_session(token)
