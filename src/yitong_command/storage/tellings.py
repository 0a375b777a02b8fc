"""What was told of a case, by whom, and why it is in this case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.geometry import Place
from yitong_command.storage import tables as t
from yitong_command.storage.telling_split import WINDOW


@dataclass(frozen=True, slots=True, kw_only=True)
class TellingView:
    """One telling; ``split_until`` is set while what a rule joined can be taken out again."""

    telling: str
    category: str
    source: str
    place: Place | None
    words: str
    at: datetime
    reason_zh: str
    reason_en: str
    probability: float | None
    joined_at: datetime | None
    split_until: datetime | None


async def tellings_of(session: AsyncSession, case_id: str) -> tuple[TellingView, ...]:
    """Everything told of a case, the oldest first."""
    s, d = t.sightings, t.merge_decisions
    joined = (d.c.sighting_id == s.c.sighting_id) & (d.c.state == "joined")
    query = (
        select(s, d.c.reason_zh, d.c.reason_en, d.c.probability, d.c.at.label("joined_at"))
        .outerjoin(d, joined)
        .where(s.c.case_id == case_id)
        .order_by(s.c.at, s.c.sighting_id)
    )
    views = []
    for row in (await session.execute(query)).mappings():
        at = row["joined_at"]
        placed = row["lon"] is not None
        views.append(
            TellingView(
                telling=row["sighting_id"], category=row["category"], source=row["source"],
                place=Place(row["lon"], row["lat"], row["crs"]) if placed else None,
                words=row["words"], at=row["at"], reason_zh=row["reason_zh"] or "",
                reason_en=row["reason_en"] or "", probability=row["probability"], joined_at=at,
                split_until=at + WINDOW if at else None,
            )
        )  # fmt: skip
    return tuple(views)
