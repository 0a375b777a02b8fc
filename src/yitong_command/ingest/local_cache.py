"""The last assignment on this machine's disk, for a start that can't wait for the group.

Either the broker is down, or the worker died so lately that nobody else can have its cameras yet.

What other workers need stands on the topic ``ingest-states``; this is only for the same worker on
the same disk, where the spool is that the remembered incidents went to.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import structlog

from yitong_command.bus.camera_messages import CameraMessage, IngestStateMessage
from yitong_command.bus.messages import Message
from yitong_command.bus.wire import M, decode
from yitong_command.errors import BadMessage

_log = structlog.get_logger()

CAMERAS, STATES = "ingest-cameras.json", "ingest-states.json"
HANDED_OVER_S = 0.0
"""Time of a file whose cameras others have."""


class LocalCache:
    """Two files in the data folder, each replaced as a whole.

    Args:
        folder: The data folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save_cameras(self, messages: Iterable[CameraMessage]) -> None:
        """Keep the cameras of the assignment.

        Raises:
            OSError: If the disk is full or can't be written; the old file stays.
        """
        _save(self._folder / CAMERAS, messages)

    def save_states(self, messages: Iterable[IngestStateMessage]) -> None:
        """Keep what is remembered of them; must not be ahead of the incidents in the spool.

        Without the scenes, which are large, change slowly and are learned again within minutes.

        Raises:
            OSError: If the disk is full or can't be written; the old file stays.
        """
        _save(self._folder / STATES, (m.model_copy(update={"scenes": {}}) for m in messages))

    def age_s(self) -> float | None:
        """Seconds since this worker last watched; None if it never did or handed all over."""
        try:
            saved_s = (self._folder / STATES).stat().st_mtime
        except OSError:
            return None
        return time.time() - saved_s if saved_s > HANDED_OVER_S else None

    def handed_over(self) -> None:
        """Others watch from now on what is kept here."""
        with contextlib.suppress(OSError):
            os.utime(self._folder / STATES, (HANDED_OVER_S, HANDED_OVER_S))

    def cameras(self) -> Mapping[str, CameraMessage]:
        """The cameras of the last assignment, by camera; none if nothing can be read."""
        return _load(self._folder / CAMERAS, CameraMessage)

    def states(self) -> Mapping[str, IngestStateMessage]:
        """What was remembered of them."""
        return _load(self._folder / STATES, IngestStateMessage)


def _save(path: Path, messages: Iterable[Message]) -> None:
    content = orjson.dumps([message.model_dump(mode="json") for message in messages])
    part = path.with_suffix(".part")
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _load(path: Path, model: type[M]) -> dict[str, M]:
    """The readable messages of a file by key; a file that is none is put aside and said."""
    try:
        items: Any = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (ValueError, OSError) as exc:
        _put_aside(path, str(exc))
        return {}
    if not isinstance(items, list):
        _put_aside(path, "not a list")
        return {}
    found: dict[str, M] = {}
    for item in items:
        try:
            message = decode(model, orjson.dumps(item))
        except BadMessage as exc:
            _log.error("cache_entry_unreadable", path=str(path), detail=str(exc)[:300])
        else:
            found[message.key] = message
    return found


def _put_aside(path: Path, detail: str) -> None:
    _log.error("cache_unreadable", path=str(path), detail=detail[:300])
    if path.is_file():
        path.replace(path.with_suffix(".unreadable"))
