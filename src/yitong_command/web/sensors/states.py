"""Newest state of every sensor, read from Kafka by every web process for itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from yitong_command.bus.sensor_messages import SensorStateMessage
from yitong_command.bus.topics import SENSOR_STATES, topic_name
from yitong_command.bus.wire import decode
from yitong_command.domain.sensor import SensorState
from yitong_command.errors import BadMessage

log = structlog.get_logger()

SILENT_AFTER = timedelta(seconds=75)
"""The sensor part says every 30 s how each sensor is; after that nothing is known any more."""
FIRST_PAUSE_S, LAST_PAUSE_S = 0.5, 5.0
STOP_WITHIN_S = 3.0


class SensorStates:
    """What the sensor part said last of every sensor."""

    def __init__(self) -> None:
        self._known: dict[str, SensorStateMessage] = {}

    def take(self, key: str, value: bytes | None) -> None:
        """Take a record; what can't be decoded is logged and left out."""
        if value is None:
            self._known.pop(key, None)
            return
        try:
            message = decode(SensorStateMessage, value)
        except BadMessage as exc:
            log.warning("sensor_state_skipped", reason=str(exc))
            return
        known = self._known.get(message.sensor_id)
        if known is None or known.at <= message.at:
            self._known[message.sensor_id] = message

    def get(self, sensor_id: str, now: datetime) -> SensorStateMessage | None:
        """The state that may be shown: without news from the sensor part, nothing is known."""
        message = self._known.get(sensor_id)
        if message is None or now - message.at <= SILENT_AFTER:
            return message
        worker = message.worker or "?"
        return message.model_copy(
            update={
                "state": SensorState.SILENT,
                "since": message.at,
                "reason_zh": f"传感器进程 {worker} 没有报告, 情况不明",
                "reason_en": f"no report from the sensor part {worker}; nothing is known",
            }
        )


async def keep_states(
    states: SensorStates, kafka: str, prefix: str, ready: Callable[[], bool]
) -> None:
    """Read states until cancelled.

    Args:
        states: Where they go.
        kafka: Bootstrap servers.
        prefix: Prefix of all topic names.
        ready: Whether the topics are there: asking for a missing one could make it by accident.
    """
    pause_s = FIRST_PAUSE_S
    while True:
        if ready():
            began = asyncio.get_running_loop().time()
            try:
                await _read(states, kafka, TopicPartition(topic_name(SENSOR_STATES, prefix), 0))
            except (KafkaError, OSError) as exc:
                log.info("sensor_states_not_read", reason=repr(exc))
            if asyncio.get_running_loop().time() - began > LAST_PAUSE_S:
                pause_s = FIRST_PAUSE_S
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, LAST_PAUSE_S) if ready() else FIRST_PAUSE_S


async def _read(states: SensorStates, kafka: str, part: TopicPartition) -> None:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        request_timeout_ms=8_000,
    )
    try:
        await consumer.start()
        consumer.assign([part])
        while True:
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                for record in records:
                    states.take((record.key or b"").decode("utf-8", "replace"), record.value)
    finally:
        stopping = asyncio.ensure_future(consumer.stop())
        await asyncio.wait([stopping], timeout=STOP_WITHIN_S)
