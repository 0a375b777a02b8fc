"""Taking a case with its evidence out of the database, and checking it in place."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.manifest import Entry, Fault, chain_faults
from yitong_command.errors import NotFound
from yitong_command.storage import audit, manifest
from yitong_command.storage import tables as t
from yitong_command.storage.cases import get_case
from yitong_command.storage.evidence import EvidenceAltered, EvidenceStore
from yitong_command.storage.merging import no_case
from yitong_command.storage.move_facts import locked


async def take_out(
    session: AsyncSession, case_id: str, by: str, at: datetime
) -> tuple[dict[str, Any], tuple[Entry, ...]]:
    """A case as JSON values and its manifest; the export is an entry of it and audited.

    Args:
        session: Open transaction.
        case_id: The case.
        by: Who takes it out.
        at: Now.

    Raises:
        NotFound: If there is no such case.
    """
    if case_id not in await locked(session, {case_id}):
        raise no_case(case_id)
    await manifest.adopt(session, case_id, at)
    await manifest.note(session, case_id, "exported", at, by)
    entries = await manifest.manifest_of(session, case_id)
    detail = {"entries": len(entries), "head": entries[-1].hash}
    await audit.record(session, at, by, "shell", "evidence_exported", case_id, detail)
    case: dict[str, Any] = _plain(asdict(await get_case(session, case_id)))
    return case, entries


async def case_faults(session: AsyncSession, case_id: str, store: EvidenceStore) -> list[Fault]:
    """What is not as it was in a case's evidence, in the database and on the disk."""
    entries = await manifest.manifest_of(session, case_id)
    faults = chain_faults(case_id, entries)
    listed = {entry.sha256 for entry in entries}
    e = t.evidence_links.c
    query = select(e.sha256).where(e.case_id == case_id).order_by(e.sha256)
    linked = list(await session.scalars(query))
    for sha256 in linked:
        if entries and sha256 not in listed:
            faults.append(
                Fault(f"{case_id} {sha256}", "清单中没有这张图片", "is not in the manifest")
            )
        if (fault := _picture_fault(case_id, sha256, store)) is not None:
            faults.append(fault)
    last: dict[str, str] = {}
    for entry in entries:
        if entry.sha256 is not None and entry.entry != "opinion":
            last[entry.sha256] = entry.entry
    gone = {sha for sha, entry in last.items() if entry not in {"purged", "unlinked"}}
    for sha256 in sorted(gone - set(linked)):
        faults.append(
            Fault(f"{case_id} {sha256}", "清单有而案件无", "is in the manifest, not in the case")
        )
    return faults


def _picture_fault(case_id: str, sha256: str, store: EvidenceStore) -> Fault | None:
    where = f"{case_id} {sha256}"
    try:
        store.get(sha256)
    except NotFound:
        return Fault(where, "图片文件缺失", "the picture's file is missing")
    except EvidenceAltered:
        return Fault(where, "图片文件被改动", "the picture's file was altered")
    return None


def _plain(value: Any) -> Any:
    """The same as JSON knows it."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value
