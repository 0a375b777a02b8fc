"""Messages of devices that could not be used: counted, logged, and kept as dead letters."""

from __future__ import annotations

import base64
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from yitong_command.bus.messages import DeadLetter
from yitong_command.ingest import sensor_metrics as metrics
from yitong_command.sources.mqtt import Arrived

log = structlog.get_logger()

PER_TOPIC = 60
WITHIN = timedelta(minutes=1)
TOPICS_KNOWN = 5_000
LARGEST = 64 * 1024


class Letters:
    """Makes dead letters; of one topic at most :data:`PER_TOPIC` a minute, the rest is counted.

    Args:
        send: Takes a dead letter.
    """

    def __init__(self, send: Callable[[DeadLetter], None]) -> None:
        self._send = send
        self._number = 0
        self._recent: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def bury(self, arrived: Arrived, why: str, reason: str, at: datetime) -> None:
        """A message can't be used.

        Args:
            arrived: The message.
            why: In one word, for the count.
            reason: Field and reason, Chinese and English.
            at: Now.
        """
        metrics.REFUSED.labels(why).inc()
        if not self._may(arrived.topic, at):
            metrics.LETTERS_LEFT_OUT.inc()
            return
        log.warning("sensor_message_refused", topic=arrived.topic[:200], why=why, reason=reason)
        self._number += 1
        letter = DeadLetter(
            source_topic=f"mqtt:{arrived.topic[:200]}",
            partition=0,
            offset=self._number,
            key_b64=None,
            value_b64=base64.b64encode(arrived.payload[:LARGEST]).decode("ascii"),
            reason=reason,
            at=at,
        )
        self._send(letter)

    def _may(self, topic: str, at: datetime) -> bool:
        began_at, count = self._recent.pop(topic, (at, 0))
        if at - began_at > WITHIN:
            began_at, count = at, 0
        self._recent[topic] = (began_at, count + 1)
        while len(self._recent) > TOPICS_KNOWN:
            self._recent.popitem(last=False)
        return count < PER_TOPIC
