"""Messages that could not be handled: kept on their own topic, with the reason."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from streams.metrics import DEAD_LETTERS as COUNT
from streams.retry import until_done
from yitong_command.bus.messages import DeadLetter
from yitong_command.bus.producer import Producer
from yitong_command.bus.topics import DEAD_LETTERS

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Record:
    """A Kafka record as it came.

    Attributes:
        topic: Full topic name.
        partition: Its partition.
        offset: Its offset.
        key: Its key, or None.
        value: Its value, or None.
        replay_of: The dead letter it is a replay of, or "".
    """

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    replay_of: str = ""


def dead_letter(record: Record, reason: str, at: datetime) -> DeadLetter:
    """The dead letter of a record."""
    return DeadLetter(
        source_topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key_b64=None if record.key is None else b64encode(record.key).decode(),
        value_b64=b64encode(record.value or b"").decode(),
        reason=reason,
        at=at,
        replay_of=record.replay_of,
    )


async def bury(producer: Producer, letters: Sequence[DeadLetter]) -> None:
    """Send dead letters; comes back when Kafka has acknowledged every one."""
    if not letters:
        return
    for letter in letters:
        log.warning(
            "dead_letter",
            topic=letter.source_topic,
            partition=letter.partition,
            offset=letter.offset,
            reason=letter.reason,
        )
    batch = [(DEAD_LETTERS, letter, letter.at) for letter in letters]
    await until_done("dead_letters", lambda: producer.send_all(batch))
    COUNT.inc(len(letters))
