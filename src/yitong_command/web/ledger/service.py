"""Reads the ledger for a screen or a terminal."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.ledger import GRACE, Alarm, hour_of
from yitong_command.storage import ledger
from yitong_command.web.ledger.schemas import Ledger, LedgerAlarm, LedgerCounts


async def read_ledger(session: AsyncSession, now: datetime, hours: int) -> Ledger:
    """The ledger of the last hours, the present one and what is dated ahead included.

    Args:
        session: Open transaction.
        now: The time.
        hours: How many, counted back from the present hour.
    """
    since = hour_of(now) - timedelta(hours=hours - 1)
    rows = await ledger.rows(session, since, now + timedelta(days=1))
    found = [
        await _alarm(session, alarm) for alarm in await ledger.alarms(session, open_only=False)
    ]
    return Ledger(
        since=since,
        at=now,
        grace_s=GRACE.total_seconds(),
        behind=not await ledger.is_kept(session, now),
        items=tuple(LedgerCounts(**asdict(row)) for row in rows),
        alarms=tuple(found),
    )


async def _alarm(session: AsyncSession, alarm: Alarm) -> LedgerAlarm:
    item, lasts = alarm.missing, alarm.ended_at is None
    zh, en = item.reason
    return LedgerAlarm(
        alarm_id=item.alarm_id,
        kind=item.kind.value,
        source=item.source,
        hour=item.hour,
        count=item.count,
        began_at=alarm.began_at,
        ended_at=alarm.ended_at,
        reason_zh=zh,
        reason_en=en,
        messages=await ledger.examples(session, item) if lasts else (),
    )
