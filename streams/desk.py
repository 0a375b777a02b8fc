"""From records to cases: decode, refuse, store. Nothing is left out: stored, or a dead letter."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import structlog
from sqlalchemy.exc import IntegrityError

from streams.dead_letters import Record, bury, dead_letter
from streams.metrics import BATCH, INCIDENTS, RETRIES
from streams.retry import until_done
from yitong_command.bus.messages import DeadLetter, IncidentMessage
from yitong_command.bus.producer import Producer
from yitong_command.bus.wire import decode
from yitong_command.domain.county import County
from yitong_command.domain.incident import Incident
from yitong_command.errors import BadMessage
from yitong_command.routing.refuse import refusal
from yitong_command.storage.intake import take_incidents
from yitong_command.storage.known_cameras import KnownCameras
from yitong_command.storage.session import Sessions, transaction

log = structlog.get_logger()
CONFLICTS = 5


class Desk:
    """Takes batches of records from the incidents topic.

    Args:
        sessions: Where cases are stored.
        county: Taxonomy, grids and cameras.
        producer: Sends dead letters.
        stored: Called after every commit, to have the outbox relayed at once.
        known: The cameras as the database has them; without it those of the county.
    """

    def __init__(
        self,
        sessions: Sessions,
        county: County,
        producer: Producer,
        stored: Callable[[], None],
        known: KnownCameras | None = None,
    ) -> None:
        self._sessions = sessions
        self._county = county
        self._producer = producer
        self._stored = stored
        self._known = known

    async def take(self, records: Sequence[Record]) -> None:
        """Store every record or send it to the dead letters; then, and only then, come back.

        A database or broker that can't be reached is waited for.
        """
        letters: list[DeadLetter] = []
        good: list[tuple[Record, Incident]] = []
        for record in records:
            try:
                good.append((record, self._incident(record)))
            except BadMessage as exc:
                letters.append(dead_letter(record, str(exc), datetime.now(UTC)))
        letters += await self._store(good)
        await bury(self._producer, letters)

    def _incident(self, record: Record) -> Incident:
        incident = decode(IncidentMessage, record.value).to_domain()
        reason = refusal(incident, self._county.taxonomy)
        if reason:
            raise BadMessage(reason)
        return incident

    async def _store(self, batch: Sequence[tuple[Record, Incident]]) -> list[DeadLetter]:
        """Store a batch; if it fails for a reason of its own, halve it to find the culprit."""
        if not batch:
            return []
        try:
            await until_done("database", lambda: self._write([item for _, item in batch]))
        except Exception as exc:  # noqa: BLE001 - Faust acknowledges what raised: guard it here
            if len(batch) == 1:
                return [_culprit(*batch[0], exc)]
            middle = len(batch) // 2
            return await self._store(batch[:middle]) + await self._store(batch[middle:])
        return []

    async def _county_now(self) -> County:
        if self._known is None:
            return self._county
        await self._known.refresh()
        return replace(self._county, cameras=self._known.cameras)

    async def _write(self, incidents: Sequence[Incident]) -> None:
        county = await self._county_now()
        with BATCH.time():
            for left in reversed(range(CONFLICTS)):
                try:
                    async with transaction(self._sessions) as session:
                        taken = await take_incidents(session, incidents, county, datetime.now(UTC))
                    break
                except IntegrityError:
                    # Another worker opened a case of the same subject first: now it is there.
                    RETRIES.labels("conflict").inc()
                    if not left:
                        raise
        self._stored()
        for name in ("new_cases", "attached", "cleared", "duplicates"):
            INCIDENTS.labels(name).inc(getattr(taken, name))


def _culprit(record: Record, incident: Incident, exc: Exception) -> DeadLetter:
    reason = f"{type(exc).__name__}: {exc}"[:2000]
    where = "".join(traceback.format_tb(exc.__traceback__)[-3:])
    log.error("incident_failed", incident_id=str(incident.incident_id), reason=reason, where=where)
    return dead_letter(record, reason, datetime.now(UTC))
