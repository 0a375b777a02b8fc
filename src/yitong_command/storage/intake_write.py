"""Writing the rows of a batch: new ones, changed ones, and the messages of both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, insert, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.clock import CHINA
from yitong_command.storage import notices
from yitong_command.storage import tables as t
from yitong_command.storage.intake_batch import Batch
from yitong_command.storage.manifest import link_evidence


async def number(session: AsyncSession, batch: Batch, new: Sequence[str]) -> None:
    """Give every new case its number of the day.

    Args:
        session: Open transaction.
        batch: Keeps the numbers.
        new: Placeholders of the new cases, in order.
    """
    if not new:
        return
    day = f"{batch.at.astimezone(CHINA):%Y%m%d}"
    last = await session.scalar(
        text(
            "INSERT INTO counters (name, value) VALUES (:name, :count) "
            "ON CONFLICT (name) DO UPDATE SET value = counters.value + :count RETURNING value"
        ),
        {"name": f"case:{day}", "count": len(new)},
    )
    first = int(last or 0) - len(new) + 1
    batch.ids = {key: f"YT{day}-{first + index:06d}" for index, key in enumerate(new)}


async def write(session: AsyncSession, batch: Batch) -> None:
    """Write all rows of a batch and what is to be sent of them."""
    new_ids = {case["case_id"] for case in batch.new_cases}
    for table, rows in (
        (t.cases, batch.new_cases),
        (t.incidents, list(batch.new_incidents.values())),
        (t.transitions, batch.transitions),
        (t.alerts, batch.new_alerts),
        (t.sightings, batch.sightings),
        (t.merge_decisions, batch.decisions),
    ):
        if rows:
            await session.execute(insert(table), rows)
    await link_evidence(session, batch.evidence)
    changed = sorted(batch.changed - new_ids)
    if changed:
        await _update(session, t.cases, "case_id", [batch.cases[key] for key in changed])
        await _update(session, t.alerts, "alert_id", [batch.alerts[key] for key in changed])
    if batch.known_incidents:
        rows = list(batch.known_incidents.values())
        await _update(session, t.incidents, "incident_id", rows)
    await notices.write(session, batch.outbox)


_UPDATED = {
    "cases": (
        "incident_count", "condition", "last_seen_at", "updated_at", "severity",
        "merge_reason_zh", "merge_reason_en",
    ),
    "alerts": ("repeats", "change", "change_id", "changed_at", "reason_zh", "reason_en"),
    "incidents": (
        "case_id", "opened_at", "cleared_at", "state", "score", "box",
        "reason_zh", "reason_en", "evidence",
    ),
}  # fmt: skip


async def _update(session: AsyncSession, table: Any, key: str, rows: list[dict[str, Any]]) -> None:
    names = _UPDATED[table.name]
    statement = (
        update(table)
        .where(table.c[key] == bindparam("row_key"))
        .values({name: bindparam(f"new_{name}") for name in names})
    )
    values = [{"row_key": row[key], **{f"new_{n}": row[n] for n in names}} for row in rows]
    connection = await session.connection()
    await connection.execute(statement, values)
