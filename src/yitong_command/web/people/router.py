"""Accounts: made, changed, closed and given new passwords, every act audited."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.roles import Role
from yitong_command.errors import NotAllowed, NotFound
from yitong_command.storage import audit, users
from yitong_command.storage.session import transaction
from yitong_command.storage.views import User
from yitong_command.web.auth.service import Person
from yitong_command.web.context import Web
from yitong_command.web.deps import PersonDep, WebDep
from yitong_command.web.people.schemas import AccountIn, AccountOut, Accounts, Given

router = APIRouter(tags=["people"])

Name = Annotated[str, Path(pattern=r"^[a-z0-9._-]{1,64}$")]


@router.get("/api/users")
async def accounts(web: WebDep) -> Accounts:
    """All accounts; no password and no hash is ever told."""
    async with transaction(web.readers) as session:
        found = await users.list_users(session)
    return Accounts(items=tuple(AccountOut.model_validate(item) for item in found))


@router.put("/api/users/{username}")
async def put(web: WebDep, person: PersonDep, username: Name, body: AccountIn) -> AccountOut:
    """Make an account, which needs a password next, or change one; a change ends its sessions."""
    _check(web, body)
    async with transaction(web.sessions) as session:
        before = await users.get_user(session, username)
        user = User(
            username=username, **body.model_dump(), must_change=True,
            password_hash=before.password_hash if before else "!",
        )  # fmt: skip
        if before is not None:
            user = replace(user, must_change=before.must_change, oidc_subject=before.oidc_subject)
        ended = await users.end_sessions(session, username)
        await users.create_user(session, user)
        if not await users.active_admins(session):
            raise NotAllowed("至少要有一个管理员", "there must be an administrator left")
        await _record(web, session, person, username, "account_saved", body.model_dump())
    for token in ended:
        web.feed.end_session(token)
    return AccountOut.model_validate(user)


@router.post("/api/users/{username}/password")
async def give_password(web: WebDep, person: PersonDep, username: Name) -> Given:
    """Give an account a new password, told this once; its sessions end."""
    password = secrets.token_urlsafe(12)
    hashed = await web.passwords.hash(password)
    async with transaction(web.sessions) as session:
        if await users.get_user(session, username) is None:
            raise NotFound(f"没有账号 {username}", f"there is no account {username}")
        await users.set_password(session, username, hashed, must_change=True)
        ended = await users.end_sessions(session, username)
        await _record(web, session, person, username, "password_given", {})
    for token in ended:
        web.feed.end_session(token)
    return Given(username=username, password=password)


def _check(web: Web, body: AccountIn) -> None:
    known = [grid.code for grid in web.county.grids]
    for code in body.grid_codes:
        if not code or not any(grid.startswith(code) for grid in known):
            raise NotFound(f"没有网格 {code}", f"there is no area {code}")
    for role in body.detail_roles:
        if role not in web.county.taxonomy.roles:
            raise NotFound(f"没有岗位 {role}", f"there is no role {role}")
    if body.detail_roles and body.role in {Role.ADMIN, Role.AUDITOR, Role.WALL}:
        raise NotAllowed("管理员、审计员和大屏不能有详情岗位", "this role can't have a detail role")


async def _record(
    web: Web, session: AsyncSession, person: Person, username: str, action: str,
    detail: dict[str, Any],
) -> None:  # fmt: skip
    await audit.record(
        session, web.clock(), person.username, person.role.value, action, username, detail
    )
