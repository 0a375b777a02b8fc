"""Hashing and checking passwords with argon2id, off the event loop."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE = 2
"""Hashes computed at the same time: each takes 64 MiB and a core."""

SHORTEST = 10
UNUSABLE = "!"
"""Stands for a hash that no password has: only the county's sign-on opens the account."""


class Passwords:
    """Argon2id with the library's recommended cost (RFC 9106, low memory).

    Args:
        hasher: Another cost.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash("no such user")
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        """The password's hash, with its own salt and cost."""
        async with self._gate:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether the password belongs to the hash.

        Args:
            password_hash: The stored hash; None for an unknown user, which takes just as long.
            password: What was typed.
        """
        async with self._gate:
            return await asyncio.to_thread(self._verify, password_hash, password)

    def is_old(self, password_hash: str) -> bool:
        """Whether a hash was made at another cost than today's."""
        try:
            return self._hasher.check_needs_rehash(password_hash)
        except InvalidHashError:
            return False

    def _verify(self, password_hash: str | None, password: str) -> bool:
        known = password_hash if password_hash not in (None, UNUSABLE) else None
        try:
            right = self._hasher.verify(known or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return right and known is not None


def too_weak(password: str, username: str) -> tuple[str, str] | None:
    """Why a new password is refused, Chinese then English, or None if it is not."""
    if len(password) < SHORTEST:
        return f"密码至少 {SHORTEST} 个字符", f"a password has at least {SHORTEST} characters"
    if username.casefold() in password.casefold():
        return "密码不能包含用户名", "a password may not hold the user name"
    if len(set(password)) < 5:
        return "密码中不同的字符太少", "a password needs more different characters"
    return None
