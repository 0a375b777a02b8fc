"""Camera states from Kafka records to faults in the outbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from streams.camera_desk import CameraDesk
from streams.dead_letters import Record
from tests.kit import AT, county
from yitong_command.bus.messages import CameraStateMessage, DeadLetter
from yitong_command.bus.wire import encode
from yitong_command.domain.camera import CameraState
from yitong_command.storage import faults
from yitong_command.storage.known_cameras import KnownCameras
from yitong_command.storage.migrate import upgrade
from yitong_command.storage.session import Sessions, make_engine, make_sessions, transaction


@dataclass
class Relay:
    """Counts kicks."""

    problem: str | None = None
    kicks: int = 0

    def kick(self) -> None:
        self.kicks += 1


@dataclass
class Sender:
    """Keeps what it is given."""

    letters: list[DeadLetter] = field(default_factory=list)

    async def send_all(self, batch: Any) -> None:
        self.letters += [message for _, message, _ in batch]


@pytest.fixture
async def parts(tmp_path: Path) -> Any:
    url = f"sqlite+aiosqlite:///{tmp_path}/yitong.db"
    upgrade(url)
    engine = make_engine(url)
    sessions: Sessions = make_sessions(engine)
    relay, sender = Relay(), Sender()
    desk = CameraDesk(
        sessions, sender, KnownCameras(sessions, county().cameras), relay, "route-1"  # type: ignore[arg-type]
    )  # fmt: skip
    yield desk, sessions, relay, sender
    await engine.dispose()


def record(camera_id: str, state: CameraState, since: float, told: float) -> Record:
    message = CameraStateMessage(
        camera_id=camera_id, state=state, since=AT + timedelta(seconds=since),
        at=AT + timedelta(seconds=told), worker="worker-1",
    )  # fmt: skip
    return Record("camera-states", 0, 0, camera_id.encode(), encode(message))


async def open_faults(sessions: Sessions) -> list[tuple[str, str, int]]:
    async with transaction(sessions) as session:
        found = await faults.list_faults(session, open_only=True)
    return [(one.kind, one.name, len(one.cameras)) for one in found]


async def test_a_switch_of_the_county_is_one_fault_and_garbage_a_dead_letter(parts: Any) -> None:
    desk, sessions, relay, sender = parts
    switch = county().cameras["cam-001"].switch
    members = [c for c, camera in county().cameras.items() if camera.switch == switch]
    assert len(members) > 2
    await desk.take(
        [Record("camera-states", 0, 7, b"x", b"{"), Record("camera-states", 0, 8, b"x", None)]
    )
    assert [letter.offset for letter in sender.letters] == [7]
    await desk.take([record(c, CameraState.LIVE, 0, 0) for c in county().cameras])
    assert await desk.fold_once(AT + timedelta(seconds=1)) == 0
    await desk.take([record(c, CameraState.OFF, 10 + i, 16 + i) for i, c in enumerate(members)])
    assert await desk.fold_once(AT + timedelta(seconds=20)) == 1
    assert await open_faults(sessions) == [("switch", switch, len(members))]
    assert relay.kicks == 1
    await desk.take([record("gone-1", CameraState.OFF, 0, 0)])
    assert await desk.fold_once(AT + timedelta(seconds=40)) == 0


async def test_a_dead_worker_is_one_fault_within_a_minute(parts: Any) -> None:
    desk, sessions, _, _ = parts
    await desk.take([record(c, CameraState.LIVE, 0, i) for i, c in enumerate(county().cameras)])
    assert await desk.fold_once(AT + timedelta(seconds=59)) == 0
    assert await desk.fold_once(AT + timedelta(seconds=70)) == 1
    assert await open_faults(sessions) == [("worker", "worker-1", len(county().cameras))]
    await desk.take([record(c, CameraState.LIVE, 0, 90) for c in county().cameras])
    await desk.fold_once(AT + timedelta(seconds=92))
    assert await open_faults(sessions) == []
