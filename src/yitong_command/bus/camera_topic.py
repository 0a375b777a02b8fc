"""Telling the workers of cameras without the database: for benchmarks, tests and first steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from yitong_command.bus.admin import ensure_topics
from yitong_command.bus.camera_messages import CameraMessage
from yitong_command.bus.messages import Tombstone
from yitong_command.bus.producer import Outgoing, Producer
from yitong_command.bus.topics import CAMERAS
from yitong_command.domain.camera import Camera


async def publish_cameras(
    kafka: str,
    prefix: str,
    cameras: Iterable[Camera],
    at: datetime,
    *,
    version: int = 1,
    logins: Mapping[str, str] | None = None,
    removed: Iterable[str] = (),
) -> None:
    """Put cameras on their topic, which is made if it is not there.

    Args:
        kafka: Bootstrap servers.
        prefix: Prefix of all topic names.
        cameras: With their views and zones.
        at: The current time.
        version: Of all of them.
        logins: Sealed by the vault, by camera.
        removed: Cameras that are no more.

    Raises:
        BrokerDown: If Kafka can't be reached or does not acknowledge.
    """
    await ensure_topics(kafka, prefix)
    sealed = logins or {}
    batch: list[Outgoing] = [
        (CAMERAS, CameraMessage.of(c, sealed.get(c.camera_id), version, "file", at), at)
        for c in cameras
    ]
    batch += [(CAMERAS, Tombstone(name, CameraMessage), at) for name in removed]
    producer = Producer(kafka, prefix, "/yitong/cameras")
    try:
        await producer.send_all(batch)
    finally:
        await producer.close()
