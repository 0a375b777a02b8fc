"""Dead letters as they lie on their topic, and sending them again."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from yitong_command.bus.messages import DeadLetter
from yitong_command.bus.tail import tail
from yitong_command.bus.topics import DEAD_LETTERS, TOPICS
from yitong_command.errors import BrokerDown, NotFound

REPLAY_HEADER = "yitong_replay_of"
"""Header of a record that is a dead letter sent again; its value is the letter's id."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter.

    Attributes:
        letter_id: ``partition-offset`` on the dead letters' topic.
        at: The broker's time of it.
        message: What it says.
    """

    letter_id: str
    at: datetime
    message: DeadLetter

    @property
    def value(self) -> bytes:
        """The bytes that could not be handled."""
        return b64decode(self.message.value_b64)


@dataclass(frozen=True, slots=True)
class LetterFilter:
    """Which dead letters are wanted.

    Attributes:
        topic: Of this source topic, with or without the installation's prefix; None for all.
        reason: Whose reason holds these words, in any case of letters; None for all.
        since: From then on, or None.
        until: Before then, or None.
    """

    topic: str | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def takes(self, letter: Letter, prefix: str) -> bool:
        """Whether a letter is wanted."""
        message = letter.message
        names = (message.source_topic, message.source_topic.removeprefix(f"{prefix}."))
        return (
            (self.topic is None or self.topic in names)
            and (self.reason is None or self.reason.casefold() in message.reason.casefold())
            and (self.since is None or message.at >= self.since)
            and (self.until is None or message.at < self.until)
        )


async def read_letters(
    kafka: str, prefix: str, wanted: LetterFilter | None = None
) -> AsyncIterator[Letter]:
    """Every dead letter that the topic still holds, oldest first.

    Raises:
        BrokerDown: If the broker can't be reached.
        ConfigError: If the topic does not exist.
    """
    wanted = wanted or LetterFilter()
    async for seen in tail(kafka, prefix, DEAD_LETTERS, from_beginning=True, stop_at_end=True):
        if not isinstance(seen.message, DeadLetter):
            continue
        letter = Letter(f"{seen.partition}-{seen.offset}", seen.at, seen.message)
        if wanted.takes(letter, prefix):
            yield letter


async def find_letter(kafka: str, prefix: str, letter_id: str) -> Letter:
    """One dead letter.

    Raises:
        NotFound: If the topic holds none of this id (any more).
        BrokerDown: If the broker can't be reached.
    """
    async for letter in read_letters(kafka, prefix):
        if letter.letter_id == letter_id:
            return letter
    raise NotFound(f"没有这条死信: {letter_id}", f"there is no dead letter {letter_id}")


def home_of(letter: Letter, prefix: str) -> str | None:
    """The topic that a letter can be sent to again, in full; None if it came from none.

    What could not be read from a worker's own spool, or from the outbox, never lay on a topic.
    """
    name = letter.message.source_topic
    known = {f"{prefix}.{topic}" for topic in TOPICS}
    return name if name in known else None


async def resend(kafka: str, prefix: str, letters: Sequence[Letter]) -> None:
    """Send the original bytes to the topics they came from, each with a header that says so.

    Args:
        kafka: Bootstrap servers.
        prefix: Prefix of all topic names.
        letters: Letters that have a home.

    Raises:
        BrokerDown: If any was not acknowledged.
    """
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka, enable_idempotence=True, acks="all", request_timeout_ms=10_000
    )
    try:
        await producer.start()
        pending = [
            await producer.send(
                home_of(letter, prefix),
                key=None if letter.message.key_b64 is None else b64decode(letter.message.key_b64),
                value=letter.value,
                headers=[(REPLAY_HEADER, letter.letter_id.encode())],
            )
            for letter in letters
        ]
        await asyncio.gather(*pending)
    except (KafkaError, OSError) as exc:
        raise BrokerDown(f"Kafka at {kafka}: {exc}") from exc
    finally:
        await producer.stop()
