"""What the sensor part remembers of every sensor, on disk: a restart forgets no open condition."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import orjson
import structlog
from pydantic import TypeAdapter, ValidationError

from yitong_command.domain.incident import Incident
from yitong_command.domain.sensor import FaultWord, SensorState
from yitong_command.rules.sensors import Remembered

log = structlog.get_logger()

VERSION = 1


@dataclass(slots=True)
class SensorMemory:
    """One sensor.

    Attributes:
        rules: What the rules remember.
        open: The open incident of every level, as it was opened.
        state: What was said of it last.
        since: Since when.
        faults: What is wrong with the device, and since when.
    """

    rules: Remembered = field(default_factory=Remembered)
    open: dict[str, Incident] = field(default_factory=dict)
    state: SensorState = SensorState.WAITING
    since: datetime | None = None
    faults: dict[FaultWord, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _File:
    version: int
    sensors: dict[str, SensorMemory]
    link_fault: datetime | None = None


_ONE = TypeAdapter(SensorMemory)
_ALL = TypeAdapter(_File)


class MemoryFile:
    """The file; only sensors that changed are encoded again.

    Args:
        path: Where it lies; its folder is made if absent.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._encoded: dict[str, bytes] = {}
        self._dirty = False
        self.link_fault: datetime | None = None
        path.parent.mkdir(parents=True, exist_ok=True)

    def load(self) -> dict[str, SensorMemory]:
        """What was remembered; nothing if there is no file or it can't be read, which is logged."""
        try:
            content = _ALL.validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValidationError) as exc:
            log.warning("sensor_memory_unreadable", file=self._path.name, reason=str(exc)[:300])
            return {}
        if content.version != VERSION:
            log.error("sensor_memory_unreadable", file=self._path.name, version=content.version)
            return {}
        self.link_fault = content.link_fault
        return content.sensors

    def note_link(self, fault_since: datetime | None) -> None:
        """The fault of the link began, or is over."""
        self.link_fault = fault_since
        self._dirty = True

    def note(self, sensor_id: str, memory: SensorMemory) -> None:
        """A sensor's memory changed."""
        self._encoded[sensor_id] = _ONE.dump_json(memory)
        self._dirty = True

    def keep_only(self, sensor_ids: Iterable[str]) -> None:
        """Forget all others."""
        kept = frozenset(sensor_ids)
        self._encoded = {name: data for name, data in self._encoded.items() if name in kept}
        self._dirty = True

    def take_news(self) -> bytes | None:
        """The whole file, if it changed since it was taken last."""
        if not self._dirty:
            return None
        self._dirty = False
        sensors = b",".join(
            orjson.dumps(name) + b":" + data for name, data in self._encoded.items()
        )
        link = orjson.dumps(self.link_fault)
        return b'{"version":%d,"link_fault":%s,"sensors":{%s}}' % (VERSION, link, sensors)

    def write(self, content: bytes) -> None:
        """Replace the file, in one step.

        Raises:
            OSError: If it can't be written; the old one stays.
        """
        part = self._path.with_suffix(".part")
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._path)

    def failed(self) -> None:
        """What was taken could not be written: it is news again."""
        self._dirty = True
