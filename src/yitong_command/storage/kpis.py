"""The figures of a period: one query for screens, reports and the interface alike."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import Actor
from yitong_command.domain.kpi import CaseFacts, Period, Share, figures, forced
from yitong_command.domain.precision import Verdict
from yitong_command.domain.privacy import GROUP, is_protected
from yitong_command.storage import tables as t
from yitong_command.storage.access import in_area_of


@dataclass(frozen=True, slots=True)
class Kpis:
    """The figures of a period.

    Attributes:
        period: Which.
        shares: By code; see :data:`yitong_command.domain.kpi.FIGURES`.
        forced: Cases closed by force, in no rate.
        adopted: Camera alerts confirmed of those judged.
        reported: Cases reported, by category; protected ones by their group alone.
    """

    period: Period
    shares: dict[str, Share]
    forced: int
    adopted: Share
    reported: dict[str, int]


async def kpis(session: AsyncSession, period: Period, within: Actor | None = None) -> Kpis:
    """Count a period.

    Args:
        session: Open transaction.
        period: Which.
        within: If given, only what lies in this person's area.
    """
    cases = await _cases(session, period, within)
    reported = Counter(
        GROUP if is_protected(case.category) else case.category
        for case in cases
        if period.holds(case.reported_at)
    )
    return Kpis(
        period, figures(cases, period), forced(cases, period),
        await _adopted(session, period, within), dict(sorted(reported.items())),
    )  # fmt: skip


async def _cases(
    session: AsyncSession, period: Period, within: Actor | None
) -> tuple[CaseFacts, ...]:
    c, a = t.cases.c, t.case_acts.c
    happened = (c.reported_at, c.filed_at, c.dispatched_at, c.handled_at, c.closed_at, c.due_at)
    touched = or_(*((at >= period.begin) & (at < period.end) for at in happened))
    here = true() if within is None else in_area_of(within, c.grid_code)
    query = (
        select(t.cases, a.detail.label("call"))
        .outerjoin(t.case_acts, (a.case_id == c.case_id) & (a.kind == "call"))
        .where(touched, here)
        .order_by(c.case_id, a.id)
    )
    found: dict[str, CaseFacts] = {}
    for row in (await session.execute(query)).mappings():
        before = found.get(row["case_id"])
        told = (row["call"] or {}).get("satisfaction")
        found[row["case_id"]] = CaseFacts(
            category=row["category"], subtype=row["subtype"], state=row["state"],
            severity=row["severity"], reported_at=row["reported_at"], filed_at=row["filed_at"],
            dispatched_at=row["dispatched_at"], handled_at=row["handled_at"],
            closed_at=row["closed_at"], due_at=row["due_at"],
            returned=bool(row["returned_by"]), extended=row["extensions"] > 0,
            redone=row["reworks"] + row["reopens"] > 0,
            satisfaction=told or (before.satisfaction if before else None),
        )  # fmt: skip
    return tuple(found.values())


async def _adopted(session: AsyncSession, period: Period, within: Actor | None) -> Share:
    c = t.labels.c
    here = true() if within is None else in_area_of(within, t.cases.c.grid_code)
    query = (
        select(c.verdict)
        .join(t.cases, t.cases.c.case_id == c.case_id)
        .where(c.at >= period.begin, c.at < period.end, here)
    )
    counts = Counter(await session.scalars(query))
    right, wrong = counts[Verdict.TRUE.value], counts[Verdict.FALSE.value]
    return Share(right, right + wrong)
