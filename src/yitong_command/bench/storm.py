"""Incidents by the thousand: each opened at a place of its own, and cleared a little later."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from yitong_command.bus.messages import IncidentMessage
from yitong_command.bus.topics import INCIDENTS, topic_name
from yitong_command.bus.wire import encode, headers
from yitong_command.domain.geometry import Box, Place
from yitong_command.domain.incident import Change, Incident, IncidentKind, incident_id
from yitong_command.errors import BrokerDown

STEP_DEG = 0.0008
"""Places are farther apart than incidents of one kind are merged: every one is its own case."""
COLUMNS = 50
CLEARED_AFTER = 50
"""A condition is cleared after so many others were opened."""


def storm(events: int, at: datetime) -> list[IncidentMessage]:
    """Half of them open a case each, the other half clear those.

    Args:
        events: How many; at least 2.
        at: When the first began.
    """
    opened = [storm_incident(number, Change.OPENED, at) for number in range((events + 1) // 2)]
    cleared = [storm_incident(number, Change.CLEARED, at) for number in range(events // 2)]
    early, late = opened[:CLEARED_AFTER], opened[CLEARED_AFTER:]
    mixed = [item for pair in zip(late, cleared, strict=False) for item in pair]
    rest = cleared[len(late) :]
    return [IncidentMessage.of(item, "bench") for item in (*early, *mixed, *rest)]


def storm_incident(number: int, change: Change, at: datetime) -> Incident:
    """The ``number``-th fact, at a place of its own.

    Args:
        number: Which.
        change: Opened or cleared.
        at: When the first of all began.
    """
    kind = IncidentKind.ILLEGAL_PARKING
    camera_id = f"bench-{number:05d}"
    subject = f"{camera_id}/main/no-parking"
    began_at = at + timedelta(milliseconds=number)
    row, column = divmod(number, COLUMNS)
    cleared = change is Change.CLEARED
    return Incident(
        incident_id=incident_id(kind, subject, began_at),
        change=change,
        kind=kind,
        category="cp_parking.no_parking_zone",
        source="camera_ai",
        subject=subject,
        camera_id=camera_id,
        view_id="main",
        zone_id="no-parking",
        place=Place(125.281 + column * STEP_DEG, 43.331 + row * STEP_DEG),
        began_at=began_at,
        changed_at=began_at + timedelta(seconds=300 if cleared else 15),
        score=0.9,
        box=None if cleared else Box(0.1, 0.2, 0.3, 0.4),
        reason_zh="压测",
        reason_en="load test",
    )


async def send(kafka: str, prefix: str, messages: Sequence[IncidentMessage]) -> float:
    """Send all messages as fast as they go; encoded before.

    Returns:
        Monotonic time at which the first was handed over.

    Raises:
        BrokerDown: If Kafka can't be reached.
    """
    topic = topic_name(INCIDENTS, prefix)
    ready = [
        (item.key.encode(), encode(item), headers(item, item.changed_at, "/yitong/bench"))
        for item in messages
    ]
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka,
        enable_idempotence=True,
        acks="all",
        linger_ms=5,
        compression_type="lz4",
    )
    try:
        await producer.start()
        begun_s = time.monotonic()
        for key, value, extra in ready:
            await producer.send(topic, key=key, value=value, headers=extra)
        await producer.flush()
    except (KafkaError, OSError) as exc:
        raise BrokerDown(f"Kafka at {kafka}: {exc}") from exc
    finally:
        await producer.stop()
    return begun_s
