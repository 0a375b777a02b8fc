"""From reports to cases: decode, refuse and say so, store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from streams.dead_letters import Record
from streams.metrics import REPORTS
from streams.retry import until_done
from streams.taking import Taking
from yitong_command.bus.producer import Producer
from yitong_command.bus.report_messages import ReportMessage
from yitong_command.bus.wire import decode
from yitong_command.domain.county import County
from yitong_command.errors import BadMessage
from yitong_command.routing.reports import report_refusal
from yitong_command.storage.report_intake import Told, note_refusal, take_reports
from yitong_command.storage.session import Sessions, transaction


class ReportDesk(Taking[Told]):
    """Takes batches of records from the reports topic.

    Args:
        sessions: Where cases are stored.
        county: Taxonomy and grids.
        producer: Sends dead letters.
        stored: Called after every commit, to have the outbox relayed at once.
    """

    def __init__(
        self, sessions: Sessions, county: County, producer: Producer, stored: Callable[[], None]
    ) -> None:
        super().__init__(sessions, producer, stored)
        self._county = county

    async def take(self, records: Sequence[Record]) -> None:
        """As for every topic; the sender of what is refused can read why."""
        await until_done("database", lambda: self._say_refused(records))
        await super().take(records)

    def read(self, record: Record) -> Told:
        """The report in a record, and its wire form."""
        message = decode(ReportMessage, record.value)
        report = message.to_domain()
        reason = report_refusal(report, self._county.taxonomy)
        if reason:
            raise BadMessage(reason)
        return report, message.model_dump(mode="json")

    async def write(self, items: Sequence[Told]) -> None:
        """Make cases of a batch."""
        counts = await self.in_transaction(
            lambda session: take_reports(session, items, self._county, datetime.now(UTC))
        )
        for outcome, count in counts.items():
            REPORTS.labels(outcome).inc(count)

    async def _say_refused(self, records: Sequence[Record]) -> None:
        refused = [item for record in records if (item := self._refused(record)) is not None]
        if not refused:
            return
        async with transaction(self._sessions) as session:
            for report_id, reason in refused:
                await note_refusal(session, report_id, reason, datetime.now(UTC))
        REPORTS.labels("refused").inc(len(refused))

    def _refused(self, record: Record) -> tuple[str, str] | None:
        try:
            report = decode(ReportMessage, record.value).to_domain()
        except BadMessage:
            return None  # nobody knows whose it is; the dead letter says why
        reason = report_refusal(report, self._county.taxonomy)
        return (str(report.report_id), reason) if reason else None
