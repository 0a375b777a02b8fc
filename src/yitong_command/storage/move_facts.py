"""From the rows of a case to what the life cycle decides on, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import Asked, AskedKind, Case, Opinion, State
from yitong_command.domain.county import County
from yitong_command.domain.taxonomy import Group
from yitong_command.storage import tables as t

_RECURRING = frozenset({Group.KEY_AREA, Group.COMMUNITY_PROBLEM})


async def locked(session: AsyncSession, case_ids: set[str]) -> dict[str, dict[str, Any]]:
    """Rows of cases, locked until the transaction ends, by their id."""
    query = select(t.cases).where(t.cases.c.case_id.in_(case_ids)).order_by(t.cases.c.case_id)
    found = (await session.execute(query.with_for_update())).mappings()
    return {row["case_id"]: dict(row) for row in found}


async def asked_of(session: AsyncSession, case_id: str) -> dict[str, Any] | None:
    """What waits for a second person in this case, as stored."""
    p = t.proposals
    query = select(p).where(p.c.case_id == case_id, p.c.decided_at.is_(None))
    found = (await session.execute(query)).mappings().one_or_none()
    return dict(found) if found else None


def facts(row: Mapping[str, Any], asked: Mapping[str, Any] | None, county: County) -> Case:
    """What the life cycle needs to know of a case."""
    category = county.taxonomy.categories.get(row["category"])
    group = category.group if category else None
    return Case(
        case_id=row["case_id"],
        state=State(row["state"]),
        version=row["version"],
        grid_code=row["grid_code"],
        holder=row["holder"],
        filed_by=row["filed_by"],
        handled_by=row["handled_by"],
        checked_by=row["checked_by"],
        severity=row["severity"],
        police=group is Group.PUBLIC_SECURITY,
        recurring=group in _RECURRING,
        machine_checks=row["category"] in county.evidence.machine_checks,
        verifier=row["verifier"],
        resume_to=State(row["resume_to"]) if row["resume_to"] else None,
        due_at=row["due_at"],
        ended_at=row["closed_at"],
        return_until=row["return_until"],
        returned_by=frozenset(row["returned_by"]),
        extensions=row["extensions"],
        objections=row["objections"],
        asked=_asked(asked),
        opinion=Opinion(row["opinion"]) if row["opinion"] else None,
    )


def columns(after: Case) -> dict[str, Any]:
    """The columns of a case that a move may change, as they are after it."""
    return {
        "state": after.state.value,
        "version": after.version,
        "holder": after.holder,
        "filed_by": after.filed_by,
        "handled_by": after.handled_by,
        "checked_by": after.checked_by,
        "verifier": after.verifier,
        "resume_to": after.resume_to.value if after.resume_to else None,
        "returned_by": sorted(after.returned_by),
        "extensions": after.extensions,
        "objections": after.objections,
        "opinion": after.opinion.value if after.opinion else None,
    }


def _asked(row: Mapping[str, Any] | None) -> Asked | None:
    if row is None:
        return None
    return Asked(AskedKind(row["kind"]), row["asked_by"], row["asked_at"], row["note"])
