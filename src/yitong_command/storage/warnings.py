"""Public warnings: every message that was issued, in threads of one case each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.errors import NotFound
from yitong_command.storage import tables as t
from yitong_command.storage.tables_kit import warnings

ALERT, UPDATE, CANCEL = "Alert", "Update", "Cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """One message.

    Attributes:
        warning_id: Its number.
        case_id: The case it is about.
        seq: Place in the case's thread, from 1.
        kind: Alert, Update or Cancel, as CAP calls them.
        status: Actual, Exercise or Test.
        sent_at: When it was issued.
        expires_at: Until when it holds.
        by: Who issued it.
        refers_to: The messages it replaces.
        text: Headline, description and instruction in both languages, urgency, certainty.
        grid_codes: Where it holds.
        category: Category of the case.
        subtype: Its subtype.
    """

    warning_id: str
    case_id: str
    seq: int
    kind: str
    status: str
    sent_at: datetime
    expires_at: datetime
    by: str
    refers_to: Sequence[str]
    text: dict[str, Any]
    grid_codes: Sequence[str]
    category: str
    subtype: str


async def add(session: AsyncSession, item: Warned) -> None:
    """Keep a message; two that are added at once can't both take one place."""
    row = asdict(item)
    del row["category"], row["subtype"]
    row |= {"refers_to": list(item.refers_to), "grid_codes": list(item.grid_codes)}
    await session.execute(insert(warnings).values(row))


async def thread(session: AsyncSession, case_id: str) -> tuple[Warned, ...]:
    """All messages about a case, oldest first."""
    query = _query().where(warnings.c.case_id == case_id).order_by(warnings.c.seq)
    return tuple(Warned(**row) for row in (await session.execute(query)).mappings())


async def find(session: AsyncSession, warning_id: str) -> Warned:
    """One message.

    Raises:
        NotFound: If there is none.
    """
    query = _query().where(warnings.c.warning_id == warning_id)
    row = (await session.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"没有预警 {warning_id}", f"there is no warning {warning_id}")
    return Warned(**row)


async def current(session: AsyncSession, now: datetime, limit: int = 100) -> tuple[Warned, ...]:
    """The newest message of every thread that has not run out, newest first."""
    w = warnings.c
    last = select(w.case_id, func.max(w.seq).label("seq")).group_by(w.case_id).subquery()
    query = (
        _query()
        .join(last, (last.c.case_id == w.case_id) & (last.c.seq == w.seq))
        .where(w.expires_at > now)
        .order_by(w.sent_at.desc(), w.warning_id)
        .limit(limit)
    )
    return tuple(Warned(**row) for row in (await session.execute(query)).mappings())


def _query() -> Select[Any]:
    c = t.cases.c
    return select(warnings, c.category, c.subtype).join(t.cases, c.case_id == warnings.c.case_id)
