"""How long pictures stay: legal holds, and deleting what is over, with tombstones."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import FINAL, Actor
from yitong_command.domain.retention import EvidencePolicy
from yitong_command.errors import IllegalTransition, NotAllowed
from yitong_command.storage import audit, manifest
from yitong_command.storage import tables as t
from yitong_command.storage.merging import no_case
from yitong_command.storage.move_facts import locked


async def set_hold(
    session: AsyncSession, case_id: str, actor: Actor, at: datetime, *, held: bool, reason: str
) -> None:
    """Lay a legal hold on a case's pictures, or lift it; told in the manifest and the audit log.

    Raises:
        NotFound: If there is no such case.
        NotAllowed: If this person does not lead.
        IllegalTransition: If it is held, or not held, already.
    """
    if not actor.leads:
        raise NotAllowed("只有值班长可以设置或解除证据保全", "only a duty leader holds evidence")
    if case_id not in await locked(session, {case_id}):
        raise no_case(case_id)
    h = t.legal_holds
    is_open = (h.c.case_id == case_id) & h.c.lifted_at.is_(None)
    known = await session.scalar(select(h.c.id).where(is_open))
    if (known is not None) is held:
        raise IllegalTransition(
            "案件证据已处于该状态", "the evidence is held already" if held else "it is not held"
        )
    if held:
        await session.execute(
            insert(h).values(case_id=case_id, reason=reason, set_at=at, set_by=actor.username)
        )
    else:
        values = {"lifted_at": at, "lifted_by": actor.username, "lift_reason": reason}
        await session.execute(update(h).where(is_open).values(values))
    entry = "held" if held else "released"
    detail = {"reason": reason}
    await manifest.note(session, case_id, entry, at, actor.username, None, detail)
    action = f"evidence_{entry}"
    await audit.record(session, at, actor.username, actor.role.value, action, case_id, detail)


async def due_cases(
    session: AsyncSession, policy: EvidencePolicy, at: datetime, limit: int = 100
) -> list[str]:
    """Cases whose pictures are to be deleted now, oldest first."""
    c, e = t.cases.c, t.evidence_links.c
    has = exists().where(e.case_id == c.case_id)
    query = (
        select(c.case_id, c.category, c.closed_at, _held(c.case_id).label("held"))
        .where(c.state.in_([state.value for state in FINAL]), has)
        .order_by(c.closed_at)
    )
    due = [
        row.case_id
        for row in await session.execute(query)
        if policy.may_purge(row.category, row.closed_at, at, held=row.held)
    ]
    return due[:limit]


async def purge_case(
    session: AsyncSession, case_id: str, policy: EvidencePolicy, at: datetime
) -> int:
    """Delete a case's links to pictures that are over, leaving tombstones.

    Every deletion is an entry of the manifest and a line of the audit log, in this transaction.

    Returns:
        How many; the caller deletes the files of :func:`leftovers` after the commit.
    """
    row = (await locked(session, {case_id})).get(case_id)
    if row is None:
        raise no_case(case_id)
    held = bool(await session.scalar(select(_held(t.cases.c.case_id)).where(_this(case_id))))
    if not policy.may_purge(row["category"], row["closed_at"], at, held=held):
        return 0
    await manifest.adopt(session, case_id, at)
    e = t.evidence_links.c
    gone = await session.execute(
        delete(t.evidence_links).where(e.case_id == case_id).returning(e.sha256)
    )
    pictures = sorted(sha256 for (sha256,) in gone)
    detail = {"ended_at": row["closed_at"].isoformat(), "category": row["category"]}
    for sha256 in pictures:
        await manifest.note(session, case_id, "purged", at, "system", sha256, detail)
        await audit.record(
            session, at, "system", "system", "evidence_purged", sha256,
            detail | {"case_id": case_id},
        )  # fmt: skip
    return len(pictures)


async def leftovers(session: AsyncSession) -> list[str]:
    """Pictures that were deleted from a case and that no case has any more."""
    m, e = t.evidence_manifest.c, t.evidence_links.c
    query = (
        select(m.sha256)
        .where(m.entry == "purged", ~exists().where(e.sha256 == m.sha256))
        .distinct()
        .order_by(m.sha256)
    )
    return [sha256 for sha256 in await session.scalars(query) if sha256 is not None]


def _held(case_id: Any) -> Any:
    h = t.legal_holds.c
    return exists().where(h.case_id == case_id, h.lifted_at.is_(None))


def _this(case_id: str) -> Any:
    return t.cases.c.case_id == case_id
