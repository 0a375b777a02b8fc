"""Dead letters on a real broker: listed, shown, sent again, and linked when they fail again."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from typer.testing import CliRunner, Result

from streams.agents import records_of
from streams.dead_letters import bury, dead_letter
from yitong_command.bus.admin import ensure_topics
from yitong_command.bus.letters import REPLAY_HEADER
from yitong_command.bus.messages import DeadLetter
from yitong_command.bus.producer import Producer
from yitong_command.cli.app import app
from yitong_command.storage.audit import AuditFilter, list_rows
from yitong_command.storage.session import make_engine, make_sessions, transaction

pytestmark = pytest.mark.broker
AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@dataclass
class Office:
    """A broker with three dead letters, and a database."""

    kafka: str
    prefix: str
    data: Path
    producer: Producer

    async def run(self, *arguments: str) -> Result:
        env = {
            "YITONG_KAFKA": self.kafka, "YITONG_TOPIC_PREFIX": self.prefix,
            "YITONG_DATA": str(self.data), "COLUMNS": "200",
        }  # fmt: skip
        command = ["dead-letters", *arguments]
        return await asyncio.to_thread(CliRunner().invoke, app, command, env=env)

    async def listed(self, *arguments: str) -> list[dict[str, object]]:
        result = await self.run("list", "--json", *arguments)
        assert result.exit_code == 0, result.output
        return [json.loads(line) for line in result.stdout.splitlines()]

    async def incidents(self) -> list[tuple[bytes | None, bytes | None, dict[str, bytes]]]:
        consumer = AIOKafkaConsumer(bootstrap_servers=self.kafka, auto_offset_reset="earliest")
        await consumer.start()
        try:
            parts = [TopicPartition(f"{self.prefix}.incidents", number) for number in range(4)]
            consumer.assign(parts)
            ends = await consumer.end_offsets(parts)
            found = []
            for part in parts:
                while await consumer.position(part) < ends[part]:
                    records = await consumer.getmany(part, timeout_ms=1000)
                    found += records.get(part, [])
            return [(record.key, record.value, dict(record.headers)) for record in found]
        finally:
            await consumer.stop()


def letter(topic: str, value: bytes, reason: str, minutes: int = 0, **more: object) -> DeadLetter:
    return DeadLetter(
        source_topic=topic, partition=0, offset=7, key_b64=b64encode(b"key").decode(),
        value_b64=b64encode(value).decode(), reason=reason, at=AT + timedelta(minutes=minutes),
        **more,
    )  # fmt: skip


@pytest.fixture
async def office(kafka: str, tmp_path: Path) -> AsyncIterator[Office]:
    prefix = f"d{uuid4().hex[:8]}"
    await ensure_topics(kafka, prefix)
    producer = Producer(kafka, prefix, "/yitong/test")
    await bury(
        producer,
        [
            letter(f"{prefix}.incidents", b"\xff not JSON", "IncidentMessage: Invalid JSON"),
            letter(f"{prefix}.camera-states", b"{}", "camera_id: missing", 60),
            letter("spool", b"old", "IncidentMessage: old format", 120),
        ],
    )
    yield Office(kafka, prefix, tmp_path, producer)
    await producer.close()


async def test_they_are_listed_by_topic_reason_and_time(office: Office) -> None:
    assert [one["id"] for one in await office.listed()] == ["0-0", "0-1", "0-2"]
    assert [one["id"] for one in await office.listed("--topic", "incidents")] == ["0-0"]
    assert [one["id"] for one in await office.listed("--reason", "INCIDENTmessage")] == [
        "0-0",
        "0-2",
    ]
    assert [one["id"] for one in await office.listed("--since", "2026-11-23T01:30:00")] == [
        "0-1",
        "0-2",
    ]
    assert [one["id"] for one in await office.listed("--until", "2026-11-23T01:30:00")] == ["0-0"]
    shown = await office.run("list")
    assert "camera_id: missing" in shown.output
    assert "3 条" in shown.output


async def test_a_replay_is_the_original_bytes_once_marked_and_audited(office: Office) -> None:
    sent = await office.run("replay", "0-0", "--why", "解析已修好")
    assert sent.exit_code == 0, sent.output
    [(key, value, headers)] = await office.incidents()
    assert (key, value) == (b"key", b"\xff not JSON")
    assert headers == {REPLAY_HEADER: b"0-0"}
    again = await office.run("replay", "0-0")
    assert again.exit_code == 1
    assert "已重放过" in again.output
    assert len(await office.incidents()) == 1
    assert (await office.run("replay", "0-0", "--again")).exit_code == 0
    assert len(await office.incidents()) == 2
    engine = make_engine(f"sqlite+aiosqlite:///{office.data}/yitong.db")
    async with transaction(make_sessions(engine)) as session:
        rows = await list_rows(session, AuditFilter(action="dead_letter_replayed"))
    await engine.dispose()
    assert [row.object for row in rows] == ["0-0", "0-0"]
    assert {row.detail["reason"] for row in rows} == {"解析已修好", ""}


async def test_what_never_lay_on_a_topic_is_refused_and_nothing_goes_without_a_choice(
    office: Office,
) -> None:
    refused = await office.run("replay", "0-2", "0-9")
    assert refused.exit_code == 1
    assert "不是来自主题" in refused.output
    assert "没有这条 / there is none: 0-9" in refused.output
    assert (await office.run("replay")).exit_code == 2
    assert (await office.run("show", "0-9")).exit_code == 2
    assert await office.incidents() == []


async def test_one_that_fails_again_names_the_first(office: Office) -> None:
    assert (await office.run("replay", "--reason", "Invalid JSON")).exit_code == 0
    consumer = AIOKafkaConsumer(bootstrap_servers=office.kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        parts = [TopicPartition(f"{office.prefix}.incidents", number) for number in range(4)]
        consumer.assign(parts)
        record = await consumer.getone()
    finally:
        await consumer.stop()

    class Event:  # as Faust hands a record over
        message = record

    [taken] = records_of([Event()])
    await bury(office.producer, [dead_letter(taken, "IncidentMessage: Invalid JSON", AT)])
    last = (await office.listed())[-1]
    assert (last["id"], last["replay_of"]) == ("0-3", "0-0")
    shown = json.loads((await office.run("show", "0-0")).stdout)
    assert shown["failed_again_as"] == ["0-3"]
    assert shown["replayed_at"]
    assert shown["value"] == "\\xff not JSON"
