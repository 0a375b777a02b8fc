"""Signing in and out, and finding the person behind a request."""

from __future__ import annotations

import hashlib
import math
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from fastapi import Request
from prometheus_client import Counter

from yitong_command.domain.case import Actor
from yitong_command.domain.roles import Role
from yitong_command.storage import audit, users
from yitong_command.storage.session import transaction
from yitong_command.storage.users import SEEN_EVERY, SessionView
from yitong_command.storage.views import User
from yitong_command.web.auth.passwords import UNUSABLE, too_weak
from yitong_command.web.context import Web
from yitong_command.web.errors import PasswordRefused, TooManyAttempts, WrongPassword

log = structlog.get_logger()

COOKIE = "yitong_session"
LIFETIME = timedelta(hours=12)
IDLE = timedelta(hours=2)
"""A session that was not used for so long is over; an open page uses it every half hour."""

WALL_LIFETIME = timedelta(days=30)
"""A wall screen stands alone and sees no case; nobody is there to sign in every shift, nor after
a night in which the server was down: its sessions do not end by idleness."""

SIGN_INS = Counter("yitong_web_sign_ins_total", "Sign-ins tried", ["result"])


@dataclass(frozen=True, slots=True)
class Person:
    """Who made a request.

    Attributes:
        user: The account.
        session: The session it was made in.
    """

    user: User
    session: SessionView

    @property
    def username(self) -> str:
        """Name of the account."""
        return self.user.username

    @property
    def role(self) -> Role:
        """What the person may do."""
        return Role(self.user.role)

    @property
    def token_hash(self) -> str:
        """SHA-256 (hex) of the session's token."""
        return self.session.token_hash

    @property
    def actor(self) -> Actor:
        """The person as the store and the life cycle know it."""
        return Actor(self.user.username, self.role, frozenset(self.user.grid_codes))


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a sign-in comes from.

    Attributes:
        address: The network address.
        agent: What the browser says it is.
        token: The session cookie it already had, or "".
    """

    address: str
    agent: str = ""
    token: str = ""

    @classmethod
    def of(cls, request: Request) -> Origin:
        """The origin of a request."""
        address = request.client.host if request.client else "unknown"
        agent = request.headers.get("user-agent", "").replace("\x00", "")
        return cls(address, agent, request.cookies.get(COOKIE, "")[:200])


def token_hash(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def lifetime(user: User) -> timedelta:
    """How long a session of this person lasts at most."""
    return WALL_LIFETIME if user.role == Role.WALL else LIFETIME


async def sign_in(web: Web, username: str, password: str, origin: Origin) -> tuple[User, str]:
    """A new session.

    Args:
        web: The parts of the service.
        username: As typed.
        password: As typed.
        origin: Where the request comes from.

    Returns:
        The user, and the token for the cookie; only its hash is stored.

    Raises:
        TooManyAttempts: If too many were tried for this user or from this address.
        WrongPassword: If user name and password do not belong together.
    """
    now = web.clock()
    wait = web.limiter.take(username, origin.address, now)
    if wait:
        SIGN_INS.labels("limited").inc()
        raise TooManyAttempts(wait)
    async with transaction(web.readers) as session:
        user = await users.get_user(session, username)
        locked = await users.locked_until(session, username, now)
    right = await web.passwords.matches(user.password_hash if user else None, password)
    if locked is not None:
        SIGN_INS.labels("locked").inc()
        raise TooManyAttempts(math.ceil((locked - now).total_seconds()))
    if user is None or not right or not user.active:
        await _note_failure(web, username, origin.address, now)
        raise WrongPassword("用户名或密码不对", "user name or password is wrong")
    web.limiter.succeeded(username, origin.address)
    if web.passwords.is_old(user.password_hash):
        newer = await web.passwords.hash(password)
        async with transaction(web.sessions) as session:
            await users.rehash(session, username, user.password_hash, newer)
    return user, await open_session(web, user, origin, "sign_in")


async def open_session(web: Web, user: User, origin: Origin, action: str) -> str:
    """A new session for somebody who proved who they are; the browser's old one ends.

    Returns:
        The token for the cookie; only its hash is stored.
    """
    now, token = web.clock(), secrets.token_urlsafe(32)
    async with transaction(web.sessions) as session:
        await users.delete_expired(session, now)
        if origin.token:
            await users.delete_session(session, token_hash(origin.token))
        await users.clear_failures(session, user.username)
        await users.create_session(
            session, token_hash(token), user.username, now + lifetime(user), now,
            origin.address, origin.agent,
        )  # fmt: skip
        await audit.record(
            session, now, user.username, user.role, action, "session", {"address": origin.address}
        )
    if origin.token:
        web.feed.end_session(token_hash(origin.token))
    SIGN_INS.labels("ok").inc()
    return token


async def _note_failure(web: Web, username: str, address: str, now: datetime) -> None:
    SIGN_INS.labels("wrong").inc()
    async with transaction(web.sessions) as session:
        locked = await users.count_failure(session, username, now)
        detail = {"address": address}
        await audit.record(session, now, username[:64], "", "sign_in_failed", "session", detail)
        if locked:
            await audit.record(
                session, now, username[:64], "", "account_locked", username[:64], detail
            )


async def sign_out(web: Web, person: Person) -> None:
    """End the session, here and in the live feed."""
    now = web.clock()
    async with transaction(web.sessions) as session:
        await users.delete_session(session, person.token_hash)
        await audit.record(
            session, now, person.username, person.user.role, "sign_out", "session", {}
        )
    web.feed.end_session(person.token_hash)


async def change_password(web: Web, person: Person, current: str, new: str, origin: Origin) -> str:
    """Another password; every session of the person ends, and a new one is opened here.

    Returns:
        The token for the cookie.

    Raises:
        TooManyAttempts: If too many were tried.
        WrongPassword: If the current password is not right.
        PasswordRefused: If the new one is too weak, or is the old one.
    """
    now = web.clock()
    wait = web.limiter.take(person.username, origin.address, now)
    if wait:
        raise TooManyAttempts(wait)
    if person.user.password_hash == UNUSABLE:
        raise PasswordRefused("请在统一登录处修改密码", "this account has no password here")
    if not await web.passwords.matches(person.user.password_hash, current):
        await _note_failure(web, person.username, origin.address, now)
        raise WrongPassword("当前密码不对", "the current password is wrong")
    weak = too_weak(new, person.username)
    if weak is None and new == current:
        weak = ("新密码与当前密码相同", "the new password is the current one")
    if weak is not None:
        raise PasswordRefused(*weak)
    hashed = await web.passwords.hash(new)
    async with transaction(web.sessions) as session:
        await users.set_password(session, person.username, hashed, must_change=False)
        ended = await users.end_sessions(session, person.username)
        await audit.record(
            session, now, person.username, person.user.role, "password_changed", person.username,
            {"ended_sessions": len(ended)},
        )  # fmt: skip
    for token in ended:
        web.feed.end_session(token)
    return await open_session(web, person.user, origin, "sign_in")


async def find_person(web: Web, request: Request) -> Person | None:
    """The person whose valid session the request's cookie names, or None."""
    token = request.cookies.get(COOKIE, "")
    if not token or len(token) > 200:
        return None
    digest, now = token_hash(token), web.clock()
    async with transaction(web.readers) as session:
        found = await users.find_session(session, digest, now)
    if found is None:
        return None
    idle = now - found.session.seen_at
    if idle > IDLE and found.user.role != Role.WALL:
        async with transaction(web.sessions) as session:
            await users.delete_session(session, digest)
        web.feed.end_session(digest)
        return None
    if idle >= SEEN_EVERY:
        async with transaction(web.sessions) as session:
            await users.saw_session(session, digest, now)
    return Person(found.user, found.session)
