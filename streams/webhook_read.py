"""From records of the topics to the changes that webhooks tell of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.bus.messages import AlertMessage, CaseMessage, TaskMessage
from yitong_command.bus.positioned import Raw
from yitong_command.bus.topics import ALERTS, CASES, TASKS
from yitong_command.bus.wire import decode
from yitong_command.domain.webhook import Changed
from yitong_command.errors import BadMessage
from yitong_command.storage import deliveries
from yitong_command.storage.deliveries import Came

log = structlog.get_logger()
READ = (CASES, TASKS, ALERTS)
_KIND = {CASES.name: "case", TASKS.name: "task", ALERTS.name: "alert"}
_MODEL: dict[str, type[CaseMessage] | type[TaskMessage] | type[AlertMessage]] = {
    CASES.name: CaseMessage, TASKS.name: TaskMessage, ALERTS.name: AlertMessage,
}  # fmt: skip
Known = CaseMessage | TaskMessage | AlertMessage


async def changes_of(session: AsyncSession, raws: Iterable[Raw]) -> list[Came]:
    """The changes in some records, in the order in which they are to be told.

    What can't be decoded, and what is about no case that we know, is left out: whether somebody
    is protected is read from the case itself, never guessed.
    """
    read = [(raw, message) for raw in in_order(raws) if (message := _message(raw)) is not None]
    cases = await deliveries.cases_of(session, (message.case_id for _, message in read))
    return [
        Came(
            Changed(
                kind=_KIND[raw.topic],
                change_id=str(message.change_id),
                case_id=message.case_id,
                category=cases[message.case_id][0],
                grid_code=cases[message.case_id][1],
                payload=message.model_dump(mode="json"),
            ),
            raw.at,
        )
        for raw, message in read
        if message.case_id in cases
    ]


def in_order(raws: Iterable[Raw]) -> list[Raw]:
    """Records of several partitions by time, those of one partition as they lie there."""
    newest: dict[tuple[str, int], datetime] = {}
    timed: list[tuple[datetime, Raw]] = []
    for raw in raws:
        place = (raw.topic, raw.partition)
        newest[place] = max(raw.at, newest.get(place, raw.at))
        timed.append((newest[place], raw))
    return [raw for _, raw in sorted(timed, key=lambda pair: pair[0])]


def _message(raw: Raw) -> Known | None:
    try:
        return decode(_MODEL[raw.topic], raw.value)
    except BadMessage as exc:
        log.warning("webhook_record_skipped", topic=raw.topic, offset=raw.offset, reason=str(exc))
        return None
