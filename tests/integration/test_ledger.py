"""The ledger: three counts of the same messages, alarms that name source and hour, and end."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer

from streams.counting import count
from streams.ledger import TOPICS, LedgerKeeper
from streams.relay import Relay
from tests.kit import AT, county, incident
from yitong_command.bus.admin import ensure_topics
from yitong_command.bus.ledger_messages import LedgerAlarmMessage
from yitong_command.bus.messages import DeadLetter, IncidentMessage
from yitong_command.bus.positioned import PositionedReader, Raw
from yitong_command.bus.producer import Producer
from yitong_command.bus.tally import Tally
from yitong_command.bus.topics import DEAD_LETTERS, INCIDENTS, LEDGER
from yitong_command.bus.wire import encode
from yitong_command.domain.incident import Incident
from yitong_command.domain.ledger import Difference, Missing, hour_of, id_of
from yitong_command.storage import ledger, outbox
from yitong_command.storage.intake import take_incidents
from yitong_command.storage.ledger import Entry
from yitong_command.storage.session import Sessions, transaction

GRACE = timedelta(seconds=120)
NOW = AT + timedelta(minutes=30)
FAR = "elsewhere/main/lane"


class Books:
    """The ledger by hand, on a database."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        producer = Producer("127.0.0.1:9", "x", "/test")
        relay = Relay(sessions, sessions, producer, "w1")
        reader = PositionedReader("127.0.0.1:9", "x", TOPICS)
        self.keeper = LedgerKeeper(sessions, reader, relay, "w1", "x.incidents", GRACE)
        self.keeper._arrived = NOW + timedelta(days=1)

    async def say(self, name: str, *incidents: Incident, at: datetime = NOW) -> None:
        async with transaction(self.sessions) as session:
            for item in incidents:
                entry = Entry(id_of(item), item.source, hour_of(item.changed_at), "w1")
                await getattr(ledger, name)(session, [entry], at)

    async def case(self, *incidents: Incident) -> None:
        async with transaction(self.sessions) as session:
            await take_incidents(session, list(incidents), county(), NOW)

    async def rows(self) -> list[ledger.LedgerRow]:
        async with transaction(self.sessions) as session:
            return list(await ledger.rows(session, AT - GRACE, NOW + timedelta(hours=9)))

    async def alarms(self) -> list[tuple[str, int, bool]]:
        async with transaction(self.sessions) as session:
            found = await ledger.alarms(session, open_only=False)
        return [(a.missing.alarm_id, a.missing.count, a.ended_at is None) for a in found]


@pytest.fixture
def books(sessions: Sessions) -> Books:
    return Books(sessions)


async def test_all_three_agree_and_nothing_is_said(books: Books) -> None:
    made = [incident(minutes=1), incident(FAR, minutes=2), incident(minutes=1, change="cleared")]
    for name in ("captured", "delivered"):
        await books.say(name, *made)
    await books.case(*made)
    assert await books.keeper.check(NOW + GRACE * 2) == 0
    assert [(r.captured, r.delivered, r.cased, r.dead) for r in await books.rows()] == [
        (1, 1, 1, 0), (2, 2, 2, 0),
    ]  # fmt: skip
    assert await books.alarms() == []


async def test_a_loss_on_the_way_is_an_alarm_after_its_grace_and_ends_when_it_arrives(
    books: Books,
) -> None:
    lost = incident(minutes=1)
    await books.say("captured", lost)
    assert await books.keeper.check(NOW + GRACE / 2) == 0
    assert await books.keeper.check(NOW + GRACE * 2) == 1
    assert await books.keeper.check(NOW + GRACE * 3) == 0
    assert await books.alarms() == [("camera_ai/2026-11-23T01/not_delivered", 1, True)]
    await books.say("delivered", lost)
    await books.case(lost)
    assert await books.keeper.check(NOW + GRACE * 4) == 1
    assert await books.alarms() == [("camera_ai/2026-11-23T01/not_delivered", 1, False)]
    async with transaction(books.sessions) as session:
        told = [row for row in await outbox.waiting(session, 99) if row.topic == "ledger-alarms"]
    messages = [LedgerAlarmMessage.model_validate(row.payload) for row in told]
    assert [m.state for m in messages] == ["open", "cleared"]
    assert "camera_ai" in messages[0].reason_zh
    assert "2026-11-23 09:00" in messages[0].reason_en


async def test_what_arrived_and_became_no_case_is_an_alarm_unless_it_is_a_dead_letter(
    books: Books,
) -> None:
    skipped, dead = incident(minutes=1), incident(FAR, minutes=1)
    for name in ("captured", "delivered"):
        await books.say(name, skipped, dead)
    await books.say("dead", dead)
    await books.keeper.check(NOW + GRACE * 2)
    assert await books.alarms() == [("camera_ai/2026-11-23T01/not_cased", 1, True)]
    async with transaction(books.sessions) as session:
        (alarm,) = await ledger.alarms(session)
        assert await ledger.examples(session, alarm.missing) == (id_of(skipped),)


