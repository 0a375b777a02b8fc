"""From records to cases: decode, refuse, store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from streams.dead_letters import Record
from streams.metrics import INCIDENTS
from streams.taking import Taking
from yitong_command.bus.messages import IncidentMessage
from yitong_command.bus.producer import Producer
from yitong_command.bus.wire import decode
from yitong_command.domain.county import County
from yitong_command.domain.incident import Incident
from yitong_command.errors import BadMessage
from yitong_command.routing.refuse import refusal
from yitong_command.storage.intake import take_incidents
from yitong_command.storage.known_cameras import KnownCameras
from yitong_command.storage.session import Sessions


class Desk(Taking[Incident]):
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
        super().__init__(sessions, producer, stored)
        self._county = county
        self._known = known

    def read(self, record: Record) -> Incident:
        """The incident in a record."""
        incident = decode(IncidentMessage, record.value).to_domain()
        reason = refusal(incident, self._county.taxonomy)
        if reason:
            raise BadMessage(reason)
        return incident

    async def write(self, items: Sequence[Incident]) -> None:
        """Make cases of a batch."""
        county = await self._county_now()
        taken = await self.in_transaction(
            lambda session: take_incidents(session, items, county, datetime.now(UTC))
        )
        for name in ("new_cases", "attached", "updated", "cleared", "duplicates"):
            INCIDENTS.labels(name).inc(getattr(taken, name))

    async def _county_now(self) -> County:
        if self._known is None:
            return self._county
        await self._known.refresh()
        return replace(self._county, cameras=self._known.cameras)
