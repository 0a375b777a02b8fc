"""Device faults: kept, and told by way of the outbox."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.camera import CameraState
from yitong_command.routing.outage import AGAIN, Fault, FaultKind
from yitong_command.storage import notices
from yitong_command.storage import tables_health as t

TOPIC = "camera-faults"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultView:
    """A device fault in the fields of the wire model's ``CameraFaultMessage``."""

    fault_id: str
    kind: str
    name: str
    state: str
    began_at: datetime
    ended_at: datetime | None
    cameras: tuple[str, ...]
    recovered: tuple[str, ...]
    reason_zh: str
    reason_en: str
    repeats: int
    folded_into: str | None
    changed_at: datetime


async def current(session: AsyncSession, at: datetime) -> tuple[Fault, ...]:
    """The faults that last, and those that may come back."""
    c = t.camera_faults.c
    query = select(t.camera_faults).where(or_(c.ended_at.is_(None), c.ended_at > at - AGAIN * 2))
    rows = (await session.execute(query)).mappings()
    return tuple(
        Fault(
            row["fault_id"], FaultKind(row["kind"]), row["name"], CameraState(row["state"]),
            row["began_at"], row["ended_at"], tuple(row["cameras"]), tuple(row["recovered"]),
            (row["reason_zh"], row["reason_en"]), row["repeats"], row["folded_into"],
        )
        for row in rows
    )  # fmt: skip


async def save(session: AsyncSession, faults: Iterable[Fault], at: datetime) -> None:
    """Keep faults as they are now, with an outbox row for each.

    Args:
        session: Open transaction.
        faults: Those that are new or have changed.
        at: Now.
    """
    rows = [_row(fault, at) for fault in faults]
    if not rows:
        return
    kind = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    for row in rows:
        write = kind.insert(t.camera_faults).values(row)
        changed = {name: value for name, value in row.items() if name != "fault_id"}
        await session.execute(
            write.on_conflict_do_update(index_elements=["fault_id"], set_=changed)
        )
    await notices.write(session, [_notice(row, at) for row in rows])


async def list_faults(
    session: AsyncSession, *, open_only: bool = False, limit: int = 200
) -> tuple[FaultView, ...]:
    """Faults, those that last first, then the newest; parts of an outage are left out.

    Args:
        session: Open transaction.
        open_only: Only those that last.
        limit: At most so many.
    """
    c = t.camera_faults.c
    query = select(t.camera_faults).where(c.folded_into.is_(None))
    if open_only:
        query = query.where(c.ended_at.is_(None))
    query = query.order_by(c.ended_at.is_not(None), c.began_at.desc(), c.fault_id).limit(limit)
    rows = (await session.execute(query)).mappings()
    lists = ("cameras", "recovered")
    return tuple(FaultView(**{**row, **{name: tuple(row[name]) for name in lists}}) for row in rows)


def _row(fault: Fault, at: datetime) -> dict[str, Any]:
    return {
        "fault_id": fault.fault_id, "kind": fault.kind.value, "name": fault.name,
        "state": fault.state.value, "began_at": fault.began_at, "ended_at": fault.ended_at,
        "cameras": list(fault.cameras), "recovered": list(fault.recovered),
        "reason_zh": fault.reason[0], "reason_en": fault.reason[1], "repeats": fault.repeats,
        "folded_into": fault.folded_into, "changed_at": at,
    }  # fmt: skip


def _notice(row: dict[str, Any], at: datetime) -> dict[str, Any]:
    """The outbox row; times as text, as the wire model reads them."""
    change_id = str(uuid4())
    times = {
        name: row[name].isoformat() if row[name] else None
        for name in ("began_at", "ended_at", "changed_at")
    }
    payload = {"schema_version": 1, "change_id": change_id, **row, **times}
    return {
        "change_id": change_id, "topic": TOPIC, "key": row["fault_id"], "payload": payload,
        "at": at,
    }  # fmt: skip
