"""Heads of the audit chain in a file of their own, so that a cut-off end is found."""

from __future__ import annotations

import fcntl
import json
import os
from datetime import datetime
from pathlib import Path

from yitong_command.errors import ConfigError
from yitong_command.storage.sealing import Head


def anchors_file(data_dir: Path) -> Path:
    """Where an installation keeps its anchors; copy it to another machine now and then."""
    return data_dir / "audit-anchors.jsonl"


def write_anchor(file: Path, head: Head, at: datetime) -> bool:
    """Add the head of the chain if it moved on since the last anchor; returns whether it did.

    Safe with several processes on one machine.

    Raises:
        ConfigError: If the file can't be read or written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a+") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            newest = max((anchor.seq for anchor in _read(file)), default=0)
            if head.seq <= newest:
                return False
            line = {"seq": head.seq, "hash": head.hash, "at": at.isoformat()}
            stream.write(json.dumps(line) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as exc:
        raise ConfigError(str(file), "", f"can't be written: {exc.strerror}") from exc
    return True


def read_anchors(file: Path) -> tuple[Head, ...]:
    """All anchors in a file; none if there is no file.

    Raises:
        ConfigError: If the file can't be read, or a line of it is no anchor; names the line.
    """
    try:
        return _read(file) if file.exists() else ()
    except OSError as exc:
        raise ConfigError(str(file), "", f"can't be read: {exc.strerror}") from exc


def _read(file: Path) -> tuple[Head, ...]:
    found = []
    for number, line in enumerate(file.read_text().splitlines(), 1):
        try:
            data = json.loads(line)
            found.append(Head(int(data["seq"]), str(data["hash"])))
        except (ValueError, KeyError, TypeError):
            raise ConfigError(str(file), f"line {number}", "不是锚点 / not an anchor") from None
    return tuple(found)
