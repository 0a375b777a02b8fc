"""Reports become cases: one batch, one transaction, the same result however often."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import bindparam, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.county import County
from yitong_command.domain.report import Report, ReportKind
from yitong_command.errors import BadMessage
from yitong_command.routing.reports import (
    Outcome,
    ReportStep,
    Thread,
    normalise,
    plan_reports,
    report_refusal,
    sighting_of_report,
)
from yitong_command.storage import tables as t
from yitong_command.storage.intake_write import number, write
from yitong_command.storage.locks import insert_ignore, lock_names
from yitong_command.storage.report_batch import ReportBatch
from yitong_command.storage.sightings import lock_kinds, open_cases

MAX_BATCH = 500
_LOCKS = 16

Told = tuple[Report, dict[str, Any]]
"""A report, and its wire form as JSON values."""


async def take_reports(
    session: AsyncSession, told: Sequence[Told], county: County, at: datetime
) -> Counter[str]:
    """Turn a batch of reports into cases, alerts, questions and messages.

    Taking the same report again changes nothing.

    Args:
        session: Open transaction; the caller commits.
        told: At most 500, in the order they arrived.
        county: Taxonomy and grids.
        at: Now.

    Returns:
        How often each outcome came about.

    Raises:
        BadMessage: If one of them is refused by the taxonomy or the ethical frame.
        ValueError: If there are more than 500.
    """
    if len(told) > MAX_BATCH:
        raise ValueError(f"{len(told)} reports in one batch; {MAX_BATCH} at most")
    reports = [normalise(report) for report, _ in told]
    for report in reports:
        reason = report_refusal(report, county.taxonomy)
        if reason:
            raise BadMessage(reason)
    merging = county.taxonomy.merging
    buckets = {zlib.crc32(report.thread.encode()) % _LOCKS for report in reports}
    await lock_names(session, {f"report-threads:{bucket:02d}" for bucket in buckets})
    await lock_kinds(session, {report.category or "" for report in reports}, merging)
    await insert_ignore(session, t.reports, [_row(*item) for item in told])
    threads = await _threads(session, reports)
    cases = await open_cases(session, [sighting_of_report(item) for item in reports], merging)
    steps = plan_reports(reports, threads, cases, merging)
    batch = ReportBatch(county, at)
    await _load(session, batch, steps)
    new = [step.case_id for step in steps if step.outcome is Outcome.CASED and step.case_id]
    await number(session, batch, new)
    for step in steps:
        batch.take(step)
    await write(session, batch)
    await _decide(session, batch)
    return batch.counts


async def note_refusal(session: AsyncSession, report_id: str, reason: str, at: datetime) -> None:
    """Tell a report's sender that it was refused, and why.

    Args:
        session: Open transaction.
        report_id: The report; one that is not stored is passed over.
        reason: Chinese and English, with a slash between them.
        at: Now.
    """
    zh, _, en = reason.partition(" / ")
    r = t.reports
    await session.execute(
        update(r)
        .where(r.c.report_id == report_id, r.c.outcome.is_(None))
        .values(outcome="refused", outcome_zh=zh, outcome_en=en or zh, decided_at=at)
    )


def _row(report: Report, message: dict[str, Any]) -> dict[str, Any]:
    """The row of a report that came by the topic alone; who stores it first wrote a fuller one."""
    return {
        "report_id": str(report.report_id),
        "platform": report.platform,
        "external_id": report.external_id,
        "sequence": report.sequence,
        "kind": report.kind.value,
        "digest": sha256(orjson.dumps(message, option=orjson.OPT_SORT_KEYS)).hexdigest(),
        "message": message,
        "private": None,
        "reported_at": report.reported_at,
        "received_at": report.received_at,
        "outcome_zh": "",
        "outcome_en": "",
    }


async def _threads(session: AsyncSession, reports: Sequence[Report]) -> dict[str, Thread]:
    r = t.reports.c
    numbers = {(report.platform, report.external_id) for report in reports}
    query = (
        select(r.platform, r.external_id, r.report_id, r.sequence, r.kind, r.case_id)
        .where(tuple_(r.platform, r.external_id).in_(sorted(numbers)), r.outcome.is_not(None))
        .order_by(r.sequence)
    )
    threads: dict[str, Thread] = {}
    for platform, external_id, report_id, sequence, kind, case_id in await session.execute(query):
        key = f"{platform}/{external_id}"
        old = threads.get(key)
        threads[key] = Thread(
            case_id=case_id or (old.case_id if old else None),
            sequence=sequence,
            withdrawn=kind == ReportKind.WITHDRAWN,
            taken=(old.taken if old else frozenset()) | {report_id},
        )
    return threads


async def _load(session: AsyncSession, batch: ReportBatch, steps: Sequence[ReportStep]) -> None:
    """Rows that exist already and will be changed."""
    ids = {
        step.case_id
        for step in steps
        if step.case_id and step.outcome not in {Outcome.CASED, Outcome.DUPLICATE}
    }
    if not ids:
        return
    query = select(t.cases).where(t.cases.c.case_id.in_(ids)).order_by(t.cases.c.case_id)
    for row in (await session.execute(query.with_for_update())).mappings():
        batch.cases[row["case_id"]] = dict(row)
    for row in (
        await session.execute(select(t.alerts).where(t.alerts.c.case_id.in_(ids)))
    ).mappings():
        batch.alerts[row["case_id"]] = dict(row)
    i = t.incidents.c
    uncleared = select(i.case_id, i.incident_id).where(
        i.case_id.in_(ids), i.opened_at.is_not(None), i.cleared_at.is_(None)
    )
    for case_id, incident_id in await session.execute(uncleared):
        batch.uncleared.setdefault(case_id, set()).add(incident_id)
    await _load_threads(session, batch, ids)


async def _load_threads(session: AsyncSession, batch: ReportBatch, ids: set[str]) -> None:
    r = t.reports.c
    query = select(r.case_id, r.platform, r.external_id, r.kind).where(r.case_id.in_(ids))
    for case_id, platform, external_id, kind in await session.execute(query.order_by(r.sequence)):
        told = batch.uncleared.setdefault(case_id, set())
        if kind == ReportKind.WITHDRAWN:
            told.discard(f"{platform}/{external_id}")
        else:
            told.add(f"{platform}/{external_id}")


async def _decide(session: AsyncSession, batch: ReportBatch) -> None:
    if not batch.decided:
        return
    names = ("case_id", "outcome", "outcome_zh", "outcome_en", "decided_at")
    statement = (
        update(t.reports)
        .where(t.reports.c.report_id == bindparam("row_key"))
        .values({name: bindparam(f"new_{name}") for name in names})
    )
    connection = await session.connection()
    await connection.execute(statement, batch.decided)
