"""Taking a batch: read, checked, stored with its outbox rows, and only then answered."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import prometheus_client
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.bus.report_messages import ReportMessage
from yitong_command.domain.report import Report
from yitong_command.errors import NotFound
from yitong_command.settings.platforms import Platform
from yitong_command.settings.secrets import make_vault
from yitong_command.sources.adapters import ADAPTERS
from yitong_command.sources.adapters.base import Draft, Wrong, items_of
from yitong_command.sources.adapters.settle import Receipt, Settled, settle
from yitong_command.storage import reports
from yitong_command.storage.session import transaction
from yitong_command.web.context import Web
from yitong_command.web.errors import BodyRefused, TokenRefused, TooManyReports
from yitong_command.web.gateway.schemas import BatchAnswer, ItemAnswer, ReportState
from yitong_command.web.gateway.states import WORDS, state_of
from yitong_command.web.gateway.tokens import Sender

TAKEN = prometheus_client.Counter(
    "yitong_web_reports_total", "Reports by what became of them", ["platform", "result"]
)


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


async def take(web: Web, sender: Sender, body: bytes) -> BatchAnswer:
    """Take a batch; when this returns, everything accepted is on disk and will be sent on.

    Raises:
        BodyRefused: If the body can't be read at all.
        TooManyReports: If the platform sent enough in this minute.
        TokenRefused: If the token was used before.
        DatabaseDown: If nothing could be stored; nothing was taken then.
    """
    platform, now = sender.platform, web.clock()
    adapter = ADAPTERS[platform.adapter]
    try:
        items = await asyncio.to_thread(items_of, adapter, body)
    except Wrong as exc:
        await _store(web, sender, [Read(None, None, exc)])
        raise BodyRefused(exc.field or "body", exc.zh, exc.en, exc.code) from exc
    wait = web.gateway.budget.take(platform.platform_id, len(items), platform.per_minute, now)
    if wait:
        raise TooManyReports(wait)
    receipt = Receipt(now)
    read = [_read(web, platform, item, receipt) for item in items]
    answers = await _store(web, sender, read)
    counts = Counter(answer.status for answer in answers)
    return BatchAnswer(
        accepted=counts["accepted"], repeated=counts["repeated"], refused=counts["refused"],
        items=tuple(answers),
    )  # fmt: skip


def _read(web: Web, platform: Platform, item: object, receipt: Receipt) -> Read:
    draft: Draft | None = None
    try:
        draft = ADAPTERS[platform.adapter].read(item, platform)
        return Read(draft, settle(draft, platform, web.county.taxonomy, receipt), None)
    except Wrong as exc:
        return Read(draft, None, exc)


async def _store(web: Web, sender: Sender, read: Sequence[Read]) -> list[ItemAnswer]:
    platform = sender.platform.platform_id
    now = web.clock()
    async with transaction(web.sessions) as session:
        if not await reports.use_token(session, platform, sender.token_id, sender.expires_at, now):
            raise TokenRefused("jti", "这个令牌已经用过", "this token was used before")
        answers = await write(web, session, platform, read)
        codes = Counter(str(answer.code) for answer in answers if answer.status == "refused")
        await reports.count_refusals(session, platform, now.date(), codes)
    for answer in answers:
        TAKEN.labels(platform, answer.code or answer.status).inc()
    return answers


async def write(
    web: Web, session: AsyncSession, platform: str, read: Sequence[Read]
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
    await reports.store(session, [_inbound(web, settled) for settled in fresh])
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


def _inbound(web: Web, settled: Settled) -> reports.Inbound:
    report: Report = settled.report
    private = settled.private
    if private is not None:
        private = make_vault(web.settings.key_file).seal(private)
    message = ReportMessage.of(report).model_dump(mode="json")
    return reports.Inbound(report, message, settled.digest, private)


async def state(web: Web, platform: str, external_id: str) -> ReportState:
    """How one of a platform's own numbers stands.

    Raises:
        NotFound: If it never sent this number.
    """
    async with transaction(web.readers) as session:
        known = await reports.find(session, platform, external_id)
    if known is None:
        raise NotFound(f"没有收到过 {external_id}", f"{external_id} was never received")
    word = state_of(known)
    zh, en = WORDS[word]
    return ReportState(
        platform=platform,
        external_id=external_id,
        sequence=known.sequence,
        report_id=known.report_id,
        state=word,
        state_zh=zh,
        state_en=en,
        reason_zh=known.outcome_zh,
        reason_en=known.outcome_en,
        case_id=known.case_id,
        case_state=known.case_state,
        received_at=known.received_at,
    )
