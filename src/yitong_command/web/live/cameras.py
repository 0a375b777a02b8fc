"""Newest state of every camera, as the workers last said it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from yitong_command.bus.messages import CameraStateMessage
from yitong_command.domain.camera import CameraState

SILENT_AFTER = timedelta(seconds=60)
"""Workers report every 30 s; after two reports that did not come nothing is known any more."""


@dataclass(slots=True)
class _Known:
    partition: str
    changed_offset: int
    message: CameraStateMessage
    silent: bool = False


class CameraStates:
    """Newest state of every camera.

    A camera whose worker fell silent is shown as off with that reason: no news is not good news.
    """

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    def take(self, partition: str, offset: int, message: CameraStateMessage) -> bool:
        """Take a state; True if a screen would show something else than before.

        Args:
            partition: Where it stands in Kafka, ``camera-states-0``.
            offset: Its offset there.
            message: The state.
        """
        known = self._known.get(message.camera_id)
        if known is not None and known.message.at > message.at:
            return False
        if known is not None and not known.silent and _shown(known.message) == _shown(message):
            known.message = message
            return False
        self._known[message.camera_id] = _Known(partition, offset, message)
        return True

    def forget_all(self) -> None:
        """Drop everything: the topic was made anew."""
        self._known.clear()

    def get(self, camera_id: str, now: datetime) -> CameraStateMessage | None:
        """The state that may be shown at ``now``, or None if none was ever heard."""
        known = self._known.get(camera_id)
        return _judged(known.message, now) if known else None

    def newly_silent(self, now: datetime) -> list[CameraStateMessage]:
        """States of cameras that fell silent since the last call."""
        fallen = []
        for known in self._known.values():
            if not known.silent and now - known.message.at > SILENT_AFTER:
                known.silent = True
                fallen.append(_judged(known.message, now))
        return fallen

    def after(self, vector: Mapping[str, int], now: datetime) -> Iterator[CameraStateMessage]:
        """States that changed after a position of the feed, and those that are silent now."""
        for known in self._known.values():
            judged = _judged(known.message, now)
            if known.changed_offset > vector.get(known.partition, -1) or judged != known.message:
                yield judged


def _shown(message: CameraStateMessage) -> tuple[object, ...]:
    return (
        message.state,
        message.since,
        message.view_id,
        message.reason_zh,
        message.reason_en,
        message.worker_url,
    )


def _judged(message: CameraStateMessage, now: datetime) -> CameraStateMessage:
    if now - message.at <= SILENT_AFTER:
        return message
    worker = message.worker or "?"
    return message.model_copy(
        update={
            "state": CameraState.OFF,
            "since": message.at,
            "reason_zh": f"分析进程 {worker} 没有报告",
            "reason_en": f"no report from the ingest worker {worker}",
        }
    )
