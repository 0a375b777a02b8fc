"""Who may see which case: the desk what lies in its area, a worker what is theirs too."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import Actor, State
from yitong_command.domain.roles import Right, Role, may, whole_county
from yitong_command.errors import NotFound
from yitong_command.storage import tables as t
from yitong_command.storage.tables_teams import squad_members


def visible_cases(actor: Actor) -> ColumnElement[bool]:
    """Condition on ``cases`` that holds for what this person may see.

    The desk sees its area; a worker the cases of an own grid and those with an own task, done or
    not; who has no right to see cases, none.
    """
    if actor.role not in may(Right.CASES_SEE):
        return false()
    here = in_area_of(actor, t.cases.c.grid_code)
    if actor.role is not Role.WORKER:
        return here
    own = exists().where(
        t.tasks.c.case_id == t.cases.c.case_id, t.tasks.c.assignee == actor.username
    )
    # Whoever is asked to look sees it, wherever it lies, until the answer is given.
    asked = and_(
        t.cases.c.verifier == actor.username, t.cases.c.state == State.PENDING_VERIFY.value
    )
    mediates = exists().where(
        squad_members.c.case_id == t.cases.c.case_id, squad_members.c.username == actor.username
    )
    return or_(own, here, asked, mediates)


def in_area_of(actor: Actor, grid_code: ColumnElement[Any]) -> ColumnElement[bool]:
    """Condition on a grid's code that holds in this person's area."""
    if whole_county(actor.role, actor.grid_codes):
        return true()
    if not actor.grid_codes:
        return false()
    return or_(*(grid_code.startswith(code, autoescape=True) for code in sorted(actor.grid_codes)))


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
