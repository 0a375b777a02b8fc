"""Details of protected people: sealed in the database, opened for one case at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.privacy import SEALED_NOTE, is_protected
from yitong_command.errors import NotFound
from yitong_command.settings.secrets import Vault
from yitong_command.storage import tables as t


@dataclass(frozen=True, slots=True)
class Protected:
    """The exact facts of a protected case, as the database has them."""

    category: str
    subtype: str
    subject: str
    title_zh: str
    place_zh: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Detail:
    """One thing that was written down about a protected case."""

    text: str
    by: str
    at: datetime


async def category_of(session: AsyncSession, case_id: str) -> str:
    """The category of a case.

    Raises:
        NotFound: If there is no such case.
    """
    found: str | None = await session.scalar(
        select(t.cases.c.category).where(t.cases.c.case_id == case_id)
    )
    if found is None:
        raise NotFound(f"没有案件 {case_id}", f"there is no case {case_id}")
    return found


async def add_detail(
    session: AsyncSession, vault: Vault, case_id: str, category: str, detail: Detail
) -> None:
    """Seal a text about a protected case and keep it."""
    values = {
        "case_id": case_id, "category": category, "sealed": vault.seal(detail.text),
        "by": detail.by, "at": detail.at,
    }  # fmt: skip
    await session.execute(insert(t.protected_details).values(values))


async def keep_note(session: AsyncSession, vault: Vault, case_id: str, note: Detail) -> str:
    """A move's note as it may stand in the open: of a protected case it is sealed instead."""
    category = await category_of(session, case_id)
    if not note.text.strip() or not is_protected(category):
        return note.text
    await add_detail(session, vault, case_id, category, note)
    return SEALED_NOTE


async def read_details(
    session: AsyncSession, vault: Vault, case_id: str
) -> tuple[Protected, tuple[Detail, ...]]:
    """Everything about a protected case; the caller has audited the view before.

    Raises:
        NotFound: If there is no such case.
        ConfigError: If it was sealed with another key.
    """
    c = t.cases.c
    columns = (c.category, c.subtype, c.subject, c.title_zh, c.place_zh, c.lon, c.lat)
    row = (await session.execute(select(*columns).where(c.case_id == case_id))).one_or_none()
    if row is None:
        raise NotFound(f"没有案件 {case_id}", f"there is no case {case_id}")
    d = t.protected_details.c
    query = select(d.sealed, d.by, d.at).where(d.case_id == case_id).order_by(d.id)
    found = (await session.execute(query)).all()
    details = tuple(Detail(vault.open(sealed), by, at) for sealed, by, at in found)
    return Protected(*row), details
