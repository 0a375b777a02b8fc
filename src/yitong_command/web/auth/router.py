"""Signing in and out, one's own password and sessions."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from yitong_command.domain.roles import GRANTS, Role, in_area, whole_county
from yitong_command.errors import NotFound
from yitong_command.storage import audit, users
from yitong_command.storage.session import transaction
from yitong_command.storage.views import User
from yitong_command.web.auth.schemas import (
    Ended,
    Me,
    PasswordChange,
    SessionOut,
    SessionsOut,
    Signed,
    SignIn,
    UserOut,
    Workers,
)
from yitong_command.web.auth.service import (
    COOKIE,
    Origin,
    Person,
    change_password,
    lifetime,
    sign_in,
    sign_out,
)
from yitong_command.web.deps import PersonDep, WebDep

router = APIRouter(tags=["auth"])


def signed(user: User) -> Signed:
    """Who is signed in, with what they may do."""
    rights = tuple(sorted(GRANTS[Role(user.role)]))
    told = UserOut.model_validate(user).model_dump()
    return Signed(
        user=Me(**told, rights=rights, detail_roles=user.detail_roles, must_change=user.must_change)
    )


def give_cookie(request: Request, response: Response, user: User, token: str) -> None:
    """Hand the browser its token: not for scripts, not for other sites."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(lifetime(user).total_seconds()),
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    response.headers["Cache-Control"] = "no-store"


@router.post("/api/auth/session")
async def create_session(web: WebDep, body: SignIn, request: Request, response: Response) -> Signed:
    """Sign in; the answer sets the session cookie."""
    user, token = await sign_in(web, body.username, body.password, Origin.of(request))
    give_cookie(request, response, user, token)
    return signed(user)


@router.delete("/api/auth/session", status_code=204)
async def delete_session(web: WebDep, person: PersonDep, response: Response) -> None:
    """Sign out; the cookie and the live feed of this session end."""
    await sign_out(web, person)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


@router.get("/api/auth/me")
async def me(person: PersonDep) -> Signed:
    """Who is signed in, and what they may do."""
    return signed(person.user)


@router.post("/api/auth/password")
async def password(
    web: WebDep, person: PersonDep, body: PasswordChange, request: Request, response: Response
) -> Signed:
    """Change one's own password; all other sessions end."""
    token = await change_password(web, person, body.current, body.new, Origin.of(request))
    give_cookie(request, response, person.user, token)
    async with transaction(web.readers) as session:
        user = await users.get_user(session, person.username)
    return signed(user or person.user)


@router.get("/api/auth/sessions")
async def sessions(web: WebDep, person: PersonDep) -> SessionsOut:
    """The browsers in which one is signed in."""
    async with transaction(web.readers) as session:
        found = await users.list_sessions(session, person.username, web.clock())
    return SessionsOut(
        items=tuple(
            SessionOut(
                session_id=item.session_id, created_at=item.created_at, seen_at=item.seen_at,
                expires_at=item.expires_at, address=item.address, agent=item.agent,
                current=item.token_hash == person.token_hash,
            )
            for item in found
        )
    )  # fmt: skip


@router.delete("/api/auth/sessions")
async def end_others(web: WebDep, person: PersonDep) -> Ended:
    """Sign out everywhere else."""
    async with transaction(web.sessions) as session:
        ended = await users.end_sessions(session, person.username, but=person.token_hash)
        await audit.record(
            session, web.clock(), person.username, person.role.value, "sessions_ended",
            person.username, {"session": "others", "ended": len(ended)},
        )  # fmt: skip
    for token in ended:
        web.feed.end_session(token)
    return Ended(ended=len(ended))


@router.delete("/api/auth/sessions/{session_id}", status_code=204)
async def end_one(web: WebDep, person: PersonDep, session_id: str) -> None:
    """Sign out one of one's own browsers."""
    async with transaction(web.sessions) as session:
        found = await users.list_sessions(session, person.username, web.clock())
        own = [item.token_hash for item in found if item.session_id == session_id]
        if not own:
            raise NotFound("没有这个登录", "there is no such session")
        await users.delete_session(session, own[0])
        await audit.record(
            session, web.clock(), person.username, person.role.value, "sessions_ended",
            person.username, {"session": session_id},
        )  # fmt: skip
    web.feed.end_session(own[0])


@router.get("/api/workers")
async def workers(web: WebDep, person: PersonDep) -> Workers:
    """Workers a case can be dispatched to: those whose area meets one's own."""
    async with transaction(web.readers) as session:
        everybody = await users.list_users(session)
    chosen = [user for user in everybody if user.role == Role.WORKER and user.active]
    return Workers(
        items=tuple(UserOut.model_validate(user) for user in chosen if _meets(person, user))
    )


def _meets(person: Person, user: User) -> bool:
    area = person.user.grid_codes
    if whole_county(person.role, area):
        return True
    return any(in_area(person.role, area, code) for code in user.grid_codes)
