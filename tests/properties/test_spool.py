"""The spool against a list, over crashes that tear its end off at any byte."""

from __future__ import annotations

import shutil
import struct
import tempfile
import zlib
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from yitong_command.bus.spool import HEADER, Spool

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

operations = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.binary(min_size=1, max_size=40)),
        st.tuples(st.just("acknowledge"), st.integers(1, 5)),
        st.tuples(st.just("reopen"), st.just(0)),
        st.tuples(st.just("crash while appending"), st.integers(0, 60)),
        st.tuples(st.just("crash before the acknowledgement is written"), st.integers(1, 5)),
    ),
    max_size=30,
)


def torn_record(payload: bytes) -> bytes:
    body = (0).to_bytes(8, "big") + payload
    return struct.pack(">II", len(payload), zlib.crc32(body)) + body


class World:
    """The spool, and the list that says what must be in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spool = Spool(folder, segment_bytes=120)
        self.expected: list[bytes] = []

    def do(self, what: str, value: bytes | int) -> None:
        if isinstance(value, bytes):
            self.spool.append(value, AT)
            self.expected.append(value)
        elif what == "acknowledge":
            self.acknowledge(value)
        elif what == "reopen":
            self.reopen()
        elif what == "crash while appending":
            self.tear(value)
            self.reopen()
        else:
            self.lose_acknowledgement(value)

    def acknowledge(self, count: int) -> None:
        records = self.spool.peek(count)
        if records:
            self.spool.acknowledge(records[-1].end)
        del self.expected[: len(records)]

    def reopen(self) -> None:
        self.spool.close()
        self.spool = Spool(self.folder, segment_bytes=120)

    def tear(self, length: int) -> None:
        last = max(self.folder.glob("*.log"), key=lambda path: int(path.stem))
        with last.open("ab") as file:
            file.write(torn_record(b"half of this is lost" * 3)[:length])

    def lose_acknowledgement(self, count: int) -> None:
        """The crash leaves the older file; what it acknowledged less may come again, in order."""
        acked = self.folder / "acked"
        before = acked.read_bytes() if acked.exists() else b""
        self.acknowledge(count)
        acked.write_bytes(before)
        self.reopen()
        waiting = self.waiting()
        assert waiting[len(waiting) - len(self.expected) :] == self.expected
        self.expected = waiting

    def waiting(self) -> list[bytes]:
        return [record.payload for record in self.spool.peek(10_000)]


@settings(deadline=None, derandomize=True, max_examples=150)
@given(operations)
def test_what_was_stored_and_not_acknowledged_is_there_in_order(
    ops: list[tuple[str, bytes | int]],
) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        world = World(folder)
        for what, value in ops:
            world.do(what, value)
            assert world.waiting() == world.expected
            assert world.spool.depth == len(world.expected)
        world.spool.close()
    finally:
        shutil.rmtree(folder)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(st.binary(min_size=1, max_size=30), min_size=1, max_size=12), st.data())
def test_a_file_cut_at_any_byte_keeps_every_whole_record_before_the_cut(
    payloads: list[bytes], data: st.DataObject
) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        spool = Spool(folder)
        for payload in payloads:
            spool.append(payload, AT)
        spool.close()
        file = next(folder.glob("*.log"))
        cut = data.draw(st.integers(0, file.stat().st_size))
        file.write_bytes(file.read_bytes()[:cut])
        ends = [sum(HEADER.size + len(p) for p in payloads[: n + 1]) for n in range(len(payloads))]
        whole = payloads[: sum(end <= cut for end in ends)]
        again = Spool(folder)
        assert [record.payload for record in again.peek(100)] == whole
        again.append(b"after the crash", AT)
        again.close()
        third = Spool(folder)
        assert [r.payload for r in third.peek(100)] == [*whole, b"after the crash"]
        third.close()
    finally:
        shutil.rmtree(folder)
