"""What the roster endpoints do between the request and the store."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.roles import Role, in_area
from yitong_command.errors import NotAllowed, NotFound, ProofMissing
from yitong_command.storage import rosters, users
from yitong_command.storage.names import names_of
from yitong_command.storage.rosters import By, Entry
from yitong_command.storage.session import transaction
from yitong_command.web.auth.service import Person
from yitong_command.web.context import Web
from yitong_command.web.rosters.schemas import DutyIn, Entries, EntryOut, LeaveIn, SwapIn

LONGEST = timedelta(days=366)


async def list_entries(web: Web, person: Person, kind: str | None) -> Entries:
    """Lines that hold or wait: all for the desk, the own for a worker."""
    async with transaction(web.readers) as session:
        own = person.username if person.role is Role.WORKER else None
        found = await rosters.entries(session, kind, own)
        return Entries(items=await _out(session, _seen(person, found)))


async def history(web: Web, person: Person, entry_id: str) -> Entries:
    """All versions of a line, newest first."""
    async with transaction(web.readers) as session:
        found = await rosters.history(session, entry_id)
        if not found or not _seen(person, found[:1]):
            raise NotFound(f"没有排班记录 {entry_id}", f"there is no line {entry_id}")
        return Entries(items=await _out(session, found))


async def put_duty(
    web: Web, person: Person, body: DutyIn, entry_id: str | None, version: int | None
) -> EntryOut:
    """Add a line, or make it this one."""
    _check_duty(web, person, body)
    content: dict[str, Any] = {
        "post": body.post,
        "role": body.role,
        "grids": sorted(body.areas) if body.areas is not None else None,
        "from": body.from_at.isoformat() if body.from_at else None,
        "until": body.until_at.isoformat() if body.until_at else None,
        "shift": {
            "begins": body.shift.begins, "ends": body.shift.ends, "days": sorted(body.shift.days),
        } if body.shift else None,
    }  # fmt: skip
    by = _by(web, person)
    async with transaction(web.sessions) as session:
        await _check_account(session, body.username)
        if entry_id is None:
            entry = await rosters.add(session, "duty", body.username, content, by, "holds")
        else:
            await _check_kind(session, entry_id, "duty", body.username)
            entry = await rosters.change(
                session, entry_id, by, expected_version=version, content=content
            )
        return (await _out(session, (entry,)))[0]


async def remove_duty(web: Web, person: Person, entry_id: str, version: int) -> EntryOut:
    """Take a line off the roster; its versions stay."""
    async with transaction(web.sessions) as session:
        await _check_kind(session, entry_id, "duty", None)
        by = _by(web, person)
        entry = await rosters.change(session, entry_id, by, expected_version=version, removed=True)
        return (await _out(session, (entry,)))[0]


async def ask_leave(web: Web, person: Person, body: LeaveIn) -> EntryOut:
    """Ask for leave, or enter it."""
    worker = person.role is Role.WORKER
    username = body.username or person.username
    if worker and username != person.username:
        raise NotAllowed("只能为自己请假", "only one's own leave can be asked for")
    _check_span(body.from_at, body.until_at)
    content = {
        "from": body.from_at.isoformat(), "until": body.until_at.isoformat(), "note": body.note,
    }  # fmt: skip
    async with transaction(web.sessions) as session:
        state = "asked" if worker else "granted"
        entry = await rosters.add(session, "leave", username, content, _by(web, person), state)
        return (await _out(session, (entry,)))[0]


async def ask_swap(web: Web, person: Person, body: SwapIn) -> EntryOut:
    """Ask somebody to stand in; it counts once that person agreed."""
    if body.with_user == person.username:
        raise NotAllowed("不能与自己换班", "one can't swap with oneself")
    _check_span(body.from_at, body.until_at)
    content = {
        "with": body.with_user, "from": body.from_at.isoformat(),
        "until": body.until_at.isoformat(), "note": body.note,
    }  # fmt: skip
    by = _by(web, person)
    async with transaction(web.sessions) as session:
        entry = await rosters.add(session, "swap", person.username, content, by, "asked")
        return (await _out(session, (entry,)))[0]


async def answer(web: Web, person: Person, entry_id: str, *, agree: bool) -> EntryOut:
    """Answer a swap one was asked for, or as the desk a wish for leave."""
    by = _by(web, person)
    async with transaction(web.sessions) as session:
        entry = await rosters.get(session, entry_id)
        if entry.kind == "leave" and person.role is not Role.WORKER and entry.state == "asked":
            state = "granted" if agree else "declined"
            done = await rosters.change(session, entry_id, by, state=state)
        else:
            done = await rosters.answer_swap(session, entry_id, by, agreed=agree)
        return (await _out(session, (done,)))[0]


async def withdraw(web: Web, person: Person, entry_id: str) -> EntryOut:
    """Take back leave or a swap."""
    at_desk = person.role is not Role.WORKER
    async with transaction(web.sessions) as session:
        entry = await rosters.withdraw(session, entry_id, _by(web, person), at_desk=at_desk)
        return (await _out(session, (entry,)))[0]


def _by(web: Web, person: Person) -> By:
    return By(person.username, person.role.value, web.clock())


def _check_duty(web: Web, person: Person, body: DutyIn) -> None:
    county = web.county
    if body.role not in county.taxonomy.roles:
        raise NotFound(f"没有角色 {body.role}", f"there is no role {body.role}")
    for code in body.areas or ():
        if code not in county.areas:
            raise NotFound(f"没有区域 {code}", f"there is no area {code}")
        if not in_area(person.role, person.user.grid_codes, code):
            raise NotAllowed(f"{code} 不在您的范围内", f"{code} is not in your area")
    if body.from_at and body.until_at and body.until_at <= body.from_at:
        raise ProofMissing("结束须晚于开始", "it has to end after it begins")
    if body.shift and body.shift.begins == body.shift.ends:
        raise ProofMissing("班次起止时间不能相同", "a shift can't begin and end at the same time")


def _check_span(begin: datetime, end: datetime) -> None:
    if not begin < end <= begin + LONGEST:
        raise ProofMissing(
            "结束须晚于开始,且不超过一年", "it has to end after it begins, within a year"
        )


async def _check_account(session: AsyncSession, username: str) -> None:
    if await users.get_user(session, username) is None:
        raise NotFound(f"没有人员 {username}", f"there is no person {username}")


async def _check_kind(
    session: AsyncSession, entry_id: str, kind: str, username: str | None
) -> None:
    entry = await rosters.get(session, entry_id)
    if entry.kind != kind or username not in {None, entry.username}:
        raise NotFound(f"没有排班记录 {entry_id}", f"there is no line {entry_id}")


def _seen(person: Person, found: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """What lies in a person's area; a worker's own lines were picked already."""
    if person.role is Role.WORKER:
        own = person.username
        return tuple(x for x in found if own in (x.username, x.content.get("with")))
    area = person.user.grid_codes
    if in_area(person.role, area, None):
        return found
    return tuple(
        x
        for x in found
        if any(in_area(person.role, area, code) for code in x.content.get("grids") or ())
    )


async def _out(session: AsyncSession, found: tuple[Entry, ...]) -> tuple[EntryOut, ...]:
    names = await names_of(session, {entry.username for entry in found})
    return tuple(
        EntryOut(
            **{name: getattr(entry, name) for name in Entry.__slots__},
            name_zh=names.get(entry.username, (entry.username, ""))[0],
            name_en=names.get(entry.username, ("", entry.username))[1],
        )
        for entry in found
    )
