"""Who may see which case: the desk everything, a worker what is theirs."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import Actor, Role
from yitong_command.errors import NotFound
from yitong_command.storage import tables as t


def visible_cases(actor: Actor) -> ColumnElement[bool]:
    """Condition on ``cases`` that holds for what this person may see.

    A worker sees the cases of an own grid and those with an own task, done or not.
    """
    if actor.at_desk:
        return true()
    if actor.role is not Role.WORKER:
        return false()
    own = exists().where(
        t.tasks.c.case_id == t.cases.c.case_id, t.tasks.c.assignee == actor.username
    )
    return or_(own, t.cases.c.grid_code.in_(actor.grid_codes))


async def may_see_case(session: AsyncSession, actor: Actor, case_id: str) -> bool:
    """Whether this person may see this case; False too if there is no such case."""
    query = select(t.cases.c.case_id).where(t.cases.c.case_id == case_id, visible_cases(actor))
    return await session.scalar(query) is not None


async def case_of_evidence(session: AsyncSession, actor: Actor, sha256: str) -> str:
    """A case through which this person may see a picture.

    Raises:
        NotFound: If no case that the person may see has this picture.
    """
    query = (
        select(t.cases.c.case_id)
        .join(t.evidence_links, t.evidence_links.c.case_id == t.cases.c.case_id)
        .where(t.evidence_links.c.sha256 == sha256, visible_cases(actor))
        .order_by(t.cases.c.case_id)
        .limit(1)
    )
    case_id: str | None = await session.scalar(query)
    if case_id is None:
        raise NotFound(f"没有证据图片 {sha256}", f"no evidence picture {sha256}")
    return case_id
