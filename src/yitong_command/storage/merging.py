"""Merging a reported case into an open one, on an operator's word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import FINAL, State
from yitong_command.errors import IllegalTransition, NotFound
from yitong_command.storage import manifest, members, notices
from yitong_command.storage import tables as t
from yitong_command.storage.asks import TransitionRequest


def no_case(case_id: str) -> NotFound:
    """The refusal for a case that does not exist, or not for this person."""
    return NotFound(f"没有案件 {case_id}", f"there is no case {case_id}")


async def merge_into(
    session: AsyncSession,
    row: dict[str, Any],
    locked: Mapping[str, dict[str, Any]],
    request: TransitionRequest,
) -> dict[str, Any]:
    """Move incidents and pictures of a case that has just been merged; gives an outbox row.

    Args:
        session: Open transaction.
        row: The case that was merged.
        locked: All locked cases by their id.
        request: What was asked for.

    Raises:
        NotFound: If the case to merge into does not exist.
        IllegalTransition: If it is the same case, of another category, or not open.
    """
    target_id = request.merge_into or ""
    target = locked.get(target_id)
    if target is None:
        raise no_case(target_id)
    other = target["category"] != row["category"]
    if other and await asked_about(session, row["case_id"], target_id):
        other = False  # neighbouring subtypes of two categories, and an operator was asked
    if other or target_id == row["case_id"] or State(target["state"]) in FINAL:
        raise IllegalTransition(
            f"案件 {row['case_id']} 只能并入另一个同类别的未结案件,{target_id} 不是",
            f"case {row['case_id']} can only be merged into another open case of its category, "
            f"{target_id} is none",
        )
    moved = await session.execute(
        update(t.incidents)
        .where(t.incidents.c.case_id == row["case_id"])
        .values(case_id=target_id)
        .returning(t.incidents.c.incident_id)
    )
    ids = [incident_id for (incident_id,) in moved]
    reports = await members.take_along(session, row["case_id"], target_id)
    await _copy_pictures(session, row["case_id"], target_id)
    target |= {
        "incident_count": target["incident_count"] + len(ids) + reports,
        "last_seen_at": max(target["last_seen_at"], row["last_seen_at"]),
        "condition": "open" if "open" in {target["condition"], row["condition"]} else "cleared",
        "updated_at": request.at,
        "merge_reason_zh": f"{request.actor.username} 将 {row['case_id']} 并入",
        "merge_reason_en": f"{request.actor.username} merged {row['case_id']} into it",
    }
    values = {name: target[name] for name in _CHANGED}
    await session.execute(update(t.cases).where(t.cases.c.case_id == target_id).values(values))
    return notices.case_notice(target, target["state"], request.at, request.actor, ids)


_CHANGED = (
    "incident_count", "last_seen_at", "condition", "updated_at",
    "merge_reason_zh", "merge_reason_en",
)  # fmt: skip


async def asked_about(session: AsyncSession, case_id: str, other_id: str) -> bool:
    """Whether somebody was asked if these two cases are of one fact."""
    d = t.merge_decisions.c
    pair = {case_id, other_id}
    query = select(d.decision_id).where(d.case_id.in_(pair), d.other_case_id.in_(pair)).limit(1)
    return await session.scalar(query) is not None


async def _copy_pictures(session: AsyncSession, source: str, target: str) -> None:
    query = select(t.evidence_links).where(t.evidence_links.c.case_id == source)
    found = (await session.execute(query)).mappings()
    rows = [dict(row) | {"case_id": target} for row in found]
    await manifest.link_evidence(session, rows, "merged")
