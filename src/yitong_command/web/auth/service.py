"""Signing in and out, and finding the person behind a request."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

import structlog
from fastapi import Request
from prometheus_client import Counter

from yitong_command.domain.case import Actor, Role
from yitong_command.storage import audit, users
from yitong_command.storage.session import transaction
from yitong_command.storage.views import User
from yitong_command.web.context import Web
from yitong_command.web.errors import TooManyAttempts, WrongPassword

log = structlog.get_logger()

COOKIE = "yitong_session"
LIFETIME = timedelta(hours=12)
SIGN_INS = Counter("yitong_web_sign_ins_total", "Sign-ins tried", ["result"])


@dataclass(frozen=True, slots=True)
class Person:
    """Who made a request.

    Attributes:
        user: The account.
        token_hash: SHA-256 (hex) of the session's token.
    """

    user: User
    token_hash: str

    @property
    def username(self) -> str:
        """Name of the account."""
        return self.user.username

    @property
    def role(self) -> Role:
        """What the person may do."""
        return Role(self.user.role)

    @property
    def actor(self) -> Actor:
        """The person as the store and the life cycle know it."""
        return Actor(self.user.username, self.role, frozenset(self.user.grid_codes))


def token_hash(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


async def sign_in(web: Web, username: str, password: str, address: str) -> tuple[User, str]:
    """A new session.

    Args:
        web: The parts of the service.
        username: As typed.
        password: As typed.
        address: Where the request comes from.

    Returns:
        The user, and the token for the cookie; only its hash is stored.

    Raises:
        TooManyAttempts: If too many were tried for this user or from this address.
        WrongPassword: If user name and password do not belong together.
    """
    now = web.clock()
    wait = web.limiter.take(username, address, now)
    if wait:
        SIGN_INS.labels("limited").inc()
        raise TooManyAttempts(wait)
    async with transaction(web.readers) as session:
        user = await users.get_user(session, username)
    if not await web.passwords.matches(user.password_hash if user else None, password):
        SIGN_INS.labels("wrong").inc()
        async with transaction(web.sessions) as session:
            await audit.record(
                session, now, username[:64], "", "sign_in_failed", "session", {"address": address}
            )
        raise WrongPassword("用户名或密码不对", "user name or password is wrong")
    assert user is not None  # noqa: S101 - an unknown user never matches
    web.limiter.succeeded(username, address)
    token = secrets.token_urlsafe(32)
    async with transaction(web.sessions) as session:
        await users.delete_expired(session, now)
        await users.create_session(session, token_hash(token), username, now + LIFETIME)
        await audit.record(
            session, now, username, user.role, "sign_in", "session", {"address": address}
        )
    SIGN_INS.labels("ok").inc()
    return user, token


async def sign_out(web: Web, person: Person) -> None:
    """End the session, here and in the live feed."""
    now = web.clock()
    async with transaction(web.sessions) as session:
        await users.delete_session(session, person.token_hash)
        await audit.record(
            session, now, person.username, person.user.role, "sign_out", "session", {}
        )
    web.feed.end_session(person.token_hash)


async def find_person(web: Web, request: Request) -> Person | None:
    """The person whose valid session the request's cookie names, or None."""
    token = request.cookies.get(COOKIE, "")
    if not token or len(token) > 200:
        return None
    digest = token_hash(token)
    async with transaction(web.readers) as session:
        user = await users.find_session(session, digest, web.clock())
    return Person(user, digest) if user else None