async def test_what_nobody_captured_is_missed_only_once_its_source_states_what_it_captures(
    books: Books,
) -> None:
    await books.say("delivered", incident(FAR, minutes=1))
    await books.case(incident(FAR, minutes=1))
    await books.keeper.check(NOW + GRACE * 2)
    assert await books.alarms() == []
    later = NOW + GRACE * 3
    known, foreign = incident(minutes=3), incident("cam-x/main/lane", minutes=3)
    await books.say("captured", known, at=later)
    await books.say("delivered", known, foreign, at=later)
    await books.case(known, foreign)
    await books.keeper.check(later + GRACE * 2)
    assert await books.alarms() == [("camera_ai/2026-11-23T01/not_captured", 1, True)]


async def test_while_the_reader_is_behind_nothing_is_called_lost(books: Books) -> None:
    await books.say("captured", incident(minutes=1))
    books.keeper._arrived = NOW - GRACE
    await books.keeper.check(NOW + GRACE * 2)
    assert await books.alarms() == []


async def test_counting_again_changes_no_count_but_that_of_the_copies(books: Books) -> None:
    item = incident(minutes=1)
    for _ in range(3):
        await books.say("captured", item)
        await books.say("delivered", item)
    (row,) = await books.rows()
    assert (row.captured, row.delivered, row.copies) == (1, 1, 1)


def test_what_cannot_be_read_is_named_by_where_it_lies() -> None:
    good = encode(IncidentMessage.of(incident(), "w1"))
    letter = DeadLetter(
        source_topic="x.incidents", partition=2, offset=7, key_b64=None,
        value_b64=b64encode(b"junk").decode(), reason="?", at=AT,
    )  # fmt: skip
    values = [good, b"junk", b"[1]", None, b'{"incident_id": 1}', good[:-9]]
    raws = [Raw(INCIDENTS.name, 2, n + 6, AT, value) for n, value in enumerate(values)]
    found = count([*raws, Raw(DEAD_LETTERS.name, 0, 0, AT, encode(letter))], "x.incidents")
    names = [entry.message_id for entry in found.delivered]
    assert names == [id_of(incident()), *(f"poison/2/{n}" for n in range(7, 12))]
    assert [entry.message_id for entry in found.dead] == ["poison/2/7"]
    other = letter.model_copy(update={"source_topic": "x.camera-states"})
    assert count([Raw(DEAD_LETTERS.name, 0, 1, AT, encode(other))], "x.incidents").dead == []
    assert count([Raw(LEDGER.name, 0, 0, AT, b"junk")], "x.incidents").captured == []


@pytest.mark.broker
async def test_the_keeper_reads_the_topics_and_goes_on_where_it_was(
    kafka: str, sessions: Sessions
) -> None:
    prefix = f"l{uuid4().hex[:8]}"
    await ensure_topics(kafka, prefix)
    producer, relay = Producer(kafka, prefix, "/test"), None
    made = [incident(minutes=1), incident(FAR, minutes=2)]
    tally = Tally("w1")
    for item in made:
        tally.add_incident(IncidentMessage.of(item, "w1"))
    statement = tally.statement(AT)
    assert statement is not None
    await producer.send_all([(LEDGER, statement, AT)])
    await producer.send_all([(INCIDENTS, IncidentMessage.of(made[0], "w1"), AT)])
    raw = AIOKafkaProducer(bootstrap_servers=kafka)
    await raw.start()
    await raw.send_and_wait(f"{prefix}.incidents", b"junk", partition=0)
    await raw.stop()
    relay = Relay(sessions, sessions, producer, "w1")
    for wanted in ((2, 2), (2, 3)):  # the second keeper goes on where the first was
        reader = PositionedReader(kafka, prefix, TOPICS)
        keeper = LedgerKeeper(sessions, reader, relay, "w1", f"{prefix}.incidents")
        for _ in range(8):
            await keeper._turn(datetime.now(UTC))
        async with transaction(sessions) as session:
            found = await ledger.rows(session, AT - GRACE, datetime.now(UTC) + GRACE)
        assert (sum(r.captured for r in found), sum(r.delivered for r in found)) == wanted
        assert all(r.copies == 0 for r in found)
        await keeper._shut()
        await producer.send_all([(INCIDENTS, IncidentMessage.of(made[1], "w1"), AT)])
    await producer.close()
    assert {row.kind for row in await _missing(sessions)} >= {Difference.NOT_CASED}


async def _missing(sessions: Sessions) -> tuple[Missing, ...]:
    ahead = datetime.now(UTC) + timedelta(hours=1)
    async with transaction(sessions) as session:
        return await ledger.missing(session, AT - GRACE, before=ahead, arrived=ahead)
