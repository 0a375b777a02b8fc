"""What a running ingest worker and its farm say of themselves over HTTP, and Kafka over both."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from prometheus_client.parser import text_string_to_metric_families

from yitong_command.bench.events import Told
from yitong_command.bench.figures import Looks, bucket_quantile
from yitong_command.bus.messages import IncidentMessage
from yitong_command.bus.topics import INCIDENTS, TOPICS, topic_name
from yitong_command.bus.wire import decode
from yitong_command.demo.report import Fact, Found
from yitong_command.errors import BrokerDown, Transient

TIMEOUT_S = 10.0


@dataclass(slots=True)
class Metrics:
    """A reading of a part's ``/metrics``.

    Attributes:
        values: By sample name and labels.
    """

    values: dict[tuple[str, tuple[tuple[str, str], ...]], float]

    def total(self, name: str, **labels: str) -> float:
        """Sum of all samples of a name that carry these labels."""
        return sum(
            value
            for (sample, own), value in self.values.items()
            if sample == name and labels.items() <= dict(own).items()
        )

    def by_label(self, name: str, label: str) -> dict[str, float]:
        """Samples of a name by one label."""
        return {
            dict(own)[label]: value
            for (sample, own), value in self.values.items()
            if sample == name
        }

    def buckets(self, name: str, before: Metrics) -> dict[float, float]:
        """The buckets of a histogram, filled between an earlier reading and this one."""
        own = self.by_label(f"{name}_bucket", "le")
        earlier = before.by_label(f"{name}_bucket", "le")
        return {
            math.inf if bound == "+Inf" else float(bound): count - earlier.get(bound, 0.0)
            for bound, count in own.items()
        }

    def quantile(self, name: str, share: float, before: Metrics) -> float | None:
        """A quantile of a histogram between an earlier reading and this one, in its unit."""
        found = bucket_quantile(self.buckets(name, before), share)
        return None if found is None else round(found, 3)


def read_metrics(url: str) -> Metrics:
    """Read ``/metrics`` of a part.

    Args:
        url: Of the part.

    Raises:
        Transient: If it does not answer.
    """
    text = _get(f"{url}/metrics").text
    return Metrics(
        {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
    )


def note_looks(url: str, looks: Looks) -> None:
    """Note the newest look of every camera.

    Raises:
        Transient: If the worker does not answer.
    """
    for camera_id, look in _get(f"{url}/looks").json().items():
        looks.note(camera_id, datetime.fromisoformat(look["at"]), look["camera_ticks"])


@dataclass(slots=True)
class Stage:
    """The farm's control: lets events happen, and knows what really happened.

    Attributes:
        url: Of the farm's control server.
    """

    url: str
    _known: set[str] = field(default_factory=set)

    def play(self, camera_id: str) -> None:
        """Let a camera's event happen."""
        self._post(camera_id, "play")

    def repair(self, camera_id: str) -> None:
        """Put a camera's scene right."""
        self._post(camera_id, "repair")

    def facts(self) -> list[Fact]:
        """What really happened so far.

        Raises:
            Transient: If the farm does not answer.
        """
        return [Fact.read(item) for item in _get(f"{self.url}/ground-truth").json()]

    def _post(self, camera_id: str, what: str) -> None:
        try:
            answer = httpx.post(
                f"{self.url}/cameras/{camera_id}/{what}", timeout=TIMEOUT_S, trust_env=False
            )
            answer.raise_for_status()
        except httpx.HTTPError as exc:
            raise Transient(f"the camera farm does not answer: {exc!r}") from exc


async def incidents(kafka: str, prefix: str) -> list[Told]:
    """Every incident opened so far, as it lies in Kafka; its own id stands for its case.

    Raises:
        BrokerDown: If Kafka can't be read.
    """
    found: dict[str, Told] = {}
    try:
        async for record in _records(kafka, topic_name(INCIDENTS, prefix)):
            message = decode(IncidentMessage, record.value)
            if message.change == "opened":
                name = str(message.incident_id)
                told_at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
                item = Found(
                    name, name, message.kind.value, message.camera_id, message.view_id,
                    message.began_at,
                )  # fmt: skip
                found.setdefault(name, Told(item, told_at))
    except (KafkaError, OSError) as exc:
        raise BrokerDown(f"Kafka at {kafka}: {exc}") from exc
    return list(found.values())


async def _records(kafka: str, topic: str) -> Any:
    # Not by seeking: a consumer that begins at the end may still go there after it was sent back.
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        parts = [TopicPartition(topic, number) for number in range(INCIDENTS.partitions)]
        consumer.assign(parts)
        ends = await consumer.end_offsets(parts)
        while not await _is_read(consumer, ends):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    yield record
    finally:
        await consumer.stop()


async def _is_read(consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> bool:
    for part, end in ends.items():
        if await consumer.position(part) < end:
            return False
    return True


async def forget_topics(kafka: str, prefix: str) -> None:
    """Delete the topics of a benchmark from a broker that is not its own.

    Raises:
        BrokerDown: If Kafka refuses.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    try:
        await admin.start()
        await admin.delete_topics([topic_name(topic, prefix) for topic in TOPICS.values()])
    except (KafkaError, OSError) as exc:
        raise BrokerDown(f"Kafka at {kafka}: {exc}") from exc
    finally:
        await admin.close()


def _get(url: str) -> httpx.Response:
    try:
        answer = httpx.get(url, timeout=TIMEOUT_S, trust_env=False)
        answer.raise_for_status()
    except httpx.HTTPError as exc:
        raise Transient(f"{url} does not answer: {exc!r}") from exc
    return answer
