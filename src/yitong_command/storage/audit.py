"""The audit log: who did or saw what, when; rows are only ever added.

A row is written in the transaction of what it tells of: either both are there or neither.
:mod:`yitong_command.storage.sealing` chains the rows afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.storage import tables as t

MAX_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which rows a list shall hold; empty fields do not filter.

    Attributes:
        object: Exactly this object.
        actor: Exactly this person.
        action: Exactly this action.
        since: From then on.
        until: Before then.
        before: Only rows with a smaller id: ``next`` of the page before.
        limit: Rows on a page, 1 to 500.
    """

    object: str = ""
    actor: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One line of the log; ``seq`` and ``hash`` are None until it is sealed."""

    id: int
    at: datetime
    actor: str
    role: str
    action: str
    object: str
    detail: dict[str, Any]
    seq: int | None
    hash: str | None


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


async def list_rows(session: AsyncSession, wanted: AuditFilter) -> tuple[AuditRow, ...]:
    """Rows, newest first."""
    c = t.audit.c
    query = select(t.audit)
    for column, value in ((c.object, wanted.object), (c.actor, wanted.actor)):
        if value:
            query = query.where(column == value)
    if wanted.action:
        query = query.where(c.action == wanted.action)
    if wanted.since is not None:
        query = query.where(c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(c.at < wanted.until)
    if wanted.before is not None:
        query = query.where(c.id < wanted.before)
    limit = max(1, min(wanted.limit, MAX_PAGE))
    found = (await session.execute(query.order_by(c.id.desc()).limit(limit))).mappings()
    return tuple(
        AuditRow(**{name: row[name] for name in AuditRow.__dataclass_fields__}) for row in found
    )
