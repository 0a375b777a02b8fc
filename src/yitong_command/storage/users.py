"""People who can sign in, and their sessions. Passwords and tokens come as hashes only."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.roles import PEOPLE, Role
from yitong_command.storage import rows
from yitong_command.storage import tables as t
from yitong_command.storage.views import User

TRIES = 10
"""Wrong passwords in a row after which an account is locked."""

LOCKED = timedelta(minutes=15)
SEEN_EVERY = timedelta(minutes=1)
"""How often it is written down that a session is in use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """A signed-in browser; ``token_hash`` never leaves the server."""

    session_id: str
    token_hash: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class Found:
    """Who a token belongs to, and the session it opens."""

    user: User
    session: SessionView


async def get_user(session: AsyncSession, username: str) -> User | None:
    """The person with this account, or None."""
    query = select(t.users).where(t.users.c.username == username)
    row = (await session.execute(query)).mappings().one_or_none()
    return rows.user(row) if row else None


async def find_by_subject(session: AsyncSession, subject: str) -> User | None:
    """The person whom the county's sign-on knows under this subject, or None."""
    query = select(t.users).where(t.users.c.oidc_subject == subject)
    row = (await session.execute(query)).mappings().one_or_none()
    return rows.user(row) if row else None


async def list_users(session: AsyncSession) -> tuple[User, ...]:
    """Everyone, by account."""
    found = (await session.execute(select(t.users).order_by(t.users.c.username))).mappings()
    return tuple(rows.user(row) for row in found)


async def active_admins(session: AsyncSession) -> int:
    """How many administrators can sign in."""
    c = t.users.c
    query = select(func.count()).where(c.role == Role.ADMIN.value, c.active)
    return int(await session.scalar(query) or 0)


async def create_user(session: AsyncSession, user: User) -> None:
    """Add a person, or change everything about them; a change ends their sessions.

    Raises:
        ValueError: If the role is none, or the password hash is empty.
    """
    if user.role not in {role.value for role in PEOPLE}:
        raise ValueError(f"no such role: {user.role!r}")
    if not user.password_hash:
        raise ValueError(f"user {user.username} has no password hash")
    values = asdict(user) | {
        "grid_codes": list(user.grid_codes),
        "detail_roles": list(user.detail_roles),
    }
    if await get_user(session, user.username) is None:
        await session.execute(insert(t.users).values(values))
        return
    await end_sessions(session, user.username)
    await session.execute(
        update(t.users)
        .where(t.users.c.username == user.username)
        .values(values | {"failed": 0, "locked_until": None})
    )


async def set_password(
    session: AsyncSession, username: str, password_hash: str, *, must_change: bool
) -> None:
    """Give an account another password and lift its lock."""
    values = {
        "password_hash": password_hash, "must_change": must_change, "failed": 0,
        "locked_until": None,
    }  # fmt: skip
    await session.execute(update(t.users).where(t.users.c.username == username).values(values))


async def rehash(session: AsyncSession, username: str, old: str, new: str) -> None:
    """Keep the same password under the newer cost, unless it was changed meanwhile."""
    c = t.users.c
    statement = update(t.users).where(c.username == username, c.password_hash == old)
    await session.execute(statement.values(password_hash=new))


async def locked_until(session: AsyncSession, username: str, now: datetime) -> datetime | None:
    """Until when an account is locked, or None if it is not."""
    query = select(t.users.c.locked_until).where(t.users.c.username == username)
    until: datetime | None = await session.scalar(query)
    return until if until and until > now else None


async def count_failure(session: AsyncSession, username: str, now: datetime) -> bool:
    """Note a wrong password; True if it locked the account. Unknown accounts are not noted."""
    c = t.users.c
    statement = update(t.users).where(c.username == username).values(failed=c.failed + 1)
    failed = await session.scalar(statement.returning(c.failed))
    if failed is None or failed < TRIES:
        return False
    values = {"failed": 0, "locked_until": now + LOCKED}
    await session.execute(update(t.users).where(c.username == username).values(values))
    return True


async def clear_failures(session: AsyncSession, username: str) -> None:
    """Forget wrong passwords after a right one."""
    c = t.users.c
    statement = update(t.users).where(c.username == username, c.failed > 0)
    await session.execute(statement.values(failed=0))


async def create_session(
    session: AsyncSession,
    token_hash: str,
    username: str,
    expires_at: datetime,
    at: datetime | None = None,
    address: str = "",
    agent: str = "",
) -> None:
    """Remember a signed-in browser by the hash of its token."""
    values = {
        "token_hash": token_hash, "username": username, "expires_at": expires_at,
        "session_id": str(uuid4()), "created_at": at or expires_at, "seen_at": at or expires_at,
        "address": address[:64], "agent": agent[:200],
    }  # fmt: skip
    await session.execute(insert(t.sessions).values(values))


async def find_session(session: AsyncSession, token_hash: str, now: datetime) -> Found | None:
    """Who a token belongs to, or None if it is unknown or expired, or the account is closed."""
    query = (
        select(t.users, *(t.sessions.c[name] for name in _SESSION))
        .join(t.sessions, t.sessions.c.username == t.users.c.username)
        .where(
            t.sessions.c.token_hash == token_hash, t.sessions.c.expires_at > now, t.users.c.active
        )
    )
    row = (await session.execute(query)).mappings().one_or_none()
    if row is None:
        return None
    return Found(rows.user(row), SessionView(**{name: row[name] for name in _SESSION}))


async def list_sessions(
    session: AsyncSession, username: str, now: datetime
) -> tuple[SessionView, ...]:
    """The sessions of a person, newest first."""
    c = t.sessions.c
    query = select(t.sessions).where(c.username == username, c.expires_at > now)
    found = (await session.execute(query.order_by(c.created_at.desc()))).mappings()
    return tuple(SessionView(**{name: row[name] for name in _SESSION}) for row in found)


async def saw_session(session: AsyncSession, token_hash: str, at: datetime) -> None:
    """Note that a session is in use."""
    c = t.sessions.c
    await session.execute(update(t.sessions).where(c.token_hash == token_hash).values(seen_at=at))


async def delete_session(session: AsyncSession, token_hash: str) -> None:
    """Sign out; nothing happens if the token is unknown."""
    await session.execute(delete(t.sessions).where(t.sessions.c.token_hash == token_hash))


async def end_sessions(
    session: AsyncSession, username: str, but: str | None = None
) -> tuple[str, ...]:
    """Sign a person out everywhere, but for one token; returns the hashes of the ended ones."""
    c = t.sessions.c
    statement = delete(t.sessions).where(c.username == username)
    if but is not None:
        statement = statement.where(c.token_hash != but)
    return tuple(await session.scalars(statement.returning(c.token_hash)))


async def delete_expired(session: AsyncSession, now: datetime) -> None:
    """Forget sessions that have expired."""
    await session.execute(delete(t.sessions).where(t.sessions.c.expires_at <= now))


_SESSION = ("session_id", "token_hash", "created_at", "seen_at", "expires_at", "address", "agent")
