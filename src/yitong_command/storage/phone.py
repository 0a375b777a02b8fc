"""What workers' phones sent: each act counts once, and both its times are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.clock import CHINA
from yitong_command.storage.locks import lock_names
from yitong_command.storage.tables_teams import phone_acts

LATE = timedelta(minutes=2)
"""Sent so long after it was pressed, an act says so."""


@dataclass(frozen=True, slots=True)
class PhoneAct:
    """One press of a button.

    Attributes:
        client_id: Its number, made by the phone.
        said_at: When it was pressed, by the phone's clock; never later than it arrived.
    """

    client_id: str
    said_at: datetime


async def first_time(
    session: AsyncSession, act: PhoneAct, username: str, case_id: str, kind: str, at: datetime
) -> bool:
    """Keep an act in the transaction of what it does; False if it was done before.

    Args:
        session: Open transaction.
        act: What was pressed.
        username: Whose phone.
        case_id: On which case.
        kind: What it does.
        at: Now.
    """
    await lock_names(session, [f"phone/{username}"])
    c = phone_acts.c
    known = select(c.at).where(c.username == username, c.client_id == act.client_id)
    if await session.scalar(known) is not None:
        return False
    await session.execute(
        insert(phone_acts).values(
            username=username, client_id=act.client_id, case_id=case_id, kind=kind,
            said_at=min(act.said_at, at), at=at,
        )
    )  # fmt: skip
    return True


def late_words(act: PhoneAct | None, at: datetime) -> str:
    """What the case's history says of an act that was sent late; else nothing."""
    if act is None or at - act.said_at < LATE:
        return ""
    said = act.said_at.astimezone(CHINA).strftime("%m-%d %H:%M")
    return f"[手机上 {said} 操作,有网后送达 / pressed on the phone at {said}, sent when online]"
