"""Incidents get to the broker once it is there, whatever the disk and the broker do."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from yitong_command.bus.ledger_messages import LedgerMessage
from yitong_command.bus.messages import (
    CameraStateMessage,
    DeadLetter,
    IncidentMessage,
    Message,
)
from yitong_command.bus.spool import Spool
from yitong_command.bus.topics import Topic
from yitong_command.domain.camera import Camera, CameraState
from yitong_command.domain.incident import Change, Incident, RuleChange
from yitong_command.domain.ledger import id_of
from yitong_command.errors import BrokerDown
from yitong_command.ingest import reporter as module
from yitong_command.ingest.evidence import make_incident
from yitong_command.ingest.health import Health
from yitong_command.ingest.reporter import Reporter


class Broker:
    """Keeps what it gets; refuses while it is down."""

    def __init__(self) -> None:
        self.down = False
        self.got: list[tuple[Topic, Message]] = []

    async def send_all(self, batch: list[tuple[Topic, Message, datetime]]) -> None:
        if self.down:
            raise BrokerDown("Kafka at nowhere: down")
        self.got += [(topic, message) for topic, message, _ in batch]

    async def close(self) -> None:
        pass

    def incidents(self) -> list[IncidentMessage]:
        return [message for _, message in self.got if isinstance(message, IncidentMessage)]

    def stated(self) -> list[str]:
        said = [message for _, message in self.got if isinstance(message, LedgerMessage)]
        return [entry.message_id for message in said for entry in message.captured]


class Full:
    """A spool on a full disk."""

    def __init__(self, spool: Spool) -> None:
        self.spool, self.full = spool, True

    def append(self, payload: bytes, at: datetime) -> None:
        if self.full:
            raise OSError(28, "the spool can't store: No space left on device")
        self.spool.append(payload, at)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.spool, name)


def incident(camera: Camera, kit: ModuleType, second: int) -> Incident:
    change = RuleChange(Change.OPENED, kit.at(second), kit.at(second + 15), reason=("停", "stood"))
    return make_incident(camera, camera.zones[0], change, (), "")


@contextlib.asynccontextmanager
async def running(reporter: Reporter) -> AsyncIterator[None]:
    task = asyncio.create_task(reporter.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(true: Any, timeout_s: float = 5.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not true():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)


@pytest.fixture
def spool(tmp_path: Path) -> Any:
    made = Spool(tmp_path / "spool")
    yield made
    made.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_WAIT_S", 0.02)
    monkeypatch.setattr(module, "RETRY_DISK_S", 0.05)


async def test_incidents_arrive_in_order_and_empty_the_spool(
    camera: Camera, kit: ModuleType, spool: Spool
) -> None:
    broker, health = Broker(), Health()
    reporter = Reporter(spool, broker, "w1", health)
    async with running(reporter):
        for n in range(5):
            await reporter.report(incident(camera, kit, n))
        await until(lambda: len(broker.incidents()) == 5 and spool.depth == 0)
    assert [message.began_at for message in broker.incidents()] == [kit.at(n) for n in range(5)]
    assert health.report()[0]


async def test_while_the_broker_is_down_incidents_wait_on_disk_and_health_says_so(
    camera: Camera, kit: ModuleType, spool: Spool
) -> None:
    broker, health = Broker(), Health()
    broker.down = True
    reporter = Reporter(spool, broker, "w1", health)
    async with running(reporter):
        await reporter.report(incident(camera, kit, 1))
        await until(lambda: not health.report()[0])
        assert spool.depth == 1
        broker.down = False
        await until(lambda: spool.depth == 0 and health.report()[0])
    assert len(broker.incidents()) == 1


async def test_on_a_full_disk_incidents_wait_in_memory_and_none_is_lost(
    camera: Camera, kit: ModuleType, spool: Spool
) -> None:
    broker, health, disk = Broker(), Health(), Full(spool)
    reporter = Reporter(disk, broker, "w1", health)  # type: ignore[arg-type]
    async with running(reporter):
        await reporter.report(incident(camera, kit, 1))
        await reporter.report(incident(camera, kit, 2))
        assert not reporter.all_spooled
        assert "No space left" in str(health.report()[1])
        disk.full = False
        await until(lambda: len(broker.incidents()) == 2)
    assert reporter.all_spooled
    assert [message.began_at for message in broker.incidents()] == [kit.at(1), kit.at(2)]
    assert health.report()[0]


async def test_only_the_newest_state_of_a_camera_is_sent(
    camera: Camera, kit: ModuleType, spool: Spool
) -> None:
    broker = Broker()
    reporter = Reporter(spool, broker, "w1", Health())
    for state in (CameraState.CONNECTING, CameraState.LIVE):
        reporter.camera_state(
            CameraStateMessage(camera_id="cam-1", state=state, since=kit.at(0), at=kit.at(1))
        )
    async with running(reporter):
        await until(lambda: broker.got)
    assert [message.state for _, message in broker.got] == [CameraState.LIVE]  # type: ignore[attr-defined]


async def test_a_record_that_is_no_incident_goes_to_the_dead_letters(
    camera: Camera, kit: ModuleType, spool: Spool
) -> None:
    spool.append(b'{"old": "format"}', kit.at(0))
    broker = Broker()
    reporter = Reporter(spool, broker, "w1", Health())
    async with running(reporter):
        await reporter.report(incident(camera, kit, 1))
        await until(lambda: spool.depth == 0)
    assert isinstance(broker.got[0][1], DeadLetter)
    assert len(broker.incidents()) == 1


async def test_what_was_captured_is_stated_before_the_spool_lets_go_of_it(
    camera: Camera, kit: ModuleType, spool: Spool
) -> None:
    broker = Broker()
    reporter = Reporter(spool, broker, "w1", Health())
    made = [incident(camera, kit, n) for n in range(3)]
    async with running(reporter):
        for item in made:
            await reporter.report(item)
        await until(lambda: spool.depth == 0)
    assert broker.stated() == [id_of(item) for item in made]


async def test_a_killed_worker_states_again_what_its_spool_still_holds(
    camera: Camera, kit: ModuleType, tmp_path: Path
) -> None:
    dead = Spool(tmp_path / "spool")
    item = incident(camera, kit, 1)
    await Reporter(dead, Broker(), "w1", Health()).report(item)
    dead.close()
    again, broker = Spool(tmp_path / "spool"), Broker()
    async with running(Reporter(again, broker, "w1", Health())):
        await until(lambda: again.depth == 0)
    again.close()
    assert broker.stated() == [id_of(item)]
    assert len(broker.incidents()) == 1


async def test_what_is_only_in_memory_is_on_the_ledger_all_the_same(
    camera: Camera, kit: ModuleType, spool: Spool
) -> None:
    broker, disk = Broker(), Full(spool)
    reporter = Reporter(disk, broker, "w1", Health())  # type: ignore[arg-type]
    item = incident(camera, kit, 1)
    async with running(reporter):
        await reporter.report(item)
        await until(broker.stated)
        assert broker.incidents() == []
    assert broker.stated() == [id_of(item)]
