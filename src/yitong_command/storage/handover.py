"""The shift handover: signed by who goes, then by who comes; what the desk holds goes along."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from json import dumps
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import FINAL, Actor, State
from yitong_command.domain.roles import Role, in_area
from yitong_command.errors import IllegalTransition, NotAllowed, NotFound
from yitong_command.storage import audit, holdings, notices, users
from yitong_command.storage import tables_handover as t
from yitong_command.storage.handover_sheet import held_by, unacknowledged
from yitong_command.storage.locks import lock_names
from yitong_command.storage.move_facts import locked
from yitong_command.storage.names import names_of
from yitong_command.storage.tables import cases, transitions
from yitong_command.storage.views import User

GOOD_FOR = timedelta(hours=1)
"""After this the sheet says too little of how things are now; it must be made and signed again."""

OFFERED, DONE, WITHDRAWN = "offered", "done", "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverView:
    """One handover; ``cases`` are those that went from one holder to the other with it."""

    handover_id: str
    state: str
    outgoing: str
    outgoing_name_zh: str
    outgoing_name_en: str
    incoming: str
    incoming_name_zh: str
    incoming_name_en: str
    sheet: dict[str, Any]
    sheet_sha256: str
    note_out: str
    note_in: str
    signed_out_at: datetime
    signed_in_at: datetime | None
    withdrawn_at: datetime | None
    cases: tuple[str, ...]


def sheet_hash(sheet: dict[str, Any]) -> str:
    """SHA-256 (hex) of a sheet's JSON with its keys in order."""
    text = dumps(sheet, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


async def offer(
    session: AsyncSession,
    actor: Actor,
    incoming: str,
    sheet: dict[str, Any],
    note: str,
    at: datetime,
) -> str:
    """The first signature: of who goes, under a sheet as it is now.

    Args:
        session: Open transaction.
        actor: Who goes.
        incoming: Who comes.
        sheet: What is handed over, as JSON.
        note: In the words of who goes.
        at: When.

    Returns:
        The id of the handover.

    Raises:
        NotAllowed: If one of the two is no operator, or both are the same.
        IllegalTransition: If a critical alert waits, or an earlier sheet of theirs does.
    """
    await lock_names(session, [f"handover/{actor.username}"])
    await _partner(session, actor, incoming)
    await _check_critical(session, actor)
    c = t.handovers.c
    waiting = select(c.handover_id).where(c.outgoing == actor.username, c.state == OFFERED)
    if await session.scalar(waiting) is not None:
        raise IllegalTransition(
            "您已有一张交接单在等待签收，请先撤回",
            "a sheet of yours waits for its second signature; withdraw it first",
        )
    handover_id = str(uuid4())
    values = {
        "handover_id": handover_id, "state": OFFERED, "outgoing": actor.username,
        "incoming": incoming, "sheet": sheet, "sheet_sha256": sheet_hash(sheet), "note_out": note,
        "note_in": "", "signed_out_at": at,
    }  # fmt: skip
    await session.execute(insert(t.handovers).values(values))
    detail = {"incoming": incoming, "sheet": values["sheet_sha256"]}
    await _audit(session, actor, "handover_signed_out", handover_id, detail, at)
    return handover_id


async def accept(
    session: AsyncSession, actor: Actor, handover_id: str, sha: str, note: str, at: datetime
) -> None:
    """The second signature; every open case that the first person holds goes to the second.

    Raises:
        NotFound: If there is no such handover for this person.
        NotAllowed: If a case lies outside this person's area.
        IllegalTransition: If it is settled or too old, another sheet was read, or a critical
            alert waits.
    """
    row = await _offered(session, handover_id)
    if row["incoming"] != actor.username:
        raise NotAllowed("请由接班人本人登录签收", "only the incoming person may sign this")
    if sha != row["sheet_sha256"]:
        raise IllegalTransition("交接单已改变，请重新阅读", "this is not the sheet you have read")
    if at - row["signed_out_at"] > GOOD_FOR:
        raise IllegalTransition(
            "交接单已超过一小时，请交班人重新生成并签字",
            "the sheet is more than an hour old; it must be made and signed again",
        )
    outgoing = await _operator(session, row["outgoing"])
    await _check_critical(session, actor)
    passed = await _pass_cases(session, outgoing, actor, at)
    if passed:
        rows = [{"handover_id": handover_id, "case_id": case_id} for case_id in passed]
        await session.execute(insert(t.handover_cases), rows)
    await _settle(session, handover_id, state=DONE, signed_in_at=at, note_in=note)
    detail = {"outgoing": outgoing.username, "sheet": sha, "cases": list(passed)}
    await _audit(session, actor, "handover_signed_in", handover_id, detail, at)


async def withdraw(session: AsyncSession, actor: Actor, handover_id: str, at: datetime) -> None:
    """Take the first signature back, or refuse the second.

    Raises:
        NotFound: If there is no such handover.
        NotAllowed: If it is of two other people.
        IllegalTransition: If it is settled.
    """
    row = await _offered(session, handover_id)
    if actor.username not in (row["outgoing"], row["incoming"]):
        raise NotAllowed("这不是您的交接单", "this handover is between two other people")
    await _settle(session, handover_id, state=WITHDRAWN, withdrawn_at=at)
    await _audit(session, actor, "handover_withdrawn", handover_id, {}, at)


async def get_handover(session: AsyncSession, handover_id: str) -> HandoverView:
    """One handover.

    Raises:
        NotFound: If there is none.
    """
    query = select(t.handovers).where(t.handovers.c.handover_id == handover_id)
    row = (await session.execute(query)).mappings().one_or_none()
    if row is None:
        raise _none(handover_id)
    return (await _views(session, [dict(row)]))[0]


async def list_handovers(session: AsyncSession, limit: int = 30) -> tuple[HandoverView, ...]:
    """The newest handovers."""
    query = select(t.handovers).order_by(t.handovers.c.signed_out_at.desc()).limit(limit)
    rows = [dict(row) for row in (await session.execute(query)).mappings()]
    return await _views(session, rows)


async def _views(session: AsyncSession, rows: list[dict[str, Any]]) -> tuple[HandoverView, ...]:
    known = await names_of(session, {row[who] for row in rows for who in ("outgoing", "incoming")})
    c = t.handover_cases.c
    query = select(c.handover_id, c.case_id).order_by(c.case_id)
    query = query.where(c.handover_id.in_([row["handover_id"] for row in rows]))
    went: dict[str, list[str]] = {}
    for handover_id, case_id in await session.execute(query):
        went.setdefault(handover_id, []).append(case_id)
    views = []
    for row in rows:
        names = {
            f"{who}_name_{language}": known.get(row[who], (row[who], row[who]))[nth]
            for who in ("outgoing", "incoming")
            for nth, language in enumerate(("zh", "en"))
        }
        passed = tuple(went.get(row["handover_id"], ()))
        views.append(HandoverView(**row, **names, cases=passed))
    return tuple(views)


async def _offered(session: AsyncSession, handover_id: str) -> dict[str, Any]:
    query = select(t.handovers).where(t.handovers.c.handover_id == handover_id).with_for_update()
    row = (await session.execute(query)).mappings().one_or_none()
    if row is None:
        raise _none(handover_id)
    if row["state"] != OFFERED:
        raise IllegalTransition("这张交接单已经办结", "this handover is settled already")
    return dict(row)


async def _settle(session: AsyncSession, handover_id: str, **values: Any) -> None:
    statement = update(t.handovers).where(t.handovers.c.handover_id == handover_id)
    await session.execute(statement.values(values))


async def _check_critical(session: AsyncSession, actor: Actor) -> None:
    waiting = await unacknowledged(session, actor)
    if waiting:
        raise IllegalTransition(
            f"还有特急警情无人受理（{'、'.join(waiting[:3])}），处理后才能交接班",
            f"a critical alert waits for a decision ({', '.join(waiting[:3])}); decide it first",
        )


async def _operator(session: AsyncSession, username: str) -> User:
    user = await users.get_user(session, username)
    if user is None or user.role != Role.OPERATOR or not user.active:
        raise NotAllowed(f"{username} 不是在岗值班员", f"{username} is not an active operator")
    return user


async def _partner(session: AsyncSession, actor: Actor, incoming: str) -> None:
    if actor.role is not Role.OPERATOR:
        raise NotAllowed("交接班由值班员本人办理", "operators hand over to operators")
    if incoming == actor.username:
        raise NotAllowed("不能交给自己", "you can't hand over to yourself")
    await _operator(session, incoming)


async def _pass_cases(
    session: AsyncSession, outgoing: User, actor: Actor, at: datetime
) -> tuple[str, ...]:
    wanted = await held_by(session, outgoing.username)
    rows = await locked(session, set(wanted)) if wanted else {}
    mine = [
        rows[case_id]
        for case_id in wanted
        if rows[case_id]["holder"] == outgoing.username
        and State(rows[case_id]["state"]) not in FINAL
    ]
    outside = [
        row["case_id"] for row in mine
        if not in_area(actor.role, actor.grid_codes, row["grid_code"])
    ]  # fmt: skip
    if outside:
        raise NotAllowed(
            f"案件 {outside[0]} 等 {len(outside)} 件不在您的范围内，不能由您接班",
            f"{len(outside)} cases, {outside[0]} first, lie outside your area",
        )
    for row in mine:
        await _pass(session, row, outgoing.username, actor, at)
    return tuple(row["case_id"] for row in mine)


async def _pass(
    session: AsyncSession, row: dict[str, Any], outgoing: str, actor: Actor, at: datetime
) -> None:
    row |= {"version": row["version"] + 1, "holder": actor.username, "updated_at": at}
    note = (
        f"交接班：由 {outgoing} 交给 {actor.username} / "
        f"shift handover from {outgoing} to {actor.username}"
    )
    await session.execute(
        insert(transitions).values(
            case_id=row["case_id"], seq=row["version"], from_state=row["state"],
            to_state=row["state"], actor=actor.username, role=actor.role.value, at=at, note=note,
            holder=actor.username,
        )
    )  # fmt: skip
    values = {name: row[name] for name in ("version", "holder", "updated_at")}
    statement = update(cases).where(cases.c.case_id == row["case_id"])
    await session.execute(statement.values(values))
    await holdings.hand(session, row["case_id"], outgoing, actor.username, at)
    await notices.write(session, [notices.case_notice(row, row["state"], at, actor)])


async def _audit(
    session: AsyncSession, actor: Actor, action: str, handover_id: str, detail: dict[str, Any],
    at: datetime,
) -> None:  # fmt: skip
    role = actor.role.value
    await audit.record(session, at, actor.username, role, action, handover_id, detail)


def _none(handover_id: str) -> NotFound:
    return NotFound(f"没有交接单 {handover_id}", f"there is no handover {handover_id}")
