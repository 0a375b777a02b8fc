"""The spool: what must not be lost, on this machine's disk until the broker has it.

Records lie in segment files named after the position of their first byte; a position counts all
bytes ever written. A record is ``length, crc32, time`` and its bytes. The file ``acked`` holds the
position up to which the broker acknowledged. What a crash tore off the end is cut away at the next
opening; it was never reported as stored.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import itertools
import os
import struct
import threading
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

HEADER = struct.Struct(">IIq")
"""Length of the bytes, CRC-32 of time and bytes, time in microseconds since 1970."""

SEGMENT_BYTES = 8 * 1024 * 1024
LARGEST = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the spool.

    Attributes:
        payload: Its bytes.
        at: When it was stored, aware UTC.
        end: Position behind it; acknowledging this position removes it and all before it.
    """

    payload: bytes
    at: datetime
    end: int


class Spool:
    """A durable first-in-first-out queue in one folder, for one process.

    Opening cuts off a torn end. Its methods may be called from any thread.

    Args:
        folder: Made if absent.
        segment_bytes: A segment this long is followed by a new one.

    Raises:
        OSError: If the folder can't be read or written, or another process has it open.
    """

    def __init__(self, folder: Path, segment_bytes: int = SEGMENT_BYTES) -> None:
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._guard = threading.RLock()
        self._waiting: deque[Record] = deque()
        self._handle: int | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = _lock(folder)
        self.damaged_bytes = 0
        segments = self._segments()
        self._acked = self._read_acked()
        self._first = self._end = 0 if segments else self._acked
        for start in segments:
            self._load(start)
        if self._acked > self._end:  # else what is stored next would count as acknowledged
            self._acked = self._end
            self._write_acked()
        self._open_segment(segments[-1] if segments else self._end)

    @property
    def depth(self) -> int:
        """Number of records not yet acknowledged."""
        return len(self._waiting)

    @property
    def oldest_at(self) -> datetime | None:
        """When the oldest waiting record was stored, or None if nothing waits."""
        with self._guard:
            return self._waiting[0].at if self._waiting else None

    def append(self, payload: bytes, at: datetime) -> None:
        """Store a record durably: after the return it survives any crash.

        Args:
            payload: At most 16 MiB.
            at: Time of storing, aware UTC.

        Raises:
            ValueError: If the payload is too long or empty.
            OSError: If the disk is full or broken; nothing was stored, the same record may be
                appended again later.
        """
        if not 0 < len(payload) <= LARGEST:
            raise ValueError(f"a spool record has 1 to {LARGEST} bytes, not {len(payload)}")
        with self._guard:
            try:
                self._append(payload, at)
            except OSError:
                if not self._empty():
                    raise
                self._append(payload, at)

    def _append(self, payload: bytes, at: datetime) -> None:
        if self._lock is None:
            raise OSError(errno.EBADF, f"the spool {self._folder} is closed")
        handle = self._handle
        if handle is None or self._end - self._first >= self._segment_bytes:
            handle = self._open_segment(self._end)
        offset = self._end - self._first
        body = int(at.timestamp() * 1_000_000).to_bytes(8, "big", signed=True) + payload
        data = struct.pack(">II", len(payload), zlib.crc32(body)) + body
        try:
            _write_all(handle, data, offset)
            os.fsync(handle)
        except OSError as exc:
            with contextlib.suppress(OSError):
                os.ftruncate(handle, offset)
            raise OSError(
                exc.errno, f"the spool in {self._folder} can't store: {exc.strerror}"
            ) from exc
        self._end += len(data)
        self._waiting.append(Record(payload, at, self._end))

    def peek(self, limit: int) -> list[Record]:
        """The oldest records, in the order they were stored.

        Args:
            limit: At most so many.
        """
        with self._guard:
            return list(itertools.islice(self._waiting, limit))

    def acknowledge(self, end: int) -> None:
        """Forget all records up to a position, durably.

        Args:
            end: :attr:`Record.end` of the newest record the broker has.

        Raises:
            OSError: If it can't be written down; the records would be sent again after a restart.
        """
        with self._guard:
            while self._waiting and self._waiting[0].end <= end:
                self._waiting.popleft()
            self._acked = max(self._acked, end)
            # Freed first: on a disk that the spool itself has filled there is no room for the note.
            segments = self._segments()
            for start, following in zip(segments, segments[1:], strict=False):
                if following <= self._acked:
                    self._path(start).unlink(missing_ok=True)
            try:
                self._write_acked()
            except OSError:
                if not self._empty():
                    raise
                self._write_acked()

    def close(self) -> None:
        """Close the files; nothing is lost."""
        with self._guard:
            self._close_segment()
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None

    def _empty(self) -> bool:
        """Give the disk back what the broker has: all of it, if nothing waits; False otherwise.

        A crash in between leaves an empty file with its old name, which opening understands.
        """
        if self._waiting or self._handle is None or self._end == self._first:
            return False
        os.ftruncate(self._handle, 0)
        self._path(self._first).replace(self._path(self._end))
        self._first = self._end
        return True

    def _close_segment(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _segments(self) -> list[int]:
        return sorted(int(path.stem) for path in self._folder.glob("*.log") if path.stem.isdigit())

    def _path(self, start: int) -> Path:
        return self._folder / f"{start:020d}.log"

    def _load(self, start: int) -> None:
        """Read one segment; cut off what is torn."""
        data = self._path(start).read_bytes()
        self._end = start
        for payload, at, length in _records(data):
            self._end += length
            if self._end > self._acked:
                self._waiting.append(Record(payload, at, self._end))
        torn = len(data) - (self._end - start)
        if torn:
            self.damaged_bytes += torn
            with self._path(start).open("r+b") as file:
                file.truncate(self._end - start)
                os.fsync(file.fileno())

    def _open_segment(self, start: int) -> int:
        self._close_segment()
        handle = os.open(self._path(start), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        self._handle, self._first = handle, start
        _sync_folder(self._folder)
        return handle

    def _read_acked(self) -> int:
        try:
            text, _, crc = (self._folder / "acked").read_text("ascii").partition(" ")
            known = crc == f"{zlib.crc32(text.encode()):08x}"
            return int(text) if known else 0
        except (FileNotFoundError, ValueError):
            return 0

    def _write_acked(self) -> None:
        text = str(self._acked)
        part = self._folder / "acked.part"
        with part.open("w", encoding="ascii") as file:
            file.write(f"{text} {zlib.crc32(text.encode()):08x}")
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._folder / "acked")
        _sync_folder(self._folder)


def _records(data: bytes) -> Iterator[tuple[bytes, datetime, int]]:
    """Payload, time and whole length of every record before the first damaged byte."""
    offset = 0
    while offset + HEADER.size <= len(data):
        length, crc, at_us = HEADER.unpack_from(data, offset)
        end = offset + HEADER.size + length
        body = data[offset + 8 : end]
        if not 0 < length <= LARGEST or end > len(data) or zlib.crc32(body) != crc:
            return
        yield body[8:], datetime.fromtimestamp(at_us / 1_000_000, UTC), HEADER.size + length
        offset = end


def _lock(folder: Path) -> int | None:
    """Keep other processes out of the folder until the handle is closed."""
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        os.close(handle)
        raise OSError(exc.errno, f"another process has the spool {folder} open") from exc
    return handle


def _write_all(handle: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(handle, view, offset)
        view, offset = view[written:], offset + written


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
