"""Every row the store puts into the outbox is a message of the bus, field by field."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import timedelta
from pathlib import Path

from streams.relay import message_of
from tests.kit import AT, DESK, PHOTO, county, incident, worker
from yitong_command.bus.messages import AlertMessage, Message
from yitong_command.bus.wire import decode, encode
from yitong_command.domain.case import State
from yitong_command.storage.alerts import list_alerts
from yitong_command.storage.asks import CaseFilter, TransitionRequest
from yitong_command.storage.cases import list_cases, transition
from yitong_command.storage.intake import take_incidents
from yitong_command.storage.migrate import upgrade
from yitong_command.storage.outbox import waiting
from yitong_command.storage.session import Sessions, make_engine, make_sessions, transaction
from yitong_command.storage.users import create_user
from yitong_command.storage.views import AlertView, OutboxRow, User

FOUR = worker("worker4")
LIFE = (
    (State.FILED, DESK), (State.ACCEPTED, FOUR), (State.ARRIVED, FOUR), (State.HANDLED, FOUR),
    (State.CHECKED, DESK), (State.CLOSED, DESK),
)  # fmt: skip


async def _whole_life(sessions: Sessions) -> None:
    async with transaction(sessions) as session:
        person = User(
            username="worker4", name_zh="四", name_en="Four", role="worker", password_hash="x"
        )
        await create_user(session, person)
        batch = [incident(pictures="1"), incident(minutes=9), incident("cam-004/main/x")]
        await take_incidents(session, batch, county(), AT)
        page = await list_cases(session, CaseFilter())
    one, two = sorted(item.case_id for item in page.items)
    async with transaction(sessions) as session:
        for to, actor in LIFE:
            request = TransitionRequest(
                case_id=one, to=to, actor=actor, at=AT + timedelta(minutes=1),
                evidence_sha256=PHOTO if to is State.HANDLED else None,
            )  # fmt: skip
            await transition(session, request, county())
        reject = TransitionRequest(
            case_id=two, to=State.NOT_FILED, actor=DESK, at=AT, reason_code=1
        )
        await transition(session, reject, county())
        cleared = incident("cam-001/main/y", change="cleared", minutes=1)
        opened = incident("cam-001/main/y", minutes=1)
        await take_incidents(session, [cleared, opened], county(), AT)


async def test_every_outbox_row_is_its_topics_message_and_nothing_more(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/yitong.db"
    upgrade(url)
    engine = make_engine(url)
    sessions = make_sessions(engine)
    await _whole_life(sessions)
    async with transaction(sessions) as session:
        rows = await waiting(session, 500)
        alerts = await list_alerts(session)
    await engine.dispose()
    kinds = {
        (
            row.topic,
            row.payload.get("change", row.payload["state"] if row.topic != "alerts" else ""),
        )
        for row in rows
    }
    assert {change for topic, change in kinds if topic == "alerts"} == {
        "opened", "repeated", "cleared", "confirmed", "rejected",
    }  # fmt: skip
    assert {state for topic, state in kinds if topic == "tasks"} == {
        "dispatched", "accepted", "arrived", "handled",
    }  # fmt: skip
    for row in rows:
        _check(row)
    for alert in alerts:
        AlertMessage.model_validate(asdict(alert))


def _check(row: OutboxRow) -> None:
    topic, message = message_of(row)
    assert type(message) is topic.payload
    assert message.key == row.key
    assert set(row.payload) == set(topic.payload.model_fields)
    again: Message = decode(topic.payload, encode(message))
    assert again == message


def test_an_alert_of_the_store_has_the_fields_of_the_message() -> None:
    assert {field.name for field in fields(AlertView)} == set(AlertMessage.model_fields)
