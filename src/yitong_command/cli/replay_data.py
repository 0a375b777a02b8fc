"""What is recorded of a span of time: messages on the topics, decisions and outcomes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select

from yitong_command.bus.messages import IncidentMessage
from yitong_command.bus.stay_messages import ObservationMessage
from yitong_command.bus.tail import tail
from yitong_command.bus.topics import INCIDENTS, OBSERVATIONS
from yitong_command.domain.camera import Camera
from yitong_command.domain.incident import Change, Incident
from yitong_command.domain.stay import Stay
from yitong_command.routing.what_if import Life
from yitong_command.settings.environment import Settings
from yitong_command.storage import tables as t
from yitong_command.storage.camera_records import list_cameras
from yitong_command.storage.labels import list_labels
from yitong_command.storage.session import make_engine, make_readers, transaction


@dataclass(frozen=True, slots=True)
class Recorded:
    """Everything that a replay reads.

    Attributes:
        told: Openings in the span, in the order they were told, each once.
        cleared: When conditions were cleared, by incident id, also after the span.
        stays: Stays that ended in the span or belong to its openings, by their id.
        labels: Operators' verdicts by incident id.
        lives: What became of the incidents' cases, by incident id.
        cameras: The cameras as the store has them; empty if it has none.
    """

    told: tuple[Incident, ...]
    cleared: dict[str, datetime]
    stays: dict[str, Stay]
    labels: dict[str, str]
    lives: dict[str, Life]
    cameras: dict[str, Camera]


async def read_recorded(settings: Settings, since: datetime, until: datetime) -> Recorded:
    """Read what is recorded; nothing is written anywhere.

    Args:
        settings: Of this installation.
        since: From then on, aware.
        until: Before then, aware.

    Raises:
        BrokerDown: If the broker can't be reached.
        DatabaseDown: If the database can't be reached.
    """
    told: dict[str, Incident] = {}
    cleared: dict[str, datetime] = {}
    where = (settings.kafka, settings.topic_prefix)
    async for seen in tail(*where, INCIDENTS, from_beginning=True, stop_at_end=True):
        if not isinstance(seen.message, IncidentMessage):
            continue
        incident = seen.message.to_domain()
        name = str(incident.incident_id)
        if incident.change is Change.CLEARED:
            cleared.setdefault(name, incident.changed_at)
        elif incident.change is Change.OPENED and since <= incident.changed_at < until:
            told.setdefault(name, incident)
    stays: dict[str, Stay] = {}
    async for seen in tail(*where, OBSERVATIONS, from_beginning=True, stop_at_end=True):
        if isinstance(seen.message, ObservationMessage):
            stay = seen.message.to_domain()
            if str(stay.stay_id) in told or since <= stay.seen_at < until:
                stays[str(stay.stay_id)] = stay
    labels, lives, cameras = await _from_store(settings)
    in_order = tuple(sorted(told.values(), key=lambda one: (one.changed_at, str(one.incident_id))))
    return Recorded(in_order, cleared, stays, labels, lives, cameras)


async def _from_store(
    settings: Settings,
) -> tuple[dict[str, str], dict[str, Life], dict[str, Camera]]:
    c, i = t.cases.c, t.incidents.c
    engine = make_engine(settings.database_url)
    try:
        async with transaction(make_readers(engine)) as session:
            labels = {item.incident_id: item.verdict for item in await list_labels(session)}
            records = await list_cameras(session)
            # A case that was rejected or merged ended when it last changed.
            over = case((c.open_key.is_(None), c.updated_at))
            ended_at = func.coalesce(c.closed_at, over)
            query = select(i.incident_id, ended_at, c.dispatched_at, c.handled_at).join(
                t.cases, c.case_id == i.case_id
            )
            lives = {row[0]: Life(*row[1:]) for row in await session.execute(query)}
    finally:
        await engine.dispose()
    return labels, lives, {record.camera.camera_id: record.camera for record in records}
