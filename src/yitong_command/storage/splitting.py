"""Mergings that were made, and undoing one: what had been moved goes back where it came from."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import FINAL, State
from yitong_command.domain.county import County
from yitong_command.errors import IllegalTransition
from yitong_command.routing.merge import open_key
from yitong_command.storage import manifest, members, notices
from yitong_command.storage import tables as t
from yitong_command.storage.asks import TransitionRequest


async def new_pictures(session: AsyncSession, case_id: str, target_id: str) -> list[str]:
    """Pictures that the target of a merging does not have yet."""
    e = t.evidence_links.c
    known = select(e.sha256).where(e.case_id == target_id)
    query = select(e.sha256).where(e.case_id == case_id, e.sha256.not_in(known))
    return sorted(await session.scalars(query))


async def record_merge(
    session: AsyncSession,
    request: TransitionRequest,
    incident_ids: list[str],
    pictures: list[str],
) -> None:
    """Remember what a merging moved, so that it can be undone."""
    await session.execute(
        insert(t.case_merges).values(
            case_id=request.case_id, at=request.at, target_id=request.merge_into,
            by=request.actor.username, incident_ids=incident_ids, pictures=pictures,
        )
    )  # fmt: skip


async def free_key(session: AsyncSession, row: dict[str, Any], county: County) -> str:
    """The key under which a case that is opened again is the only one of its subject.

    Raises:
        IllegalTransition: If another case of it is open; that is where the fact belongs then.
    """
    code = notices.category_of(row)
    key = open_key(code, row["subject"], row["case_id"], county.taxonomy.merging)
    other = await session.scalar(select(t.cases.c.case_id).where(t.cases.c.open_key == key))
    if other is not None and other != row["case_id"]:
        raise IllegalTransition(
            f"同一对象已有未结案件 {other},请在该案办理",
            f"the open case {other} is about the same thing; work on that one",
        )
    return key


async def split_from(
    session: AsyncSession, row: dict[str, Any], request: TransitionRequest
) -> dict[str, Any]:
    """Take back what was moved into another case; gives the outbox row of that case.

    Args:
        session: Open transaction.
        row: The case that stands for itself again.
        request: What was asked for.

    Raises:
        IllegalTransition: If nothing is known of its merging, or the other case is over.
    """
    merge = await _newest(session, row["case_id"])
    query = select(t.cases).where(t.cases.c.case_id == merge["target_id"]).with_for_update()
    target = dict((await session.execute(query)).mappings().one())
    if State(target["state"]) in FINAL:
        raise IllegalTransition(
            f"主案 {target['case_id']} 已结束,不能再拆分",
            f"case {target['case_id']} is over, nothing is taken out of it any more",
        )
    i = t.incidents.c
    own = i.incident_id.in_(merge["incident_ids"]) & (i.case_id == target["case_id"])
    moved = await session.execute(
        update(t.incidents).where(own).values(case_id=row["case_id"]).returning(i.incident_id)
    )
    ids = [incident_id for (incident_id,) in moved]
    reports = await members.give_back(session, row["case_id"], target["case_id"])
    await unlink(session, target["case_id"], merge["pictures"], request)
    target |= {
        "incident_count": target["incident_count"] - len(ids) - reports,
        "condition": await condition_of(session, target["case_id"]),
        "updated_at": request.at,
        "merge_reason_zh": f"{request.actor.username} 将 {row['case_id']} 拆出",
        "merge_reason_en": f"{request.actor.username} split {row['case_id']} from it",
    }
    values = {name: target[name] for name in _CHANGED}
    c = t.cases.c
    await session.execute(update(t.cases).where(c.case_id == target["case_id"]).values(values))
    m = t.case_merges.c
    this = (m.case_id == merge["case_id"]) & (m.at == merge["at"])
    await session.execute(
        update(t.case_merges)
        .where(this)
        .values(undone_at=request.at, undone_by=request.actor.username)
    )
    return notices.case_notice(target, target["state"], request.at, request.actor)


async def _newest(session: AsyncSession, case_id: str) -> dict[str, Any]:
    m = t.case_merges
    query = (
        select(m)
        .where(m.c.case_id == case_id, m.c.undone_at.is_(None))
        .order_by(m.c.at.desc())
        .limit(1)
    )
    found = (await session.execute(query)).mappings().one_or_none()
    if found is None:
        raise IllegalTransition(
            f"没有案件 {case_id} 的并案记录,不能拆分",
            f"nothing is known of the merging of case {case_id}, it can't be undone",
        )
    return dict(found)


async def unlink(
    session: AsyncSession, target_id: str, pictures: list[str], request: TransitionRequest
) -> None:
    """Take pictures out of a case; its manifest says where they went."""
    e = t.evidence_links.c
    gone = await session.execute(
        delete(t.evidence_links)
        .where(e.case_id == target_id, e.sha256.in_(pictures))
        .returning(e.sha256)
    )
    for sha256 in sorted(sha for (sha,) in gone):
        await manifest.note(
            session, target_id, "unlinked", request.at, request.actor.username, sha256,
            {"back_to": request.case_id},
        )  # fmt: skip


async def condition_of(session: AsyncSession, case_id: str) -> str:
    """Whether anything in a case is still open, as its incidents and reports say."""
    i = t.incidents.c
    query = select(func.count()).where(
        i.case_id == case_id, i.opened_at.is_not(None), i.cleared_at.is_(None)
    )
    if await session.scalar(query):
        return "open"
    # What people told stays open until a person says otherwise.
    told = select(func.count()).where(t.reports.c.case_id == case_id)
    return "open" if await session.scalar(told) else "cleared"


_CHANGED = (
    "incident_count", "condition", "updated_at", "merge_reason_zh", "merge_reason_en",
)  # fmt: skip
