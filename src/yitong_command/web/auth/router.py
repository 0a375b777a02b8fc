"""Signing in and out."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from yitong_command.domain.case import Role
from yitong_command.storage import users
from yitong_command.storage.session import transaction
from yitong_command.web.auth.schemas import Signed, SignIn, UserOut, Workers
from yitong_command.web.auth.service import COOKIE, LIFETIME, sign_in, sign_out
from yitong_command.web.deps import PersonDep, WebDep

router = APIRouter(tags=["auth"])


@router.post("/api/auth/session")
async def create_session(web: WebDep, body: SignIn, request: Request, response: Response) -> Signed:
    """Sign in; the answer sets the session cookie."""
    address = request.client.host if request.client else "unknown"
    user, token = await sign_in(web, body.username, body.password, address)
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(LIFETIME.total_seconds()),
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    response.headers["Cache-Control"] = "no-store"
    return Signed(user=UserOut.model_validate(user))


@router.delete("/api/auth/session", status_code=204)
async def delete_session(web: WebDep, person: PersonDep, response: Response) -> None:
    """Sign out; the cookie and the live feed of this session end."""
    await sign_out(web, person)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


@router.get("/api/auth/me")
async def me(person: PersonDep) -> Signed:
    """Who is signed in."""
    return Signed(user=UserOut.model_validate(person.user))


@router.get("/api/workers")
async def workers(web: WebDep) -> Workers:
    """Workers a case can be dispatched to."""
    async with transaction(web.readers) as session:
        everybody = await users.list_users(session)
    chosen = [user for user in everybody if user.role == Role.WORKER]
    return Workers(items=tuple(UserOut.model_validate(user) for user in chosen))
