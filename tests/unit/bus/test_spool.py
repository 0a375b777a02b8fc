"""The spool keeps what it was given, through kill -9, a full disk and a broken file."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from yitong_command.bus.spool import Spool

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from yitong_command.bus.spool import Spool
spool = Spool(Path(sys.argv[1]))
for n in range(100_000):
    spool.append(b"incident %d" % n, datetime(2026, 11, 23, tzinfo=UTC))
    print(n, flush=True)
"""


def payloads(spool: Spool) -> list[bytes]:
    return [record.payload for record in spool.peek(1_000_000)]


def test_records_come_out_in_the_order_they_went_in(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for n in range(5):
        spool.append(b"%d" % n, AT + timedelta(seconds=n))
    assert payloads(spool) == [b"0", b"1", b"2", b"3", b"4"]
    assert spool.oldest_at == AT
    spool.acknowledge(spool.peek(2)[-1].end)
    assert payloads(spool) == [b"2", b"3", b"4"]
    assert (spool.depth, spool.oldest_at) == (3, AT + timedelta(seconds=2))
    spool.close()


def test_a_process_killed_at_any_moment_loses_nothing_it_reported(tmp_path: Path) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    reported = [int(writer.stdout.readline()) for _ in range(50)]
    writer.send_signal(signal.SIGKILL)
    reported += [int(line) for line in writer.stdout.read().splitlines()]
    writer.stdout.close()
    writer.wait()
    spool = Spool(tmp_path)
    stored = payloads(spool)
    assert stored == [b"incident %d" % n for n in range(len(stored))]
    assert len(stored) >= len(reported) >= 50
    spool.close()


def test_a_full_disk_is_said_clearly_and_the_record_can_be_stored_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path)
    spool.append(b"before", AT)
    real = os.pwrite
    room = [7]

    def nearly_full(handle: int, data: bytes, offset: int) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        written, room[0] = real(handle, bytes(data)[: room[0]], offset), 0
        return written

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", nearly_full)
        with pytest.raises(OSError, match="can't store: No space left"):
            spool.append(b"while full", AT)
    assert payloads(spool) == [b"before"]
    spool.append(b"while full", AT)
    spool.close()
    again = Spool(tmp_path)
    assert payloads(again) == [b"before", b"while full"]
    assert again.damaged_bytes == 0
    again.close()


def test_acknowledged_segments_are_removed(tmp_path: Path) -> None:
    spool = Spool(tmp_path, segment_bytes=100)
    for n in range(40):
        spool.append(b"record %02d" % n, AT)
    assert len(list(tmp_path.glob("*.log"))) > 5
    spool.acknowledge(spool.peek(40)[-1].end)
    assert len(list(tmp_path.glob("*.log"))) == 1
    spool.append(b"next", AT)
    spool.close()
    again = Spool(tmp_path, segment_bytes=100)
    assert payloads(again) == [b"next"]
    again.close()


@pytest.mark.parametrize("content", [b"", b"12", b"garbage", b"99999 00000000", b"\xff\xfe"])
def test_an_unreadable_acknowledgement_only_sends_records_again(
    tmp_path: Path, content: bytes
) -> None:
    spool = Spool(tmp_path)
    for n in range(3):
        spool.append(b"%d" % n, AT)
    spool.acknowledge(spool.peek(1)[-1].end)
    spool.close()
    (tmp_path / "acked").write_bytes(content)
    again = Spool(tmp_path)
    assert payloads(again) == [b"0", b"1", b"2"]
    again.close()


def test_a_damaged_record_is_counted_and_what_follows_in_later_segments_is_kept(
    tmp_path: Path,
) -> None:
    spool = Spool(tmp_path, segment_bytes=50)
    for n in range(6):
        spool.append(b"record number %d" % n, AT)
    spool.close()
    first = min(tmp_path.glob("*.log"))
    data = bytearray(first.read_bytes())
    data[20] ^= 0xFF
    first.write_bytes(data)
    again = Spool(tmp_path, segment_bytes=50)
    assert again.damaged_bytes > 0
    assert payloads(again)[-1] == b"record number 5"
    again.close()


def test_after_the_log_was_lost_new_records_do_not_count_as_acknowledged(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for n in range(5):
        spool.append(b"%d" % n, AT)
    spool.acknowledge(spool.peek(5)[-1].end)
    spool.close()
    log = next(tmp_path.glob("*.log"))
    log.write_bytes(log.read_bytes()[:10])
    second = Spool(tmp_path)
    second.append(b"new", AT)
    second.close()
    third = Spool(tmp_path)
    assert payloads(third) == [b"new"]
    third.close()


def test_a_second_opener_is_refused(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    with pytest.raises(OSError, match="another process has the spool"):
        Spool(tmp_path)
    spool.close()
    with pytest.raises(OSError, match="closed"):
        spool.append(b"too late", AT)
    Spool(tmp_path).close()


def test_a_disk_that_the_spool_itself_has_filled_is_free_again_when_the_broker_has_it_all(
    tmp_path: Path,
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no right to mount a small disk here")
    try:
        spool = Spool(disk / "spool", segment_bytes=10**9)
        for _ in range(3):
            stored = 0
            with pytest.raises(OSError, match="No space left"):
                while True:
                    spool.append(b"x" * 1000, AT)
                    stored += 1
            assert stored > 100
            assert len(spool.peek(9999)) == stored
            spool.acknowledge(spool.peek(9999)[-1].end)
            assert spool.depth == 0
        spool.append(b"the last", AT)
        spool.close()
        again = Spool(disk / "spool")
        assert [record.payload for record in again.peek(9)] == [b"the last"]
        again.close()
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)
