"""A plain aiokafka loop: consume, decode, produce one record for each; no Faust, no database."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from yitong_command.bench.results import hand_over
from yitong_command.bus.messages import IncidentMessage
from yitong_command.bus.topics import CASES, INCIDENTS, topic_name
from yitong_command.bus.wire import decode, encode

AT_ONCE = 500


async def run(job: dict[str, Any]) -> None:
    """Copy the incidents on the topic and write down how long that took.

    Args:
        job: ``kafka``, ``prefix``, ``events`` (how many there are) and ``out``.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=job["kafka"], auto_offset_reset="earliest", enable_auto_commit=False
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=job["kafka"],
        enable_idempotence=True,
        acks="all",
        linger_ms=5,
        compression_type="lz4",
    )
    await consumer.start()
    await producer.start()
    try:
        topic = topic_name(INCIDENTS, job["prefix"])
        parts = [TopicPartition(topic, number) for number in range(INCIDENTS.partitions)]
        consumer.assign(parts)
        hand_over(job["out"], await _copy(consumer, producer, job))
    finally:
        await producer.stop()
        await consumer.stop()


async def _copy(
    consumer: AIOKafkaConsumer, producer: AIOKafkaProducer, job: dict[str, Any]
) -> dict[str, float]:
    output = topic_name(CASES, job["prefix"])
    count, begun_s, cpu_s = 0, 0.0, 0.0
    while count < job["events"]:
        batches = await consumer.getmany(timeout_ms=200, max_records=AT_ONCE)
        if batches and not count:
            begun_s, cpu_s = time.perf_counter(), time.process_time()
        sent = []
        for records in batches.values():
            for record in records:
                message = decode(IncidentMessage, record.value)
                sent.append(await producer.send(output, key=record.key, value=encode(message)))
        await asyncio.gather(*sent)
        count += len(sent)
    return {"wall_s": time.perf_counter() - begun_s, "cpu_s": time.process_time() - cpu_s}


if __name__ == "__main__":
    uvloop.run(run(json.loads(sys.argv[1])))
