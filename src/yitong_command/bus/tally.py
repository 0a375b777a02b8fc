"""What this worker captured and has not yet stated on the ledger."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from itertools import islice

from yitong_command.bus.ledger_messages import CapturedModel, LedgerMessage
from yitong_command.bus.messages import IncidentMessage
from yitong_command.domain.ledger import hour_of, message_id

MOST = 1000
"""Entries in one statement."""


class Tally:
    """Counts at the source, apart from the way by which messages travel.

    A message is added when its rule or its sender speaks, before anything is stored or sent. Who
    keeps messages in a spool states them before the spool lets go of them, and adds what the
    spool still holds when it starts: so a killed worker forgets nothing, and what it held only in
    memory is missed on the ledger.

    Args:
        worker: Name of this worker.
    """

    def __init__(self, worker: str) -> None:
        self._worker = worker
        self._waiting: deque[CapturedModel] = deque()

    @property
    def depth(self) -> int:
        """How many messages are not stated yet."""
        return len(self._waiting)

    def add(self, message_id: str, source: str, changed_at: datetime) -> None:
        """Count one message.

        Args:
            message_id: Its name, the same in every repetition.
            source: Taxonomy source slug.
            changed_at: Time of the fact; its hour is counted.
        """
        hour = hour_of(changed_at)
        self._waiting.append(CapturedModel(message_id=message_id, source=source, hour=hour))

    def add_incident(self, message: IncidentMessage) -> None:
        """Count an incident."""
        name = message_id(message.incident_id, message.change.value, message.state)
        self.add(name, message.source, message.changed_at)

    def statement(self, at: datetime) -> LedgerMessage | None:
        """What to say now, or None if there is nothing; :meth:`said` once it is acknowledged."""
        if not self._waiting:
            return None
        captured = tuple(islice(self._waiting, MOST))
        return LedgerMessage(worker=self._worker, at=at, captured=captured)

    def said(self, statement: LedgerMessage) -> None:
        """The broker has acknowledged a statement."""
        for _ in statement.captured:
            self._waiting.popleft()
