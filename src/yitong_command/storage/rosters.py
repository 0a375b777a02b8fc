"""Rosters in the database: duties, leave and swaps, every version kept with author and time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.county import County
from yitong_command.domain.roster import Duty, Leave, Roster, Swap
from yitong_command.domain.running import Span
from yitong_command.errors import IllegalTransition, NotAllowed, NotFound, StaleVersion
from yitong_command.storage import audit, revisions
from yitong_command.storage import tables as t
from yitong_command.storage.locks import lock_names
from yitong_command.storage.roster_json import duty_of
from yitong_command.storage.users import get_user

NAME = "roster"
MAX_LISTED = 1000
_STANDS = {"duty": ("holds",), "leave": ("granted",), "swap": ("agreed",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the roster as it is now.

    Attributes:
        entry_id: Its id.
        version: Counts its changes from 1.
        kind: duty, leave or swap.
        username: Whom it is about; of a swap, who asked.
        state: holds; asked, granted, declined; asked, agreed, declined, withdrawn.
        content: What it says.
        author: Who made this version.
        at: When.
        removed: Whether it holds no more.
    """

    entry_id: str
    version: int
    kind: str
    username: str
    state: str
    content: dict[str, Any]
    author: str
    at: datetime
    removed: bool


@dataclass(frozen=True, slots=True)
class By:
    """Who changes the roster, when.

    Attributes:
        username: The person's account, or ``file``.
        role: In which role.
        at: Now.
    """

    username: str
    role: str
    at: datetime


async def current(session: AsyncSession, county: County) -> Roster:
    """The roster that holds; that of the configuration until a database has one."""
    found = await _MEMO.get(session)
    return Roster(county.roster) if found is None else found


async def entries(
    session: AsyncSession, kind: str | None = None, username: str | None = None
) -> tuple[Entry, ...]:
    """Lines that hold or wait, of a kind, of a person."""
    e = t.roster_entries.c
    query = select(t.roster_entries).where(e.removed.is_(False))
    if kind is not None:
        query = query.where(e.kind == kind)
    query = query.order_by(e.kind, e.username, e.entry_id).limit(MAX_LISTED * 10)
    found = tuple(Entry(**row) for row in (await session.execute(query)).mappings())
    if username is None:
        return found
    return tuple(x for x in found if username in (x.username, x.content.get("with")))


async def history(session: AsyncSession, entry_id: str) -> tuple[Entry, ...]:
    """All versions of a line, newest first."""
    v = t.roster_versions.c
    query = select(t.roster_versions).where(v.entry_id == entry_id).order_by(v.version.desc())
    return tuple(Entry(**row) for row in (await session.execute(query)).mappings())


async def add(
    session: AsyncSession,
    kind: str,
    username: str,
    content: dict[str, Any],
    by: By,
    state: str,
    entry_id: str | None = None,
) -> Entry:
    """A new line.

    Raises:
        NotFound: If the person has no account.
    """
    if kind != "duty":
        await _check_person(session, username)
        if kind == "swap":
            await _check_person(session, content["with"])
    entry = Entry(
        entry_id=entry_id or str(uuid4()), version=1, kind=kind, username=username, state=state,
        content=content, author=by.username, at=by.at, removed=False,
    )  # fmt: skip
    await session.execute(insert(t.roster_entries).values(_values(entry)))
    await _keep(session, entry, by, "roster_added")
    return entry


