"""Making accounts: for `yitong users add` and the demo. There are no built-in ones."""

from __future__ import annotations

from collections.abc import Iterable

from yitong_command.domain.roles import Role
from yitong_command.storage import users
from yitong_command.storage.session import Sessions, transaction
from yitong_command.storage.views import User
from yitong_command.web.auth.passwords import Passwords


async def ensure_user(
    sessions: Sessions,
    username: str,
    name_zh: str,
    name_en: str,
    role: str,
    grid_codes: Iterable[str],
    post: str | None,
    password: str,
    passwords: Passwords | None = None,
    *,
    detail_roles: Iterable[str] = (),
    must_change: bool = False,
    phone: str = "",
) -> None:
    """Make an account, or give an existing one these properties and this password.

    Args:
        sessions: Where accounts are kept.
        username: Name to sign in with.
        name_zh: Chinese name.
        name_en: English name.
        role: A role of people.
        grid_codes: Their area.
        post: A or B; None means A.
        password: In clear; only its argon2id hash is stored.
        passwords: Another cost of hashing.
        detail_roles: Roles of the taxonomy whose protected details they may ask for.
        must_change: Whether the password must be changed at the first sign-in.
        phone: Where the desk calls them on duty.

    Raises:
        DatabaseDown: If the database can't be reached.
    """
    user = User(
        username=username,
        name_zh=name_zh,
        name_en=name_en,
        role=Role(role).value,
        grid_codes=tuple(grid_codes),
        post=post or "A",
        detail_roles=tuple(detail_roles),
        must_change=must_change,
        phone=phone,
        password_hash=await (passwords or Passwords()).hash(password),
    )
    async with transaction(sessions) as session:
        await users.create_user(session, user)
