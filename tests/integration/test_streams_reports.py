"""Reports through a real Kafka: a worker killed midway loses none and doubles none."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import free_port
from tests.integration.test_storage_reports import HERE, report
from tests.integration.test_streams_route import (
    Worksite,
    outbox_is_empty,
    read_all,
    running,
    wait_until,
)
from tests.kit import AT
from yitong_command.bus.admin import ensure_topics
from yitong_command.bus.messages import AlertMessage, DeadLetter
from yitong_command.bus.producer import Producer
from yitong_command.bus.report_messages import ReportMessage
from yitong_command.bus.topics import REPORTS
from yitong_command.bus.wire import decode
from yitong_command.domain.geometry import Place
from yitong_command.domain.report import Report, ReportKind

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]
NUMBERS = 40


def stream() -> list[Report]:
    """Forty numbers 800 m apart, each said, corrected and every fourth withdrawn; all twice."""
    reports = []
    for number in range(NUMBERS):
        place = Place(HERE.lon + number % 8 * 0.01, HERE.lat + number // 8 * 0.01)
        said: dict[str, Any] = {
            "place": place,
            "address": "",
            "reported_at": AT + timedelta(seconds=number),
        }
        reports += [
            report(f"GD-{number}", **said),
            report(f"GD-{number}", 1, kind=ReportKind.UPDATE, **said),
        ]
        if number % 4 == 0:
            reports.append(report(f"GD-{number}", 2, kind=ReportKind.WITHDRAWN, **said))
    return [*reports, *reports]


async def test_reports_survive_a_killed_worker(kafka: str, tmp_path: object) -> None:
    here = Worksite(kafka, f"t{uuid4().hex[:8]}", tmp_path, free_port())  # type: ignore[arg-type]
    await ensure_topics(here.kafka, here.prefix)
    producer = Producer(here.kafka, here.prefix, "/test")
    refused = report("GD-99", category="ar_manhole.no_such_thing")
    batch = [*stream(), refused]
    try:
        with running(here) as process:
            half = len(batch) // 2
            await producer.send_all(
                [(REPORTS, ReportMessage.of(item), AT) for item in batch[:half]]
            )
            await asyncio.to_thread(
                wait_until, lambda: here.rows("SELECT count(*) > 5 FROM reports") == [(1,)], 40
            )
            process.kill()
            process.wait()
        with running(here):
            await producer.send_all(
                [(REPORTS, ReportMessage.of(item), AT) for item in batch[half:]]
            )
            decided = "SELECT count(*) FROM reports WHERE outcome IS NOT NULL"
            await asyncio.to_thread(
                wait_until, lambda: here.rows(decided) == [(len(stream()) // 2,)], 60
            )
            await asyncio.to_thread(wait_until, lambda: outbox_is_empty(here), 30)
            assert await refusals(here) == {"没有这个类别"}
    finally:
        await producer.close()
    assert here.rows("SELECT count(*), count(DISTINCT open_key) FROM cases") == [(NUMBERS, NUMBERS)]
    assert here.rows("SELECT count(*) FROM cases WHERE condition = 'cleared'") == [(NUMBERS // 4,)]
    alerts = {decode(AlertMessage, value).change_id: decode(AlertMessage, value)
              for value in await read_all(here, "alerts")}  # fmt: skip
    changes = [alert.change for alert in alerts.values()]
    assert (changes.count("opened"), changes.count("cleared")) == (NUMBERS, NUMBERS // 4)


async def refusals(here: Worksite) -> set[str]:
    """Why records were put aside; the last one may still be on its way."""
    for _ in range(100):
        letters = [decode(DeadLetter, value) for value in await read_all(here, "dead-letters")]
        if letters:
            return {letter.reason.split(" / ")[0] for letter in letters}
        await asyncio.sleep(0.1)
    return set()
