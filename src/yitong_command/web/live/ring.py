"""The newest messages of the feed in one order, with what is needed to resume in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from yitong_command.web.live.vector import Vector, format_vector
from yitong_command.web.live.wire import id_line


@dataclass(frozen=True, slots=True)
class Entry:
    """One message as screens get it.

    Attributes:
        partition: Where it stands in Kafka, ``alerts-0``.
        offset: Its offset there.
        event: Event name on the wire.
        body: The event as all screens get it, encoded once, without its id.
        reader: The only worker who may get it, or None if no worker may.
        grid_code: The grid it is about, or None.
        cameras: The cameras it is about.
    """

    partition: str
    offset: int
    event: str
    body: bytes
    reader: str | None = None
    grid_code: str | None = None
    cameras: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Slot:
    """An entry at its place in the ring.

    Attributes:
        seq: Place in this process's order, from 0.
        entry: The message.
        event_id: Position of the whole feed right after this message.
        head: The id as it is written before the body.
    """

    seq: int
    entry: Entry
    event_id: str
    head: bytes


class Ring:
    """A bounded log of entries; the oldest are overwritten.

    Args:
        size: How many entries are kept.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._slots: list[Slot | None] = [None] * size
        self._head = 0
        self._seen: Vector = {}
        self._floor: Vector = {}

    @property
    def head(self) -> int:
        """Sequence number the next entry will get."""
        return self._head

    @property
    def oldest(self) -> int:
        """Sequence number of the oldest entry that is still kept."""
        return max(0, self._head - self._size)

    @property
    def vector(self) -> Vector:
        """A copy of the position: last offset seen of every partition."""
        return dict(self._seen)

    def begin(self, partition: str, next_offset: int, *, replayed: bool = True) -> None:
        """Say where the reading of a partition begins.

        Args:
            partition: For example ``alerts-0``.
            next_offset: The first offset that will be appended, if it exists.
            replayed: False for a compacted topic: its past is told by the newest values, so
                a position is never too old because of it.
        """
        self._seen[partition] = next_offset - 1
        if replayed:
            self._floor[partition] = next_offset

    def advance(self, partition: str, offset: int) -> None:
        """Note that a message was seen which no screen gets."""
        self._seen[partition] = max(offset, self._seen.get(partition, -1))

    def append(self, entry: Entry) -> bool:
        """Add an entry; False if it was there already (redelivered)."""
        if entry.offset <= self._seen.get(entry.partition, -1):
            return False
        self._seen[entry.partition] = entry.offset
        self._put(entry)
        return True

    def note(
        self, event: str, body: bytes, cameras: tuple[str, ...] = (), grid_code: str | None = None
    ) -> None:
        """Add something that is not in Kafka; it is shown once and never replayed."""
        self._put(Entry("", -1, event, body, grid_code=grid_code, cameras=cameras))

    def _put(self, entry: Entry) -> None:
        place = self._head % self._size
        dropped = self._slots[place]
        if dropped is not None and dropped.entry.partition in self._floor:
            self._floor[dropped.entry.partition] = dropped.entry.offset + 1
        event_id = format_vector(self._seen)
        self._slots[place] = Slot(self._head, entry, event_id, id_line(event_id))
        self._head += 1

    def covers(self, vector: Mapping[str, int]) -> bool:
        """Whether everything after ``vector`` is still here.

        A partition that ``vector`` does not name must be here from its first offset.
        """
        return all(
            vector.get(partition, -1) + 1 >= floor for partition, floor in self._floor.items()
        ) and set(vector) <= set(self._seen)

    def reached(self, vector: Mapping[str, int]) -> bool:
        """Whether this ring has seen everything that ``vector`` has."""
        return all(self._seen.get(name, -1) >= offset for name, offset in vector.items())

    def slots(self, start: int, stop: int) -> Iterator[Slot]:
        """Kept entries with ``start <= seq < stop``, oldest first."""
        for seq in range(max(start, self.oldest), min(stop, self._head)):
            slot = self._slots[seq % self._size]
            if slot is not None and slot.seq == seq:
                yield slot
