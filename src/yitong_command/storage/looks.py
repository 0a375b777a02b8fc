"""What a worker is asked to look at: reports to verify, and others' work to check."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import Actor, State
from yitong_command.domain.geometry import Place
from yitong_command.storage import rows
from yitong_command.storage import tables as t
from yitong_command.storage.access import in_area_of
from yitong_command.storage.notices import told_case
from yitong_command.storage.views import MAX_PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class LookView:
    """A case that this worker may verify before filing, or check after handling."""

    kind: Literal["verify", "check"]
    case_id: str
    case_version: int
    title_zh: str
    title_en: str
    place_zh: str
    place_en: str
    place: Place
    severity: int
    category: str
    grid_code: str | None
    evidence: str | None
    after: str | None
    since: datetime


async def looks_for(session: AsyncSession, actor: Actor) -> tuple[LookView, ...]:
    """What this worker is asked to look at, longest waiting first; never one's own work."""
    case, link = t.cases.c, t.evidence_links.c
    newest = (
        select(link.case_id, func.max(link.captured_at, type_=t.UtcTime).label("at"))
        .where(link.kind == "after")
        .group_by(link.case_id)
        .subquery()
    )
    after = (
        select(link.case_id, func.min(link.sha256).label("sha256"))
        .join(newest, and_(newest.c.case_id == link.case_id, newest.c.at == link.captured_at))
        .where(link.kind == "after")
        .group_by(link.case_id)
        .subquery()
    )
    verify = and_(case.state == State.PENDING_VERIFY, case.verifier == actor.username)
    check = and_(
        case.state == State.HANDLED,
        case.handled_by != actor.username,
        in_area_of(actor, case.grid_code),
    )
    query = (
        select(t.cases, after.c.sha256.label("after"))
        .outerjoin(after, after.c.case_id == case.case_id)
        .where(or_(verify, check))
        .order_by(case.updated_at, case.case_id)
        .limit(MAX_PAGE)
    )
    found = (await session.execute(query)).mappings()
    return tuple(_view(told_case(row)) for row in found)


def _view(row: rows.Row) -> LookView:
    return LookView(
        kind="verify" if row["state"] == State.PENDING_VERIFY else "check",
        case_id=row["case_id"],
        case_version=row["version"],
        title_zh=row["title_zh"],
        title_en=row["title_en"],
        place_zh=row["place_zh"],
        place_en=row["place_en"],
        place=rows.place(row),
        severity=row["severity"],
        category=row["category"],
        grid_code=row["grid_code"],
        evidence=row["evidence"],
        after=row["after"],
        since=row["updated_at"],
    )
