"""Event groups: kept, with the cases in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import Actor
from yitong_command.domain.merging import GroupKind
from yitong_command.routing.groups import EventGroup, Grouped, Membership
from yitong_command.storage import tables as t
from yitong_command.storage.access import visible_cases
from yitong_command.storage.locks import insert_ignore

LATEST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberView:
    """A case in a group; an inhibited one is shown within it and without a sound."""

    case_id: str
    inhibited: bool
    reason_zh: str
    reason_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """A group with those of its cases that this person may see."""

    group_id: str
    kind: str
    began_at: datetime
    last_at: datetime
    ended_at: datetime | None
    size: int
    reason_zh: str
    reason_en: str
    members: tuple[MemberView, ...]


async def ungrouped(
    session: AsyncSession, kinds: Sequence[GroupKind], at: datetime
) -> list[Grouped]:
    """Cases that could be in a group and are in none, as far back as a group may look."""
    if not kinds:
        return []
    c, g = t.cases.c, t.group_members.c
    since = at - 2 * max(kind.window for kind in kinds)
    codes = {code.partition(".")[0] for kind in kinds for code in kind.categories}
    query = (
        select(c.case_id, c.category, c.subtype, c.severity, c.reported_at)
        .outerjoin(t.group_members, g.case_id == c.case_id)
        .where(c.reported_at >= since, c.category.in_(codes), g.case_id.is_(None))
        .order_by(c.reported_at.desc(), c.case_id)
        .limit(LATEST)
    )
    return [
        Grouped(case_id, f"{category}.{subtype}", severity, reported_at)
        for case_id, category, subtype, severity, reported_at in await session.execute(query)
    ]


async def lasting(session: AsyncSession) -> list[EventGroup]:
    """Groups that have not ended."""
    rows = await session.execute(select(t.event_groups).where(t.event_groups.c.ended_at.is_(None)))
    return [
        EventGroup(
            row["group_id"], row["kind"], row["began_at"], row["last_at"], None, row["size"],
            (row["reason_zh"], row["reason_en"]),
        )
        for row in rows.mappings()
    ]  # fmt: skip


async def save(
    session: AsyncSession,
    groups: Iterable[EventGroup],
    members: Iterable[Membership],
    at: datetime,
) -> None:
    """Keep groups as they are now, and who joined them."""
    for group in groups:
        row = {
            "group_id": group.group_id, "kind": group.kind, "began_at": group.began_at,
            "last_at": group.last_at, "ended_at": group.ended_at, "size": group.size,
            "reason_zh": group.reason[0], "reason_en": group.reason[1],
        }  # fmt: skip
        await insert_ignore(session, t.event_groups, [row])
        c = t.event_groups.c
        await session.execute(
            update(t.event_groups).where(c.group_id == group.group_id).values(row)
        )
    joined = [
        {
            "case_id": one.case_id, "group_id": one.group_id, "inhibited": one.inhibited,
            "reason_zh": one.reason[0], "reason_en": one.reason[1], "at": at,
        }
        for one in members
    ]  # fmt: skip
    if joined:
        await session.execute(insert(t.group_members), joined)


async def list_groups(session: AsyncSession, actor: Actor) -> tuple[GroupView, ...]:
    """The groups that last, with the cases in them that this person may see."""
    m = t.group_members.c
    views = []
    for group in await lasting(session):
        query = (
            select(m.case_id, m.inhibited, m.reason_zh, m.reason_en)
            .join(t.cases, t.cases.c.case_id == m.case_id)
            .where(m.group_id == group.group_id, visible_cases(actor))
            .order_by(m.case_id.desc())
            .limit(LATEST)
        )
        members = (await session.execute(query)).mappings()
        views.append(
            GroupView(
                group_id=group.group_id, kind=group.kind, began_at=group.began_at,
                last_at=group.last_at, ended_at=None, size=group.size,
                reason_zh=group.reason[0], reason_en=group.reason[1],
                members=tuple(MemberView(**row) for row in members),
            )
        )  # fmt: skip
    return tuple(sorted(views, key=lambda view: view.began_at))
