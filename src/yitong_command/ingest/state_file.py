"""The rules' memory on disk, so that a restarted worker goes on with the same incidents."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from zlib import crc32

import orjson
import structlog
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from yitong_command.domain.camera import Zone
from yitong_command.ingest.views import ViewMemory, ZoneWatch
from yitong_command.rules import RULES
from yitong_command.rules.replay import Folded

_log = structlog.get_logger()
_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {
    state: TypeAdapter(state) for state in {rule.state for rule in RULES.values()}
}
"""By type of state: a kind that the installation adds has the state of the rule it is like."""


class _ZoneEntry(BaseModel):
    model_config = ConfigDict(frozen=True)
    shape: str
    at: datetime
    state: Any


class _File(BaseModel):
    model_config = ConfigDict(frozen=True)
    version: Literal[1]
    zones: dict[str, _ZoneEntry]


def snapshot(memories: Iterable[ViewMemory]) -> bytes:
    """The state of all rules as JSON.

    Args:
        memories: All views of the worker.
    """
    zones = {
        watch.zone.subject: {
            "shape": _shape(watch.zone),
            "at": watch.folded.at,
            "state": _adapter(watch.zone).dump_python(watch.folded.state, mode="json"),
        }
        for memory in memories
        for watch in memory.zones
        if watch.folded.at is not None
    }
    return orjson.dumps({"version": 1, "zones": zones})


def save(path: Path, content: bytes) -> None:
    """Replace the file at once and durably.

    Raises:
        OSError: If the disk is full or can't be written; the old file stays.
    """
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def restore(path: Path, memories: Iterable[ViewMemory]) -> int:
    """Give every zone its state back; a zone that was drawn anew begins anew.

    A file that can't be read is put aside and said, and all rules begin anew.

    Args:
        path: The file; may be absent.
        memories: All views of the worker; their zones are changed.

    Returns:
        How many zones have their state again.
    """
    try:
        zones = _File.model_validate_json(path.read_bytes()).zones
    except FileNotFoundError:
        return 0
    except (ValidationError, OSError) as exc:
        _log.error("state_file_unreadable", path=str(path), detail=str(exc)[:300])
        path.replace(path.with_suffix(".unreadable"))
        return 0
    watches = [watch for memory in memories for watch in memory.zones]
    return sum(_restore_zone(watch, zones.get(watch.zone.subject)) for watch in watches)


def _restore_zone(watch: ZoneWatch, entry: _ZoneEntry | None) -> bool:
    if entry is None or entry.shape != _shape(watch.zone):
        return False
    try:
        state = _adapter(watch.zone).validate_python(entry.state)
    except ValidationError as exc:
        _log.error("zone_state_unreadable", subject=watch.zone.subject, detail=str(exc)[:300])
        return False
    watch.folded = Folded(state, entry.at)
    return True


def _adapter(zone: Zone) -> TypeAdapter[Any]:
    return _ADAPTERS[RULES[zone.kind].state]


def _shape(zone: Zone) -> str:
    return f"{zone.kind}:{crc32(repr(zone.polygon).encode()):08x}"
