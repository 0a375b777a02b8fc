"""Taking a batch: read, checked, stored with its outbox rows, and only then answered."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

import prometheus_client

from yitong_command.errors import NotFound
from yitong_command.sources.adapters import ADAPTERS
from yitong_command.sources.adapters.base import Wrong, items_of
from yitong_command.sources.adapters.settle import Receipt
from yitong_command.storage import reports
from yitong_command.storage.session import transaction
from yitong_command.web.context import Web
from yitong_command.web.errors import BodyRefused, TokenRefused, TooManyReports
from yitong_command.web.gateway.batch import Read, read_all, write
from yitong_command.web.gateway.schemas import BatchAnswer, ItemAnswer, ReportState
from yitong_command.web.gateway.states import WORDS, state_of
from yitong_command.web.gateway.tokens import Sender

TAKEN = prometheus_client.Counter(
    "yitong_web_reports_total", "Reports by what became of them", ["platform", "result"]
)


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
    read = read_all(items, platform, web.county.taxonomy, Receipt(now))
    answers = await _store(web, sender, read)
    counts = Counter(answer.status for answer in answers)
    return BatchAnswer(
        accepted=counts["accepted"], repeated=counts["repeated"], refused=counts["refused"],
        items=tuple(answers),
    )  # fmt: skip


async def _store(web: Web, sender: Sender, read: Sequence[Read]) -> list[ItemAnswer]:
    platform = sender.platform.platform_id
    now = web.clock()
    async with transaction(web.sessions) as session:
        if not await reports.use_token(session, platform, sender.token_id, sender.expires_at, now):
            raise TokenRefused("jti", "这个令牌已经用过", "this token was used before")
        answers = await write(web.settings.key_file, session, platform, read)
        codes = Counter(str(answer.code) for answer in answers if answer.status == "refused")
        await reports.count_refusals(session, platform, now.date(), codes)
    for answer in answers:
        TAKEN.labels(platform, answer.code or answer.status).inc()
    return answers


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