async def change(
    session: AsyncSession,
    entry_id: str,
    by: By,
    *,
    expected_version: int | None = None,
    state: str | None = None,
    content: dict[str, Any] | None = None,
    removed: bool | None = None,
) -> Entry:
    """Another version of a line.

    Raises:
        NotFound: If there is none.
        StaleVersion: If somebody else changed it.
    """
    entry = await get(session, entry_id, with_removed=removed is False)
    if expected_version is not None and entry.version != expected_version:
        raise StaleVersion(
            f"排班记录已被他人更新(第 {entry.version} 版),请刷新",
            f"this line was changed by somebody else (version {entry.version})",
        )
    after = Entry(
        entry_id=entry_id, version=entry.version + 1, kind=entry.kind, username=entry.username,
        state=entry.state if state is None else state,
        content=entry.content if content is None else content,
        author=by.username, at=by.at, removed=entry.removed if removed is None else removed,
    )  # fmt: skip
    e = t.roster_entries.c
    done = await session.execute(
        update(t.roster_entries)
        .where(e.entry_id == entry_id, e.version == entry.version)
        .values(_values(after))
        .returning(e.entry_id)
    )
    if done.one_or_none() is None:
        raise StaleVersion("排班记录已被他人更新,请刷新", "this line was changed by somebody else")
    await _keep(session, after, by, "roster_removed" if after.removed else "roster_changed")
    return after


async def get(session: AsyncSession, entry_id: str, *, with_removed: bool = False) -> Entry:
    """A line.

    Raises:
        NotFound: If there is none, or it holds no more.
    """
    query = select(t.roster_entries).where(t.roster_entries.c.entry_id == entry_id)
    row = (await session.execute(query)).mappings().one_or_none()
    if row is None or (row["removed"] and not with_removed):
        raise NotFound(f"没有排班记录 {entry_id}", f"there is no line {entry_id}")
    return Entry(**row)


async def answer_swap(session: AsyncSession, entry_id: str, by: By, *, agreed: bool) -> Entry:
    """The other person's answer to a swap.

    Raises:
        NotFound: If there is none.
        NotAllowed: If it is not this person who was asked.
        IllegalTransition: If it was answered or withdrawn already.
    """
    entry = await get(session, entry_id)
    if entry.kind != "swap" or entry.state != "asked":
        raise IllegalTransition("该换班申请已处理", "this was answered already")
    if entry.content["with"] != by.username:
        raise NotAllowed("只有被申请人本人可以答复换班", "only the person who was asked may answer")
    return await change(session, entry_id, by, state="agreed" if agreed else "declined")


async def withdraw(session: AsyncSession, entry_id: str, by: By, *, at_desk: bool) -> Entry:
    """Take back a swap or leave: who asked for it, or the desk.

    Raises:
        NotFound: If there is none.
        NotAllowed: If it is another's.
    """
    entry = await get(session, entry_id)
    if entry.kind == "duty" or not (at_desk or entry.username == by.username):
        raise NotAllowed("只能撤回自己的申请", "only one's own can be taken back")
    return await change(session, entry_id, by, state="withdrawn", removed=True)


async def _load(session: AsyncSession) -> Roster:
    duties: list[Duty] = []
    leaves: list[Leave] = []
    swaps: list[Swap] = []
    for entry in await entries(session):
        if entry.state not in _STANDS[entry.kind]:
            continue
        if entry.kind == "duty":
            duties.append(duty_of(entry.username, entry.content))
            continue
        span = Span(_time(entry.content["from"]), _time(entry.content["until"]))
        if entry.kind == "leave":
            leaves.append(Leave(entry.username, span))
        else:
            swaps.append(Swap(entry.username, entry.content["with"], span))
    return Roster(tuple(duties), tuple(leaves), tuple(swaps))


_MEMO = revisions.Memo(NAME, _load)


async def _keep(session: AsyncSession, entry: Entry, by: By, action: str) -> None:
    await lock_names(session, [NAME])
    await session.execute(insert(t.roster_versions).values(_values(entry)))
    await revisions.touch(session, NAME, by.at)
    detail = {
        "kind": entry.kind, "username": entry.username, "state": entry.state,
        "version": entry.version, "content": entry.content,
    }  # fmt: skip
    await audit.record(session, by.at, by.username, by.role, action, entry.entry_id, detail)


async def _check_person(session: AsyncSession, username: str) -> None:
    if await get_user(session, username) is None:
        raise NotFound(f"没有人员 {username}", f"there is no person {username}")


def _values(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in Entry.__slots__}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
