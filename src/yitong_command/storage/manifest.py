"""Evidence of cases: links to pictures, each written into the case's chained manifest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.manifest import FIRST, Entry, digest
from yitong_command.storage import tables as t
from yitong_command.storage.locks import insert_ignore

Link = Mapping[str, Any]


async def link_evidence(
    session: AsyncSession, links: Iterable[Link], entry: str = "captured"
) -> None:
    """Link pictures to their cases and write the new ones into the manifests.

    A picture that a case has already stays as it is, and its manifest too.

    Args:
        session: Open transaction that has the cases locked, or makes them.
        links: Columns of ``evidence_links``.
        entry: What the manifest calls it.
    """
    wanted = {(link["case_id"], link["sha256"]): link for link in links}
    if not wanted:
        return
    e = t.evidence_links.c
    key = tuple_(e.case_id, e.sha256)
    known = await session.execute(select(e.case_id, e.sha256).where(key.in_(list(wanted))))
    for case_id, sha256 in known:
        wanted.pop((case_id, sha256))
    rows = [dict(link) for link in wanted.values()]
    await insert_ignore(session, t.evidence_links, rows)
    await append(
        session,
        [
            _plain(link["case_id"], entry, link["sha256"], link["captured_at"], link["by"],
                   {"kind": link["kind"]})
            for link in rows
        ],
    )  # fmt: skip


async def note(
    session: AsyncSession,
    case_id: str,
    entry: str,
    at: datetime,
    by: str,
    sha256: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write one entry into a case's manifest; the transaction has the case locked."""
    await append(session, [_plain(case_id, entry, sha256, at, by, detail or {})])


async def append(session: AsyncSession, entries: list[Entry]) -> None:
    """Seal entries into the manifests of their cases, in this order."""
    if not entries:
        return
    heads = await _heads(session, {entry.case_id for entry in entries})
    rows = []
    for entry in entries:
        seq, prev = heads.get(entry.case_id, (0, FIRST))
        sealed = replace(entry, seq=seq + 1, prev=prev)
        hashed = digest(sealed)
        heads[entry.case_id] = (seq + 1, hashed)
        rows.append(
            {
                "case_id": sealed.case_id, "seq": sealed.seq, "entry": sealed.entry,
                "sha256": sealed.sha256, "at": sealed.at, "by": sealed.by,
                "detail": dict(sealed.detail), "prev": sealed.prev, "hash": hashed,
            }
        )  # fmt: skip
    await session.execute(insert(t.evidence_manifest), rows)


async def adopt(session: AsyncSession, case_id: str, at: datetime) -> None:
    """Write into a manifest what was linked before there were manifests."""
    e, m = t.evidence_links.c, t.evidence_manifest.c
    listed = select(m.sha256).where(m.case_id == case_id, m.sha256.is_not(None))
    query = (
        select(e.sha256, e.kind, e.captured_at, e.by)
        .where(e.case_id == case_id, e.sha256.not_in(listed))
        .order_by(e.captured_at, e.sha256)
    )
    found = (await session.execute(query)).all()
    detail = [
        {"kind": row.kind, "captured_at": row.captured_at.isoformat(), "taken_by": row.by}
        for row in found
    ]
    await append(
        session,
        [
            _plain(case_id, "adopted", row.sha256, at, "system", more)
            for row, more in zip(found, detail, strict=True)
        ],
    )


async def manifest_of(session: AsyncSession, case_id: str) -> tuple[Entry, ...]:
    """The manifest of a case, as stored."""
    m = t.evidence_manifest
    query = select(m).where(m.c.case_id == case_id).order_by(m.c.seq)
    return tuple(Entry(**row) for row in (await session.execute(query)).mappings())


async def head_of(session: AsyncSession, case_id: str) -> tuple[int, str]:
    """Number and hash of the newest entry; 0 and ``FIRST`` if there is none."""
    return (await _heads(session, {case_id})).get(case_id, (0, FIRST))


async def _heads(session: AsyncSession, case_ids: set[str]) -> dict[str, tuple[int, str]]:
    m = t.evidence_manifest.c
    last = (
        select(m.case_id, func.max(m.seq).label("seq"))
        .where(m.case_id.in_(case_ids))
        .group_by(m.case_id)
        .subquery()
    )
    query = select(m.case_id, m.seq, m.hash).join(
        last, (last.c.case_id == m.case_id) & (last.c.seq == m.seq)
    )
    return {row.case_id: (row.seq, row.hash) for row in await session.execute(query)}


def _plain(
    case_id: str, entry: str, sha256: str | None, at: datetime, by: str, detail: Mapping[str, Any]
) -> Entry:
    return Entry(
        case_id=case_id, seq=0, entry=entry, sha256=sha256, at=at, by=by, detail=detail, prev=FIRST
    )
