"""Alarms of the ledger: kept, and told by way of the outbox."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.ledger import Alarm
from yitong_command.storage import notices
from yitong_command.storage import tables as t

TOPIC = "ledger-alarms"


async def save(session: AsyncSession, alarms: Iterable[Alarm], at: datetime) -> None:
    """Keep alarms that began, changed or ended, with an outbox row for each.

    Args:
        session: Open transaction.
        alarms: As they are now.
        at: Now.
    """
    kind = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    told = []
    for alarm in alarms:
        row = _row(alarm, at)
        changed = {name: value for name, value in row.items() if name != "alarm_id"}
        write = kind.insert(t.ledger_alarms).values(row)
        await session.execute(
            write.on_conflict_do_update(index_elements=["alarm_id"], set_=changed)
        )
        told.append(_notice(row, at))
    if told:
        await notices.write(session, told)


def _row(alarm: Alarm, at: datetime) -> dict[str, Any]:
    item = alarm.missing
    zh, en = item.reason
    return {
        "alarm_id": item.alarm_id, "kind": item.kind.value, "source": item.source,
        "hour": item.hour, "count": item.count, "began_at": alarm.began_at,
        "ended_at": alarm.ended_at, "reason_zh": zh, "reason_en": en, "changed_at": at,
    }  # fmt: skip


def _notice(row: dict[str, Any], at: datetime) -> dict[str, Any]:
    change_id = str(uuid4())
    times = {
        name: row[name].isoformat() if row[name] else None
        for name in ("hour", "began_at", "ended_at", "changed_at")
    }
    state = "cleared" if row["ended_at"] else "open"
    payload = {"schema_version": 1, "change_id": change_id, "state": state, **row, **times}
    key = row["alarm_id"][:64]
    return {"change_id": change_id, "topic": TOPIC, "key": key, "payload": payload, "at": at}
