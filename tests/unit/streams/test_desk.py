"""The desk without Kafka: every record is stored or a dead letter, whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from streams import desk as desk_module
from streams import retry
from streams.dead_letters import Record
from streams.desk import Desk
from tests.kit import county, incident
from yitong_command.bus.messages import DeadLetter, IncidentMessage, Message
from yitong_command.bus.topics import DEAD_LETTERS, Topic
from yitong_command.bus.wire import encode
from yitong_command.domain.camera import Camera
from yitong_command.domain.geometry import Place
from yitong_command.domain.incident import Incident
from yitong_command.errors import BrokerDown, DatabaseDown
from yitong_command.storage import tables as t
from yitong_command.storage.intake import take_incidents
from yitong_command.storage.migrate import upgrade
from yitong_command.storage.session import Sessions, make_engine, make_sessions, transaction


class Outgoing:
    """Stands for the producer: keeps what it is given, and fails as often as it is told."""

    def __init__(self, failures: int = 0) -> None:
        self.sent: list[DeadLetter] = []
        self._failures = failures

    async def send_all(self, batch: list[tuple[Topic, Message, Any]]) -> None:
        if self._failures:
            self._failures -= 1
            raise BrokerDown("away")
        for topic, message, _ in batch:
            assert topic is DEAD_LETTERS
            assert isinstance(message, DeadLetter)
            self.sent.append(message)


class Poisoned(dict[str, Camera]):
    """Cameras of which one makes the code fail in a way nobody foresaw."""

    def get(self, key: str, default: Any = None) -> Any:
        if key == "cam-666":
            raise ZeroDivisionError("nobody foresaw this")
        return super().get(key, default)


@pytest.fixture
async def sessions(tmp_path: Path) -> AsyncIterator[Sessions]:
    url = f"sqlite+aiosqlite:///{tmp_path}/yitong.db"
    upgrade(url)
    engine = make_engine(url)
    yield make_sessions(engine)
    await engine.dispose()


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_S", 0.001)


def record(item: Incident | bytes | None, offset: int = 0) -> Record:
    value = encode(IncidentMessage.of(item, "w")) if isinstance(item, Incident) else item
    return Record("t.incidents", 0, offset, b"k", value)


def make_desk(sessions: Sessions, outgoing: Outgoing, kicks: list[int] | None = None) -> Desk:
    where = replace(county(), cameras=Poisoned(county().cameras))
    done = (lambda: kicks.append(1)) if kicks is not None else (lambda: None)
    return Desk(sessions, where, outgoing, done)  # type: ignore[arg-type]


async def count(sessions: Sessions) -> int:
    async with transaction(sessions) as session:
        return int(await session.scalar(select(func.count()).select_from(t.incidents)) or 0)


async def test_one_bad_incident_costs_nobody_else_their_case(sessions: Sessions) -> None:
    outgoing, kicks = Outgoing(), list[int]()
    good = [incident(f"cam-{n:03d}/main/x") for n in range(6)]
    bad = incident("cam-666/main/x", place=Place(125.31, 43.35))
    batch = [record(item, n) for n, item in enumerate([*good[:3], bad, *good[3:]])]
    await make_desk(sessions, outgoing, kicks).take(batch)
    assert await count(sessions) == 6
    (letter,) = outgoing.sent
    assert (letter.offset, letter.reason) == (3, "ZeroDivisionError: nobody foresaw this")
    assert kicks


async def test_what_can_not_be_read_or_is_refused_is_kept_with_its_reason(
    sessions: Sessions,
) -> None:
    outgoing = Outgoing(failures=3)
    people = replace(incident(), category="kp_elder_alone.water_low")
    await make_desk(sessions, outgoing).take(
        [record(None, 1), record(b"\xff", 2), record(people, 3), record(incident(), 4)]
    )
    assert await count(sessions) == 1
    assert [letter.offset for letter in outgoing.sent] == [1, 2, 3]
    assert "重点人群" in outgoing.sent[2].reason
    assert outgoing.sent[0].key_b64 == "aw=="


async def test_a_database_that_is_away_is_waited_for(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = 0

    async def sometimes(*args: Any) -> Any:
        nonlocal tries
        tries += 1
        if tries < 4:
            raise DatabaseDown("away")
        return await take_incidents(*args)

    monkeypatch.setattr(desk_module, "take_incidents", sometimes)
    outgoing = Outgoing()
    await make_desk(sessions, outgoing).take([record(incident())])
    assert (tries, await count(sessions), outgoing.sent) == (4, 1, [])


async def test_who_loses_a_race_tries_again_and_finds_the_case(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = 0

    async def beaten_once(*args: Any) -> Any:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise IntegrityError("insert", {}, Exception("open_key"))
        return await take_incidents(*args)

    monkeypatch.setattr(desk_module, "take_incidents", beaten_once)
    await make_desk(sessions, Outgoing()).take([record(incident())])
    assert (tries, await count(sessions)) == (2, 1)


async def test_a_batch_cut_off_while_it_waits_is_not_taken(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: Any) -> Any:
        raise DatabaseDown("away")

    monkeypatch.setattr(desk_module, "take_incidents", never)
    task = asyncio.create_task(make_desk(sessions, Outgoing()).take([record(incident())]))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_waiting_grows_but_not_for_ever() -> None:
    waits = [retry.back_off(tries) for tries in range(40)]
    assert all(0 < wait <= retry.LONGEST_S for wait in waits)
