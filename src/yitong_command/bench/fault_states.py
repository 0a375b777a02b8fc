"""What is told of every camera, as whoever reads Kafka hears it, and when."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from yitong_command.bus.messages import CameraStateMessage
from yitong_command.bus.topics import CAMERA_STATES, topic_name
from yitong_command.bus.wire import decode
from yitong_command.errors import BadMessage, BrokerDown

Told = dict[str, list[tuple[float, str]]]
JOIN_S = 10.0


class StateWatch:
    """Listens to the cameras' states on a thread of its own.

    Attributes:
        told: By camera, monotonic time and state, whenever the state is another.
    """

    def __init__(self, kafka: str, prefix: str) -> None:
        self.told: Told = {}
        self._kafka = kafka
        self._topic = topic_name(CAMERA_STATES, prefix)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._listen()), daemon=True)

    def live(self) -> int:
        """How many cameras are live, as was told last."""
        return sum(states[-1][1] == "live" for states in list(self.told.values()))

    @contextmanager
    def listening(self) -> Iterator[StateWatch]:
        """Listen inside the block."""
        self._thread.start()
        try:
            yield self
        finally:
            self._stopping.set()
            self._thread.join(JOIN_S)

    async def _listen(self) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._kafka, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        try:
            await consumer.start()
            parts = range(CAMERA_STATES.partitions)
            consumer.assign([TopicPartition(self._topic, number) for number in parts])
            while not self._stopping.is_set():
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    for record in records:
                        self._note(record.value)
        except (KafkaError, OSError) as exc:
            raise BrokerDown(f"Kafka at {self._kafka}: {exc}") from exc
        finally:
            await consumer.stop()

    def _note(self, value: bytes | None) -> None:
        if value is None:
            return
        try:
            message = decode(CameraStateMessage, value)
        except BadMessage:
            return
        states = self.told.setdefault(message.camera_id, [])
        if not states or states[-1][1] != message.state:
            states.append((time.monotonic(), str(message.state)))
