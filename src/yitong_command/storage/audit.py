"""The audit trail: who did or saw what, when; rows are only ever added."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.storage import tables as t


async def record(
    session: AsyncSession,
    at: datetime,
    actor: str,
    role: str,
    action: str,
    object: str,  # noqa: A002
    detail: dict[str, Any] | None = None,
) -> None:
    """Add one line.

    Args:
        session: Open transaction.
        at: When.
        actor: Who.
        role: In which role.
        action: What was done, for example ``evidence_viewed``.
        object: To what, for example a hash or a case id.
        detail: More, as JSON.
    """
    values = {
        "at": at,
        "actor": actor,
        "role": role,
        "action": action,
        "object": object,
        "detail": detail or {},
    }
    await session.execute(insert(t.audit).values(values))
