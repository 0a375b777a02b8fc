"""The relay without Kafka: in order, by one worker, and not lost when sending fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from streams import relay as relay_module
from streams import retry
from streams.relay import LONG_AGO, Relay
from tests.kit import AT, county, incident
from yitong_command.bus.messages import AlertMessage, DeadLetter, Message
from yitong_command.bus.topics import Topic
from yitong_command.errors import BrokerDown
from yitong_command.storage import outbox
from yitong_command.storage import tables as t
from yitong_command.storage.intake import take_incidents
from yitong_command.storage.migrate import upgrade
from yitong_command.storage.session import make_engine, make_readers, make_sessions, transaction


class Outgoing:
    """Stands for the producer."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.failures = 0
        self.closed = 0
        self.takes_s = 0.0

    async def send_all(self, batch: list[tuple[Topic, Message, Any]]) -> None:
        await asyncio.sleep(self.takes_s)
        if self.failures:
            self.failures -= 1
            raise BrokerDown("away")
        self.sent += [message for _, message, _ in batch]

    async def close(self) -> None:
        self.closed += 1


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    url = f"sqlite+aiosqlite:///{tmp_path}/yitong.db"
    upgrade(url)
    engine = make_engine(url)
    yield engine
    await engine.dispose()


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_S", 0.001)


def make_relay(engine: AsyncEngine, outgoing: Outgoing, worker: str = "w") -> Relay:
    return Relay(make_sessions(engine), make_readers(engine), outgoing, worker)  # type: ignore[arg-type]


async def fill(engine: AsyncEngine, minutes: int = 0) -> None:
    async with transaction(make_sessions(engine)) as session:
        await take_incidents(session, [incident(minutes=minutes)], county(), AT)


async def test_each_message_is_sent_once_and_in_order(engine: AsyncEngine) -> None:
    outgoing = Outgoing()
    relay = make_relay(engine, outgoing)
    for minutes in (0, 20, 40):
        await fill(engine, minutes)
    assert await relay.send_once() == 6
    assert await relay.send_once() == 0
    alerts = [message for message in outgoing.sent if isinstance(message, AlertMessage)]
    assert [alert.repeats for alert in alerts] == [0, 1, 2]


async def test_a_second_relay_waits_for_the_lease(engine: AsyncEngine) -> None:
    one, two = Outgoing(), Outgoing()
    first, second = make_relay(engine, one), make_relay(engine, two, "v")
    await fill(engine)
    await first.send_once()
    await fill(engine, 20)
    assert await second.send_once() == 0
    assert (first.has_lease, second.has_lease) == (True, False)
    async with transaction(make_sessions(engine)) as session:
        await session.execute(update(t.relay_lease).values(expires_at=LONG_AGO))
    assert await second.send_once() == 2
    assert len(two.sent) == 2


async def test_a_slow_broker_does_not_cost_the_lease(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "HOLD_S", 0.8)
    one, two = Outgoing(), Outgoing()
    one.takes_s = 1.6
    first, second = make_relay(engine, one), make_relay(engine, two, "v")
    await fill(engine)
    sending = asyncio.create_task(first.send_once())
    await asyncio.sleep(1.3)
    assert first.has_lease, "the first lease ran out half a second ago"
    assert await second.send_once() == 0
    assert (await sending, len(one.sent), len(two.sent)) == (2, 2, 0)


async def test_a_broker_that_is_away_is_waited_for_and_nothing_is_lost(
    engine: AsyncEngine,
) -> None:
    outgoing = Outgoing()
    outgoing.failures = 3
    relay = make_relay(engine, outgoing)
    await fill(engine)
    task = asyncio.create_task(relay.run())
    for _ in range(300):
        if len(outgoing.sent) == 2 and relay.problem is None:
            break
        await asyncio.sleep(0.01)
    assert (len(outgoing.sent), outgoing.closed, relay.problem) == (2, 3, None)
    await fill(engine, 20)
    relay.kick()
    for _ in range(300):
        if len(outgoing.sent) == 4:
            break
        await asyncio.sleep(0.01)
    assert len(outgoing.sent) == 4
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with transaction(make_sessions(engine)) as session:
        assert await outbox.take_lease(session, "next", AT, 4)


async def test_a_row_that_is_no_message_does_not_stop_those_behind_it(engine: AsyncEngine) -> None:
    outgoing = Outgoing()
    await fill(engine)
    async with transaction(make_sessions(engine)) as session:
        first = (await outbox.waiting(session, 1))[0]
        broken = update(t.outbox).where(t.outbox.c.id == first.id).values(payload={"half": True})
        await session.execute(broken)
    assert await make_relay(engine, outgoing).send_once() == 2
    letter, alert = outgoing.sent
    assert isinstance(letter, DeadLetter)
    assert (letter.source_topic, letter.offset) == ("outbox", first.id)
    assert isinstance(alert, AlertMessage)


async def test_a_relay_that_can_not_finish_does_not_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "CLOSE_S", 0.01)
    cut_off = False

    async def never() -> None:
        nonlocal cut_off
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cut_off = True
            raise

    await relay_module._within(never)
    assert cut_off
