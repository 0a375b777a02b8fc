"""The sensor desk by itself: retained messages, removed sensors, floods of garbage, lost links."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from yitong_command.bus.messages import DeadLetter, IncidentMessage, Message
from yitong_command.bus.producer import Outgoing
from yitong_command.bus.sensor_messages import SensorFaultMessage, SensorStateMessage
from yitong_command.bus.spool import Spool
from yitong_command.bus.wire import decode
from yitong_command.domain.sensor import FaultWord, SensorState
from yitong_command.ingest.health import Health
from yitong_command.ingest.reporter import Reporter
from yitong_command.ingest.sensor_desk import SensorDesk
from yitong_command.ingest.sensor_letters import PER_TOPIC
from yitong_command.ingest.sensor_memory import MemoryFile
from yitong_command.settings.sensors import SensorBook, load_sensors
from yitong_command.settings.taxonomy import load_taxonomy
from yitong_command.sources.mqtt import Arrived

CONFIG = Path(__file__).parents[3] / "config"
AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
S = timedelta(seconds=1)


class Nowhere:
    """A broker that takes everything."""

    def __init__(self) -> None:
        self.sent: list[Message] = []

    async def send_all(self, batch: list[Outgoing]) -> None:
        self.sent += [message for _, message, _ in batch if isinstance(message, Message)]

    async def close(self) -> None:
        """Nothing to close."""


class Room:
    """A desk with a clock that is set by hand."""

    def __init__(self, folder: Path, book: SensorBook, at: datetime = AT) -> None:
        self.now = at
        self.spool = Spool(folder / "spool")
        self.sender = Nowhere()
        self.health = Health()
        self.reporter = Reporter(self.spool, self.sender, "sensors-1", self.health)
        self.file = MemoryFile(folder / "memory.json")
        self.desk = SensorDesk(
            book, self.file, self.reporter, "sensors-1", self.health, lambda: self.now
        )
        self.desk.recall(self.file.load(), self.file.link_fault)

    async def hear(self, name: str, *, retained: bool = False, **fields: object) -> None:
        data = json.dumps(fields).encode()
        await self.desk.take(Arrived(f"yitong/sensors/{name}", data, retained))

    async def later(self, seconds: float) -> None:
        self.now += seconds * S
        await self.desk.tick()

    def incidents(self) -> list[IncidentMessage]:
        return [decode(IncidentMessage, record.payload) for record in self.spool.peek(100)]

    def newest(self, kind: type[Message]) -> list[Message]:
        waiting = self.reporter._newest.values()
        return [message for _, message, _ in waiting if isinstance(message, kind)]

    def state(self, name: str) -> SensorState:
        return self.desk.states()[name]

    def stop(self) -> None:
        content = self.file.take_news()
        if content is not None:
            self.file.write(content)
        self.spool.close()


@pytest.fixture(scope="module")
def book() -> SensorBook:
    return load_sensors(CONFIG, load_taxonomy(CONFIG / "taxonomy.yaml"))


async def test_a_change_reporting_sensor_opens_between_two_messages(
    tmp_path: Path, book: SensorBook
) -> None:
    room = Room(tmp_path, book)
    room.desk.link(True, "")
    await room.hear("manhole-001", tilt=40, n=1, time=AT.isoformat())
    await room.later(9)
    assert room.incidents() == []
    await room.later(2)
    (opened,) = room.incidents()
    assert (opened.began_at, opened.sensor_id) == (AT, "manhole-001")
    assert room.state("manhole-001") is SensorState.ALARM
    room.stop()


async def test_a_retained_message_of_unknown_age_is_not_even_a_sign_of_life(
    tmp_path: Path, book: SensorBook
) -> None:
    room = Room(tmp_path, book)
    room.desk.link(True, "")
    await room.hear("manhole-001", retained=True, tilt=40, n=1)
    old = (AT - timedelta(hours=3)).isoformat()
    await room.hear("manhole-001", retained=True, tilt=40, n=2, time=old)
    await room.later(1)
    assert room.state("manhole-001") is SensorState.WAITING
    await room.later(30)
    assert room.state("manhole-001") is SensorState.SILENT
    assert room.incidents() == []
    room.stop()


async def test_what_is_open_survives_a_restart_and_a_removed_sensor_is_cleared(
    tmp_path: Path, book: SensorBook
) -> None:
    room = Room(tmp_path, book)
    room.desk.link(True, "")
    await room.hear("manhole-001", tilt=40, n=1)
    await room.later(11)
    (opened,) = room.incidents()
    room.stop()
    again = Room(tmp_path, book, room.now + 60 * S)
    await again.desk.retire()
    assert len(again.incidents()) == 1, "still open, not opened again"
    again.stop()
    others = {name: one for name, one in book.sensors.items() if name != "manhole-001"}
    without = Room(tmp_path, replace(book, sensors=others), room.now + 120 * S)
    await without.desk.retire()
    _, cleared = without.incidents()
    assert cleared.incident_id == opened.incident_id
    assert (cleared.change, cleared.reason_en) == ("cleared", "no longer watched")
    without.stop()


async def test_a_lost_broker_is_one_fault_for_all_and_none_is_silent_by_itself(
    tmp_path: Path, book: SensorBook
) -> None:
    room = Room(tmp_path, book)
    room.desk.link(True, "")
    for name in ("manhole-001", "sewer-001"):
        await room.hear(name, tilt=1, object={"level": 30}, n=1, fCnt=1)
    room.desk.link(False, "127.0.0.1:1883: refused")
    for _ in range(40):
        await room.later(5)
    faults = [fault for fault in room.newest(SensorFaultMessage)]
    (lost,) = [fault for fault in faults if isinstance(fault, SensorFaultMessage)]
    assert lost.kind is FaultWord.LINK
    assert set(lost.sensors) == set(book.sensors)
    assert set(room.desk.states().values()) == {SensorState.SILENT}
    assert room.health.report()[0] is False
    room.desk.link(True, "")
    await room.later(1)
    assert set(room.desk.states().values()) == {SensorState.WAITING}, "nothing was heard yet"
    ended = [f for f in room.newest(SensorFaultMessage) if isinstance(f, SensorFaultMessage)]
    assert [f.fault_id for f in ended if f.ended_at] == [lost.fault_id]
    room.stop()


async def test_garbage_is_counted_dead_lettered_and_bounded(
    tmp_path: Path, book: SensorBook
) -> None:
    room = Room(tmp_path, book)
    for number in range(PER_TOPIC + 50):
        await room.hear("manhole-001", tilt="steep", n=number)
        await room.hear(f"unknown-{number}", value=1)
    letters = [one for one in room.newest(DeadLetter) if isinstance(one, DeadLetter)]
    own = [one for one in letters if one.source_topic.endswith("manhole-001")]
    assert len(own) == PER_TOPIC
    assert "manhole-001: tilt: " in own[0].reason
    assert len(letters) == 2 * PER_TOPIC + 50
    assert room.incidents() == []
    room.stop()


async def test_a_care_device_sends_its_state_and_nothing_of_its_person(
    tmp_path: Path, book: SensorBook
) -> None:
    room = Room(tmp_path, book)
    room.desk.link(True, "")
    await room.hear("home-water-001", total=417.2, battery=10)
    await room.later(1)
    (told,) = [
        message
        for message in room.newest(SensorStateMessage)
        if isinstance(message, SensorStateMessage) and message.sensor_id == "home-water-001"
    ]
    assert (told.state, told.value, told.place, told.name_zh) == (
        SensorState.NORMAL,
        None,
        None,
        "",
    )
    assert [fault.kind for fault in told.faults] == [FaultWord.BATTERY]
    assert "P-000982" not in told.model_dump_json()
    room.stop()


async def test_a_memory_that_can_not_be_read_is_begun_anew(
    tmp_path: Path, book: SensorBook
) -> None:
    (tmp_path / "memory.json").write_text("{torn", encoding="utf-8")
    room = Room(tmp_path, book)
    await room.later(1)
    assert set(room.desk.states().values()) == {SensorState.WAITING}
    room.stop()
