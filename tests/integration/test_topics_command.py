"""`yitong topics`, CloudEvents and the example consumers against a real broker."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
from cloudevents.core.formats.json import JSONFormat
from typer.testing import CliRunner, Result

from streams.dead_letters import Record, bury, dead_letter
from tests.conftest import free_port
from yitong_command.bus.admin import ensure_topics
from yitong_command.bus.contract.samples import SAMPLE_AT, sample
from yitong_command.bus.messages import Tombstone
from yitong_command.bus.producer import Producer
from yitong_command.bus.topics import ALERTS, CAMERA_STATES, CAMERAS, CASES, TOPICS
from yitong_command.bus.wire import event_type
from yitong_command.cli import options
from yitong_command.cli.app import app

pytestmark = [pytest.mark.broker, pytest.mark.timeout(120)]
ROOT = Path(__file__).parents[2]
CONSUMERS = ROOT / "streams/examples/consumers"
MODULES = ROOT / "src/console/node_modules"


@pytest.fixture(scope="module")
def prefix(kafka: str) -> str:
    """A prefix whose topics were made just now, with every sample in them twice."""
    name = f"t{uuid4().hex[:8]}"
    asyncio.run(ensure_topics(kafka, name))
    asyncio.run(send(kafka, name))
    asyncio.run(send(kafka, name))
    return name


async def send(kafka: str, prefix: str) -> None:
    """One sample to every topic, and the removal of a camera."""
    producer = Producer(kafka, prefix, "/yitong/test")
    try:
        batch = [(topic, sample(topic), SAMPLE_AT) for topic in TOPICS.values()]
        gone = Tombstone(key="cam-009", model=CAMERAS.payload)
        await producer.send_all([*batch, (CAMERAS, gone, SAMPLE_AT)])
        record = Record(f"{prefix}.incidents", 0, 7, b"k", b"not JSON")
        await bury(producer, [dead_letter(record, "no JSON", datetime.now(UTC))])
    finally:
        await producer.close()


async def everything(kafka: str, name: str) -> list[KafkaMessage]:
    """All records of a topic in the form of the CloudEvents library."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka)
    await consumer.start()
    try:
        parts = [TopicPartition(name, p) for p in await partitions(kafka, name)]
        consumer.assign(parts)
        ends = await consumer.end_offsets(parts)
        for part, first in (await consumer.beginning_offsets(parts)).items():
            consumer.seek(part, first)
        found = []
        while len(found) < sum(ends.values()):
            for batch in (await consumer.getmany(timeout_ms=500)).values():
                found += [KafkaMessage(dict(r.headers), r.key, r.value) for r in batch]
        return found
    finally:
        await consumer.stop()


async def partitions(kafka: str, name: str) -> list[int]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        described = (await admin.describe_topics([name]))[0]
    finally:
        await admin.close()
    return [part["partition"] for part in described["partitions"]]


def run(kafka: str, prefix: str, *arguments: str) -> Result:
    env = {"YITONG_TOPIC_PREFIX": prefix, "COLUMNS": "200"}
    with pytest.MonkeyPatch.context() as patch:
        # Logging is a process's own: this one's must not go to the runner's streams.
        patch.setattr(options, "configure_logging", lambda **_: None)
        return CliRunner().invoke(app, ["topics", *arguments, "--kafka", kafka], env=env)


