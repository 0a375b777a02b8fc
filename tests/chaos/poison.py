"""Bad records, sent straight to the incidents topic."""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaProducer

from tests.chaos.stage import Stage

BAD: tuple[bytes, ...] = (b"not JSON", b"{}", b"\xff\xfe\x00", b'{"incident_id": "x"}', b"[1, 2]")


def send_poison(stage: Stage, many: int) -> int:
    """Send so many; returns how many the brokers have, each of them once."""

    async def send() -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=stage.cluster.bootstrap, enable_idempotence=True, acks="all"
        )
        await producer.start()
        try:
            for number in range(many):
                value = BAD[number % len(BAD)]
                await producer.send_and_wait(f"{stage.prefix}.incidents", value, key=b"bad")
        finally:
            await producer.stop()

    asyncio.run(send())
    return many
