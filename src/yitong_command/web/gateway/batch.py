"""Batches of reports, whichever way they came: each item read by itself, stored, and answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.bus.report_messages import ReportMessage
from yitong_command.domain.report import Report
from yitong_command.domain.taxonomy import Taxonomy
from yitong_command.settings.platforms import Platform
from yitong_command.settings.secrets import make_vault
from yitong_command.sources.adapters import ADAPTERS
from yitong_command.sources.adapters.base import Draft, Wrong
from yitong_command.sources.adapters.settle import Receipt, Settled, settle
from yitong_command.storage import reports
from yitong_command.web.gateway.schemas import ItemAnswer


@dataclass(frozen=True, slots=True)
class Read:
    """An item as it was read.

    Attributes:
        draft: What it says, or None if it can't be read.
        settled: The report, or None if it is refused.
        wrong: Why it is refused, or None.
    """

    draft: Draft | None
    settled: Settled | None
    wrong: Wrong | None


def read_all(
    items: Iterable[Any], platform: Platform, taxonomy: Taxonomy, receipt: Receipt
) -> list[Read]:
    """Every item of a batch, as far as it can be read."""
    return [_read(item, platform, taxonomy, receipt) for item in items]


def _read(item: Any, platform: Platform, taxonomy: Taxonomy, receipt: Receipt) -> Read:
    draft: Draft | None = None
    try:
        draft = ADAPTERS[platform.adapter].read(item, platform)
        return Read(draft, settle(draft, platform, taxonomy, receipt), None)
    except Wrong as exc:
        return Read(draft, None, exc)


async def write(
    key_file: Path, session: AsyncSession, platform: str, read: Sequence[Read]
) -> list[ItemAnswer]:
    """Store what is new of a batch in an open transaction, and say what became of each item."""
    await reports.hold(session, platform)
    ids = [str(item.settled.report.report_id) for item in read if item.settled]
    known = await reports.digests(session, ids)
    answers, fresh = [], []
    for index, item in enumerate(read):
        if item.settled is None:
            answers.append(_answer(index, item, item.wrong))
            continue
        report_id, digest = str(item.settled.report.report_id), item.settled.digest
        before = known.setdefault(report_id, "")
        if not before:
            known[report_id] = digest
            fresh.append(item.settled)
        conflict = _conflict(item) if before and before != digest else None
        answers.append(_answer(index, item, conflict, repeated=bool(before)))
    await reports.store(session, [_inbound(key_file, settled) for settled in fresh])
    return answers


def _conflict(item: Read) -> Wrong:
    name = item.draft.names.get("sequence", "sequence") if item.draft else "sequence"
    return Wrong(
        name,
        "同一编号同一序号已有不同内容, 更新请把序号加一",
        "this number and sequence said something else before; raise the sequence to update",
        "conflict",
    )


def _answer(index: int, item: Read, wrong: Wrong | None, repeated: bool = False) -> ItemAnswer:
    draft = item.draft
    stored = item.settled is not None and wrong is None
    return ItemAnswer(
        index=index,
        status="refused" if wrong else ("repeated" if repeated else "accepted"),
        external_id=draft.external_id if draft else None,
        sequence=draft.sequence if draft else None,
        report_id=str(item.settled.report.report_id) if item.settled and stored else None,
        code=wrong.code if wrong else None,
        field=wrong.field if wrong else None,
        reason_zh=wrong.zh if wrong else None,
        reason_en=wrong.en if wrong else None,
    )


def _inbound(key_file: Path, settled: Settled) -> reports.Inbound:
    report: Report = settled.report
    private = settled.private
    if private is not None:
        private = make_vault(key_file).seal(private)
    message = ReportMessage.of(report).model_dump(mode="json")
    return reports.Inbound(report, message, settled.digest, private)
