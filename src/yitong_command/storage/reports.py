"""Received reports: written with their outbox row before the sender hears that they were taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import uuid5

from sqlalchemy import bindparam, delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.report import NAMESPACE, Report
from yitong_command.storage import tables as t
from yitong_command.storage.locks import lock_names


@dataclass(frozen=True, slots=True)
class Inbound:
    """A report about to be stored.

    Attributes:
        report: The report.
        message: Its wire form, as JSON values.
        digest: Hash of what the sender said.
        private: Sealed names, numbers and withheld words, or None.
    """

    report: Report
    message: dict[str, Any]
    digest: str
    private: str | None


@dataclass(frozen=True, slots=True)
class Known:
    """How one number stands.

    Attributes:
        platform: Who sent it.
        external_id: Its number there.
        report_id: The newest report under it.
        sequence: Its sequence.
        kind: Its kind.
        received_at: When the newest was received.
        first_at: When the first was received.
        outcome: What the intake decided, or None while it has not.
        outcome_zh: The same in words.
        outcome_en: The same in words.
        case_id: The case it became or joined, or None.
        case_state: Where that case stands, or None.
        message: The newest report as it was sent on.
    """

    platform: str
    external_id: str
    report_id: str
    sequence: int
    kind: str
    received_at: datetime
    first_at: datetime
    outcome: str | None
    outcome_zh: str
    outcome_en: str
    case_id: str | None
    case_state: str | None
    message: Mapping[str, Any]


async def hold(session: AsyncSession, platform: str) -> None:
    """Let nobody else store reports of this platform until the transaction ends."""
    await lock_names(session, {f"reports:{platform}"})


async def digests(session: AsyncSession, ids: Iterable[str]) -> dict[str, str]:
    """What was said in those of these reports that are stored already."""
    r = t.reports.c
    found = await session.execute(select(r.report_id, r.digest).where(r.report_id.in_(list(ids))))
    return {report_id: digest for report_id, digest in found}


async def store(session: AsyncSession, inbound: Iterable[Inbound]) -> None:
    """Write new reports and what is to be sent of them, in order."""
    items = list(inbound)
    if not items:
        return
    await session.execute(insert(t.reports), [_row(item) for item in items])
    await session.execute(
        insert(t.outbox),
        [
            {
                "change_id": str(item.report.report_id),
                "topic": "reports",
                # The record's key comes from the message; this column is too short for it.
                "key": str(uuid5(NAMESPACE, item.report.thread)),
                "payload": item.message,
                "at": item.report.received_at,
            }
            for item in items
        ],
    )


def _row(item: Inbound) -> dict[str, Any]:
    report = item.report
    return {
        "report_id": str(report.report_id),
        "platform": report.platform,
        "external_id": report.external_id,
        "sequence": report.sequence,
        "kind": report.kind.value,
        "digest": item.digest,
        "message": item.message,
        "private": item.private,
        "reported_at": report.reported_at,
        "received_at": report.received_at,
    }


async def use_token(
    session: AsyncSession, platform: str, token_id: str, expires_at: datetime, now: datetime
) -> bool:
    """Use up a token; False if it was used before. Those long expired are forgotten."""
    u = t.used_tokens
    await session.execute(delete(u).where(u.c.expires_at < now))
    statement = text(
        "INSERT INTO used_tokens (platform, token_id, expires_at) VALUES (:platform, :token_id, "
        ":expires_at) ON CONFLICT (platform, token_id) DO NOTHING RETURNING token_id"
    ).bindparams(
        bindparam("platform", platform, u.c.platform.type),
        bindparam("token_id", token_id, u.c.token_id.type),
        bindparam("expires_at", expires_at, u.c.expires_at.type),
    )
    return await session.scalar(statement) is not None


async def count_refusals(
    session: AsyncSession, platform: str, day: date, counts: Mapping[str, int]
) -> None:
    """Add to the refusals of a day, by code."""
    r = t.report_refusals
    statement = text(
        "INSERT INTO report_refusals (platform, day, code, count) "
        "VALUES (:platform, :day, :code, :count) ON CONFLICT (platform, day, code) "
        "DO UPDATE SET count = report_refusals.count + excluded.count"
    )
    for code, count in sorted(counts.items()):
        values = {"platform": platform, "day": day, "code": code[:64], "count": count}
        await session.execute(
            statement.bindparams(*(bindparam(k, v, r.c[k].type) for k, v in values.items()))
        )


async def refusals(session: AsyncSession, since: date) -> dict[tuple[str, str], int]:
    """How many items were refused since that day, by platform and code."""
    r = t.report_refusals.c
    found: dict[tuple[str, str], int] = {}
    for row in await session.execute(select(r.platform, r.code, r.count).where(r.day >= since)):
        key = (row[0], row[1])
        found[key] = found.get(key, 0) + row[2]
    return found


async def find(session: AsyncSession, platform: str, external_id: str) -> Known | None:
    """How a platform's number stands, or None if it never sent it."""
    r = t.reports.c
    query = (
        select(t.reports)
        .where(r.platform == platform, r.external_id == external_id)
        .order_by(r.sequence)
    )
    rows = (await session.execute(query)).mappings().all()
    if not rows:
        return None
    newest = rows[-1]
    decided = next((row for row in reversed(rows) if row["outcome"]), newest)
    cased = next((row["case_id"] for row in reversed(rows) if row["case_id"]), None)
    case_id, case_state = await _case(session, f"{platform}/{external_id}", cased)
    return Known(
        platform=platform,
        external_id=external_id,
        report_id=newest["report_id"],
        sequence=newest["sequence"],
        kind=newest["kind"],
        received_at=newest["received_at"],
        first_at=min(row["received_at"] for row in rows),
        outcome=decided["outcome"],
        outcome_zh=decided["outcome_zh"],
        outcome_en=decided["outcome_en"],
        case_id=case_id,
        case_state=case_state,
        message=newest["message"],
    )


async def _case(
    session: AsyncSession, thread: str, written: str | None
) -> tuple[str | None, str | None]:
    """The case it is in now, which merging and splitting may have changed, and its state."""
    s = t.sightings.c
    now = await session.scalar(select(s.case_id).where(s.sighting_id == thread))
    case_id = now or written
    if case_id is None:
        return None, None
    c = t.cases.c
    return case_id, await session.scalar(select(c.state).where(c.case_id == case_id))
