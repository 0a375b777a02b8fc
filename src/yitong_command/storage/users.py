"""People who can sign in, and their sessions. Passwords and tokens come as hashes only."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import Role
from yitong_command.storage import rows
from yitong_command.storage import tables as t
from yitong_command.storage.views import User


async def get_user(session: AsyncSession, username: str) -> User | None:
    """The person with this account, or None."""
    query = select(t.users).where(t.users.c.username == username)
    row = (await session.execute(query)).mappings().one_or_none()
    return rows.user(row) if row else None


async def list_users(session: AsyncSession) -> tuple[User, ...]:
    """Everyone, by account."""
    found = (await session.execute(select(t.users).order_by(t.users.c.username))).mappings()
    return tuple(rows.user(row) for row in found)


async def create_user(session: AsyncSession, user: User) -> None:
    """Add a person, or change everything about them; a change ends their sessions.

    Raises:
        ValueError: If the role is none, or the password hash is empty.
    """
    if user.role not in {Role.OPERATOR, Role.WORKER, Role.ADMIN}:
        raise ValueError(f"no such role: {user.role!r}")
    if not user.password_hash:
        raise ValueError(f"user {user.username} has no password hash")
    values = asdict(user) | {"grid_codes": list(user.grid_codes)}
    if await get_user(session, user.username) is None:
        await session.execute(insert(t.users).values(values))
        return
    await session.execute(delete(t.sessions).where(t.sessions.c.username == user.username))
    await session.execute(update(t.users).where(t.users.c.username == user.username).values(values))


async def create_session(
    session: AsyncSession, token_hash: str, username: str, expires_at: datetime
) -> None:
    """Remember a signed-in browser by the hash of its token."""
    values = {"token_hash": token_hash, "username": username, "expires_at": expires_at}
    await session.execute(insert(t.sessions).values(values))


async def find_session(session: AsyncSession, token_hash: str, now: datetime) -> User | None:
    """The person a token belongs to, or None if it is unknown or has expired."""
    query = (
        select(t.users)
        .join(t.sessions, t.sessions.c.username == t.users.c.username)
        .where(t.sessions.c.token_hash == token_hash, t.sessions.c.expires_at > now)
    )
    row = (await session.execute(query)).mappings().one_or_none()
    return rows.user(row) if row else None


async def delete_session(session: AsyncSession, token_hash: str) -> None:
    """Sign out; nothing happens if the token is unknown."""
    await session.execute(delete(t.sessions).where(t.sessions.c.token_hash == token_hash))


async def delete_expired(session: AsyncSession, now: datetime) -> None:
    """Forget sessions that have expired."""
    await session.execute(delete(t.sessions).where(t.sessions.c.expires_at <= now))
