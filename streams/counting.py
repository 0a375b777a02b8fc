"""From records to entries of the ledger: only names, sources and hours are read."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from yitong_command.bus.ledger_messages import LedgerMessage
from yitong_command.bus.messages import DeadLetter
from yitong_command.bus.positioned import Raw
from yitong_command.bus.topics import DEAD_LETTERS, INCIDENTS, LEDGER
from yitong_command.bus.wire import decode
from yitong_command.domain.ledger import hour_of, message_id
from yitong_command.errors import BadMessage
from yitong_command.storage.ledger import Entry

UNKNOWN = "unknown"
"""Source of a message that can't be read."""


@dataclass(slots=True)
class Counted:
    """What a batch of records says to each of the counts."""

    captured: list[Entry] = field(default_factory=list)
    delivered: list[Entry] = field(default_factory=list)
    dead: list[Entry] = field(default_factory=list)


def count(records: Iterable[Raw], incidents_topic: str) -> Counted:
    """Sort records into the counts.

    Args:
        records: Of the topics incidents, ledger and dead-letters.
        incidents_topic: Full name of the incidents topic, as dead letters say it.
    """
    found = Counted()
    for record in records:
        if record.topic == LEDGER.name:
            found.captured += _stated(record)
        elif record.topic == INCIDENTS.name:
            where = (record.partition, record.offset)
            found.delivered.append(_entry(record.value, where, record.at))
        elif record.topic == DEAD_LETTERS.name:
            found.dead += _buried(record, incidents_topic)
    return found


def _stated(record: Raw) -> list[Entry]:
    try:
        message = decode(LedgerMessage, record.value)
    except BadMessage:  # nobody's statement; what it hid is missed as not captured
        return []
    return [
        Entry(item.message_id, item.source, item.hour, message.worker) for item in message.captured
    ]


def _buried(record: Raw, incidents_topic: str) -> list[Entry]:
    try:
        letter = decode(DeadLetter, record.value)
        value = b64decode(letter.value_b64, validate=True)
    except (BadMessage, Base64Error):
        return []
    if letter.source_topic != incidents_topic:
        return []
    return [_entry(value, (letter.partition, letter.offset), letter.at)]


def _entry(value: bytes | None, where: tuple[int, int], at: datetime) -> Entry:
    """The entry of an incident's bytes; what can't be read is named by where it lies."""
    try:
        body: dict[str, Any] = orjson.loads(value or b"")
        changed_at = datetime.fromisoformat(body["changed_at"]).astimezone(UTC)
        name = message_id(UUID(body["incident_id"]), body["change"], body.get("state", ""))
        source = str(body["source"])
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        name, source, changed_at = "", "", at
    if not name.isprintable() or not 0 < len(name) <= 120 or not 0 < len(source) <= 40:
        return Entry(f"poison/{where[0]}/{where[1]}", UNKNOWN, hour_of(at))
    return Entry(name, source, hour_of(changed_at))
