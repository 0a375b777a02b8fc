"""A worker of a chaos run: reports what its cameras see through the real spool and reporter.

It stands for ingest without its cameras. Like a camera's rule it goes on from what it knows to be
stored, and says again what it does not know to be: its progress is written after the spool has it.

    python -m tests.chaos.source '{"kafka": …, "prefix": …, "folder": …, "spool": …, …}'
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from itertools import islice
from pathlib import Path

from tests.chaos.facts import stream
from yitong_command.bus.producer import Producer
from yitong_command.bus.spool import Spool
from yitong_command.ingest.health import Health
from yitong_command.ingest.reporter import Reporter
from yitong_command.log import configure_logging

SEGMENT_BYTES = 64 * 1024
BEAT_S = 0.2


async def run(job: dict[str, object]) -> None:
    """Report until the file ``stop`` is there, then until the broker has everything."""
    folder, worker = Path(str(job["folder"])), str(job["worker"])
    health = Health()
    spool = Spool(Path(str(job["spool"])), SEGMENT_BYTES)
    producer = Producer(str(job["kafka"]), str(job["prefix"]), f"/yitong/chaos/{worker}")
    reporter = Reporter(spool, producer, worker, health)
    sending = asyncio.create_task(reporter.run())
    telling = asyncio.create_task(_tell(folder, spool, health))
    done = _progress(folder)
    begun = float(str(job["begun"]))
    for number, incident in enumerate(islice(stream(int(str(job["seed"])), worker), done, None)):
        due = begun + (done + number) / float(str(job["per_s"]))
        while time.time() < due and not (folder / "stop").exists():  # noqa: ASYNC110
            await asyncio.sleep(min(0.1, max(0.0, due - time.time())))
        await reporter.report(incident)
        while not reporter.all_spooled:  # noqa: ASYNC110 - the disk is full, nothing is confirmed
            await asyncio.sleep(0.05)
        _write(folder / "progress", str(done + number + 1))
        # Looked at last: what a killed worker had half said is said whole before anybody leaves.
        if (folder / "stop").exists():
            break
    while spool.depth:  # noqa: ASYNC110 - what is waited for has no event
        await asyncio.sleep(0.05)
    for task in (sending, telling):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    await producer.close()
    spool.close()
    _write(folder / "finished", str(_progress(folder)))


async def _tell(folder: Path, spool: Spool, health: Health) -> None:
    while True:
        _, report = health.report()
        _write(folder / "health.json", json.dumps(report | {"depth": spool.depth}))
        await asyncio.sleep(BEAT_S)


def _progress(folder: Path) -> int:
    try:
        return int((folder / "progress").read_text())
    except FileNotFoundError:
        return 0


def _write(path: Path, text: str) -> None:
    """Whole or not at all, also for a process that is killed meanwhile."""
    part = path.with_suffix(".part")
    part.write_text(text)
    part.replace(path)


if __name__ == "__main__":
    configure_logging(json=True, part="chaos")
    asyncio.run(run(json.loads(sys.argv[1])))