async def make_odd_topics(kafka: str, prefix: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    odd = {"retention.ms": "60000"}
    await admin.create_topics(
        [
            NewTopic(f"{prefix}.cases", 2, 1, topic_configs=odd),
            NewTopic(f"{prefix}.camera-states", CAMERA_STATES.partitions, 1),
        ]
    )
    await admin.close()


async def send_nonsense(kafka: str, name: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    await producer.send_and_wait(name, b'{"case_id": 7}', key=b"odd")
    await producer.stop()


async def test_every_message_is_a_cloud_event_to_another_library(kafka: str, prefix: str) -> None:
    for topic in TOPICS.values():
        raw = await everything(kafka, f"{prefix}.{topic.name}")
        assert len(raw) >= 2
        ids = []
        for message in raw:
            headers = {name: value.decode() for name, value in message.headers.items()}
            if message.value is None:
                assert headers["ce_type"] == event_type(topic.payload)
                assert headers["ce_subject"] == "cam-009"
                assert "content-type" not in headers
                continue
            event = from_binary_event(message, JSONFormat())
            assert event.get_specversion() == "1.0"
            assert event.get_type() == event_type(topic.payload)
            assert event.get_source() == "/yitong/test"
            assert event.get_subject()
            assert event.get_time().tzinfo is not None
            assert event.get_datacontenttype() == "application/json"
            assert event.get_data() == json.loads(message.value)
            ids.append(event.get_id())
        assert len(set(ids)) < len(ids), "what is sent again keeps its id"


def test_the_list_has_every_topic_and_what_is_in_it(kafka: str, prefix: str) -> None:
    result = run(kafka, prefix, "list")
    assert result.exit_code == 0, result.output
    lines = {line.split()[0]: line for line in result.output.splitlines() if line.strip()}
    assert {f"{prefix}.{name}" for name in TOPICS} <= set(lines)
    assert lines[f"{prefix}.cases"].split()[-2:] == ["2", "-"]
    assert lines[f"{prefix}.dead-letters"].split()[-2:] == ["4", "-"]


def test_create_says_what_it_made_and_what_differs(kafka: str) -> None:
    prefix = f"t{uuid4().hex[:8]}"
    asyncio.run(make_odd_topics(kafka, prefix))
    first = run(kafka, prefix, "create")
    assert first.exit_code == 0, first.output
    assert first.output.count("created: ") == len(TOPICS) - 2
    assert f"differs: {prefix}.cases: 分区 2, 应为 {CASES.partitions}" in first.output
    assert "60000" in first.output
    assert f"differs: {prefix}.camera-states: 清理策略 delete" in first.output
    second = run(kafka, prefix, "create")
    assert "created" not in second.output
    assert second.output.count("there: ") == len(TOPICS) - 2
    assert len(asyncio.run(partitions(kafka, f"{prefix}.cases"))) == 2


def test_tail_prints_what_is_there_and_why_something_is_not(kafka: str, prefix: str) -> None:
    asyncio.run(send_nonsense(kafka, f"{prefix}.cases"))
    tail = ("tail", "cases", "--from", "beginning")
    found = run(kafka, prefix, *tail, "--count", "3", "--json")
    assert found.exit_code == 0, found.output
    lines = {line["key"]: line for line in map(json.loads, found.stdout.splitlines())}
    own = sample(CASES)
    assert lines[own.key]["value"] == own.model_dump(mode="json")
    assert lines[own.key]["headers"]["ce_subject"] == own.key
    assert lines["odd"]["value"] is None
    assert "CaseMessage: " in lines["odd"]["problem"]
    assert lines["odd"]["raw"] == '{"case_id": 7}'
    one = run(kafka, prefix, *tail, "--until-end", "--key", own.key)
    gone = run(kafka, prefix, "tail", "cameras", "--from", "beginning", "--until-end")
    assert own.title_zh in one.output  # type: ignore[attr-defined]
    assert "odd" not in one.output
    assert "cam-009" in gone.output
    assert "removed" in gone.output


async def test_tail_from_now_prints_only_what_comes(kafka: str, prefix: str) -> None:
    env = os.environ | {"YITONG_TOPIC_PREFIX": prefix, "PYTHONUNBUFFERED": "1"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "yitong_command", "topics", "tail", "alerts", "--json",
        "--kafka", kafka, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    later = sample(ALERTS).model_copy(update={"title_zh": "后来的"})
    producer = Producer(kafka, prefix, "/yitong/test")
    reading = asyncio.ensure_future(process.stdout.readline())
    while not reading.done():
        await producer.send(ALERTS, later, SAMPLE_AT)
        await asyncio.wait([reading], timeout=0.5)
    await producer.close()
    assert json.loads(reading.result())["value"]["title_zh"] == "后来的"
    process.send_signal(signal.SIGINT)
    await process.communicate()
    assert process.returncode == 0


def test_a_broker_that_is_down_is_said() -> None:
    address = f"127.0.0.1:{free_port()}"
    made = run(address, "x", "create")
    read = run(address, "x", "tail", "cases", "--count", "1")
    listed = run(address, "x", "list")
    for result in (made, read):
        assert result.exit_code == 2, result.output
        assert address in result.stderr
        assert "Traceback" not in result.stderr
    assert listed.exit_code == 0
    assert address in listed.output
    assert all(f"x.{name}" in listed.output for name in TOPICS)


def test_a_topic_that_was_not_made_is_not_made_by_reading(kafka: str) -> None:
    prefix = f"t{uuid4().hex[:8]}"
    result = run(kafka, prefix, "tail", "cases", "--from", "beginning", "--until-end")
    assert result.exit_code == 2
    assert "yitong topics create" in result.output
    assert (run(kafka, prefix, "create")).output.count("created: ") == len(TOPICS)


async def first_line(*command: str | Path, cwd: Path) -> str:
    """What a program prints first; then it is asked to stop, and must."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            line = await process.stdout.readline()
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()
    assert line, errors.decode()
    assert process.returncode == 0, errors.decode()
    return line.decode()


async def test_the_python_consumer_reads_alerts_once(
    kafka: str, prefix: str, tmp_path: Path
) -> None:
    line = await first_line(sys.executable, CONSUMERS / "alerts.py", kafka, prefix, cwd=tmp_path)
    assert json.loads(line)["case_id"] == sample(ALERTS).key


async def test_the_node_consumer_knows_every_camera(
    kafka: str, prefix: str, tmp_path: Path
) -> None:
    node = shutil.which("node", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if node is None or not (MODULES / "@platformatic/kafka").is_dir():
        pytest.skip("no Node, or its packages are not there: make setup-dev; npm ci")
    shutil.copy(CONSUMERS / "cameras.mjs", tmp_path)
    (tmp_path / "node_modules").symlink_to(MODULES)
    line = await first_line(node, "cameras.mjs", kafka, prefix, cwd=tmp_path)
    assert json.loads(line) == {"cam-001": "live"}
