"""Plays the virtual devices against a broker, and keeps the ground truth of what they told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import aiomqtt
import structlog

from yitong_command.demo.sensors.devices import DEVICES, Device

log = structlog.get_logger()

STEP_S = 0.5
JUMP = 0.5
"""A value that changed by so much is told at once, as devices of this kind do."""


@dataclass(frozen=True, slots=True)
class SensorFact:
    """Something that a device really measured, or its silence.

    Attributes:
        fact_id: Unique in this run.
        kind: Incident kind, or ``silent``.
        sensor_id: The sensor.
        began_at: When it first told it; of a silence, its last message.
        ended_at: When it told that it is over, or None.
    """

    fact_id: str
    kind: str
    sensor_id: str
    began_at: datetime
    ended_at: datetime | None = None


class SensorPlayer:
    """Publishes what the devices measure.

    Args:
        port: The broker's port on this machine.
        devices: Which devices.
    """

    def __init__(self, port: int, devices: tuple[Device, ...] = DEVICES) -> None:
        self._port = port
        self._devices = devices
        self._started_s: float | None = None
        self._said: dict[str, tuple[float, float, datetime]] = {}
        self._numbers: dict[str, int] = {}
        self._lasting: dict[str, SensorFact] = {}
        self._over: list[SensorFact] = []
        self._count = 0

    def start(self) -> datetime:
        """Start the programme's clock; before it everything is quiet."""
        now = datetime.now(UTC)
        self._started_s = asyncio.get_running_loop().time()
        return now

    def facts(self) -> list[SensorFact]:
        """What happened so far, silences too."""
        return [*self._over, *self._lasting.values()]

    async def run(self) -> None:
        """Publish until cancelled; a broker that is away is tried again."""
        while True:
            try:
                async with aiomqtt.Client("127.0.0.1", self._port, identifier="devices") as client:
                    while True:
                        await self._step(client)
                        await asyncio.sleep(STEP_S)
            except aiomqtt.MqttError as exc:
                log.info("sensor_farm_broker_lost", reason=str(exc))
                await asyncio.sleep(1.0)

    async def _step(self, client: aiomqtt.Client) -> None:
        now_s = asyncio.get_running_loop().time()
        t = now_s - self._started_s if self._started_s is not None else -1.0
        for device in self._devices:
            value = device.value(t)
            said_s, before, said_at = self._said.get(
                device.sensor_id, (float("-inf"), value or 0.0, datetime.now(UTC))
            )
            if value is None:
                self._note_silence(device, said_at)
                continue
            if now_s - said_s < device.every_s and abs(value - before) < JUMP:
                continue
            at = datetime.now(UTC)
            await self._publish(client, device, value, at)
            self._said[device.sensor_id] = (now_s, value, at)

    async def _publish(
        self, client: aiomqtt.Client, device: Device, value: float, at: datetime
    ) -> None:
        number = self._numbers.get(device.sensor_id, 0) + 1
        self._numbers[device.sensor_id] = number
        message = device.write(value, at, number)
        self._note(device, value, at)
        # Radio protocols send what matters twice.
        for _ in range(2 if value >= device.bad_from else 1):
            await client.publish(device.topic, message, qos=1)

    def _note(self, device: Device, value: float, at: datetime) -> None:
        lasting = self._lasting.get(device.sensor_id)
        if lasting is not None and lasting.kind == "silent":
            self._over.append(replace(self._lasting.pop(device.sensor_id), ended_at=at))
        elif lasting is None and value >= device.bad_from:
            self._begin(device, device.kind, at)
        elif lasting is not None and device.good_from is not None and value <= device.good_from:
            self._over.append(replace(self._lasting.pop(device.sensor_id), ended_at=at))

    def _note_silence(self, device: Device, said_at: datetime) -> None:
        if device.sensor_id not in self._lasting:
            self._begin(device, "silent", said_at)

    def _begin(self, device: Device, kind: str, at: datetime) -> None:
        self._count += 1
        fact_id = f"{device.sensor_id}-{self._count}"
        self._lasting[device.sensor_id] = SensorFact(fact_id, kind, device.sensor_id, at)
