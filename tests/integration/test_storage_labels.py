"""Decisions become labels, and labels decide about the second look, on both databases."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.kit import AT, DESK, MANHOLE, county, incident
from yitong_command.domain.case import State
from yitong_command.domain.geometry import Box
from yitong_command.domain.precision import MIN_REVIEWED, WINDOW
from yitong_command.errors import StaleVersion
from yitong_command.storage import labels
from yitong_command.storage import tables as t
from yitong_command.storage.alerts import list_alerts
from yitong_command.storage.asks import TransitionRequest
from yitong_command.storage.cases import transition
from yitong_command.storage.intake import take_incidents
from yitong_command.storage.migrate import downgrade, upgrade
from yitong_command.storage.outbox import waiting
from yitong_command.storage.session import Sessions, make_engine, make_sessions, transaction
from yitong_command.storage.views import AlertView

FALSE_ALARM, DUPLICATE = 1, 4
CAMERA = "cam-001"


async def take(
    sessions: Sessions, subject: str = f"{CAMERA}/main/no-parking", **fields: Any
) -> AlertView:
    """Take one incident; the alert it opened."""
    what = incident(subject, **fields)
    async with transaction(sessions) as session:
        taken = await take_incidents(session, [what], county(), what.changed_at)
        assert taken.new_cases == 1
        return (await list_alerts(session, limit=1))[0]


async def decide(sessions: Sessions, case_id: str, to: State, at: datetime, **more: Any) -> None:
    request = TransitionRequest(case_id=case_id, to=to, actor=DESK, at=at, **more)
    async with transaction(sessions) as session:
        await transition(session, request, county())


async def judged(
    sessions: Sessions, number: int, start: int, reason: int | None = FALSE_ALARM, **more: Any
) -> list[AlertView]:
    """So many alerts, one an hour, each decided a minute later; reason None confirms."""
    alerts = []
    for index in range(start, start + number):
        alert = await take(sessions, minutes=60 * index, **more)
        at = alert.opened_at + timedelta(minutes=1)
        if reason is None:
            await decide(sessions, alert.case_id, State.FILED, at)
            async with transaction(sessions) as session:  # else the next one joins this case
                values = {"state": "closed", "open_key": None}
                await session.execute(
                    t.cases.update().where(t.cases.c.case_id == alert.case_id).values(values)
                )
        else:
            await decide(sessions, alert.case_id, State.NOT_FILED, at, reason_code=reason)
        alerts.append(alert)
    return alerts


async def all_labels(sessions: Sessions) -> tuple[labels.LabelView, ...]:
    async with transaction(sessions) as session:
        return await labels.list_labels(session)


async def test_a_confirmed_alert_is_a_true_label_of_what_was_shown(sessions: Sessions) -> None:
    alert = await take(sessions, pictures="12", state="", box=Box(0.1, 0.2, 0.3, 0.4))
    at = AT + timedelta(minutes=12)
    await decide(sessions, alert.case_id, State.FILED, at)
    (label,) = await all_labels(sessions)
    assert (label.verdict, label.reason_code, label.by, label.at) == ("true", None, "desk", at)
    assert (label.camera_id, label.view_id, label.zone_id) == (CAMERA, "main", "no-parking")
    assert (label.kind, label.case_id, label.score) == ("illegal_parking", alert.case_id, 0.9)
    assert label.incident_id == str(incident().incident_id)
    assert label.evidence == "2" * 64
    assert label.box == {"x0": 0.1, "y0": 0.2, "x1": 0.3, "y1": 0.4}
    assert (label.opened_at, label.hour) == (AT + timedelta(minutes=10), 9)


async def test_reasons_that_say_nothing_of_the_picture_are_not_false(sessions: Sessions) -> None:
    reasons = county().taxonomy.reasons
    for code in reasons:
        alert = await take(sessions, minutes=60 * code)
        await decide(sessions, alert.case_id, State.NOT_FILED, alert.opened_at, reason_code=code)
    found = {label.reason_code: label.verdict for label in await all_labels(sessions)}
    assert found == {
        code: "false" if reason.counts_as_false else "uncounted" for code, reason in reasons.items()
    }
    assert (found[FALSE_ALARM], found[DUPLICATE]) == ("false", "uncounted")
    async with transaction(sessions) as session:
        counts = await labels.by_detector(session, AT)
    assert counts[CAMERA, "illegal_parking"].reviewed == list(found.values()).count("false")


async def test_a_merged_alert_was_true_and_repeats_are_one_label(sessions: Sessions) -> None:
    first = await take(sessions)
    other = await take(sessions, "cam-004/main/x")
    async with transaction(sessions) as session:
        again = [incident(minutes=5), incident(change="cleared")]
        taken = await take_incidents(session, again, county(), AT)
        assert (taken.attached, taken.cleared) == (1, 1)
    await decide(sessions, first.case_id, State.FILED, AT)
    await decide(sessions, other.case_id, State.MERGED, AT, merge_into=first.case_id)
    found = {label.case_id: label for label in await all_labels(sessions)}
    assert {label.verdict for label in found.values()} == {"true"}
    assert found[first.case_id].incident_id == str(incident().incident_id)
    assert len(found) == 2


async def test_what_no_camera_reported_is_no_label(sessions: Sessions) -> None:
    alert = await take(sessions, "w/x/y", category=MANHOLE, source="sensor")
    await decide(sessions, alert.case_id, State.NOT_FILED, AT, reason_code=FALSE_ALARM)
    assert await all_labels(sessions) == ()


async def test_a_refused_or_undone_decision_leaves_no_label(sessions: Sessions) -> None:
    alert = await take(sessions)
    with pytest.raises(StaleVersion):
        await decide(sessions, alert.case_id, State.FILED, AT, expected_version=9)
    request = TransitionRequest(case_id=alert.case_id, to=State.FILED, actor=DESK, at=AT)
    with pytest.raises(RuntimeError, match="undone"):
        async with transaction(sessions) as session:
            await transition(session, request, county())
            assert len((await session.execute(select(t.labels))).all()) == 1
            raise RuntimeError("undone")
    assert await all_labels(sessions) == ()


async def test_after_twenty_rejects_alerts_get_a_second_look_until_it_is_better(
    sessions: Sessions,
) -> None:
    before = await judged(sessions, MIN_REVIEWED, 0)
    assert not any(alert.second_look for alert in before)
    quiet = await judged(sessions, 1, MIN_REVIEWED)
    assert quiet[0].second_look
    other_camera = await take(sessions, "cam-006/main/x", minutes=60 * 30)
    other_kind = await take(sessions, f"{CAMERA}/main/cover", minutes=60 * 30, category=MANHOLE)
    assert not other_camera.second_look
    assert not other_kind.second_look
    async with transaction(sessions) as session:
        sent = [row.payload for row in await waiting(session, 500) if row.topic == "alerts"]
    marked = [
        (payload["change"], payload["second_look"])
        for payload in sent
        if payload["case_id"] == quiet[0].case_id
    ]
    assert marked == [("opened", True), ("rejected", True)]
    # Confirmed ones lift the bound over the bar again, by themselves.
    better = await judged(sessions, 40, 100, reason=None)
    marks = [alert.second_look for alert in better]
    assert marks[0]
    assert not marks[-1]
    assert marks == sorted(marks, reverse=True)


async def test_rejects_that_do_not_count_never_make_it_quiet(sessions: Sessions) -> None:
    await judged(sessions, MIN_REVIEWED + 2, 0, reason=DUPLICATE)
    assert not (await take(sessions, minutes=60 * 50)).second_look


async def test_old_rejects_are_forgotten(sessions: Sessions) -> None:
    await judged(sessions, MIN_REVIEWED, 0)
    days = WINDOW // timedelta(minutes=1)
    assert (await take(sessions, f"{CAMERA}/main/a", minutes=days - 60)).second_look
    late = await take(sessions, f"{CAMERA}/main/b", minutes=days + 60 * MIN_REVIEWED)
    assert not late.second_look


async def test_hours_are_the_countys(sessions: Sessions) -> None:
    await judged(sessions, 3, 0)
    await judged(sessions, 1, 24, reason=None)
    async with transaction(sessions) as session:
        found = await labels.by_hour(session, AT)
    assert [(item.hour, item.precision.confirmed, item.precision.reviewed) for item in found] == [
        (9, 1, 2), (10, 0, 1), (11, 0, 1),
    ]  # fmt: skip
    assert {item.kind for item in found} == {"illegal_parking"}
    assert {item.precision.rate for item in found} == {None}


async def test_the_question_at_intake_uses_its_index(tmp_path: Any) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/yitong.db"
    await asyncio.to_thread(upgrade, url)
    engine = make_engine(url)
    async with transaction(make_sessions(engine)) as session:
        plan = await session.execute(
            text(
                "EXPLAIN QUERY PLAN SELECT count(*) FROM labels WHERE at >= '2026-01-01' "
                "AND (camera_id, kind) IN (VALUES ('a', 'b')) GROUP BY camera_id, kind"
            )
        )
        assert "ix_labels_camera_id (camera_id=? AND kind=? AND at>?)" in str(plan.all())
    await engine.dispose()


async def test_the_first_tables_are_brought_up_with_their_rows_and_back(
    database_url: str, sessions: Sessions
) -> None:
    alert = await take(sessions)
    await decide(sessions, alert.case_id, State.FILED, AT)

    async def columns() -> tuple[set[str], set[str]]:
        engine: AsyncEngine = make_engine(database_url)
        async with engine.connect() as connection:
            found = await connection.run_sync(
                lambda sync: (
                    set(inspect(sync).get_table_names()),
                    {column["name"] for column in inspect(sync).get_columns("alerts")},
                )
            )
        await engine.dispose()
        return found

    await asyncio.to_thread(downgrade, database_url, "0001")
    names, alert_columns = await columns()
    assert "labels" not in names
    assert "second_look" not in alert_columns
    await asyncio.to_thread(upgrade, database_url)
    names, alert_columns = await columns()
    assert "labels" in names
    engine = make_engine(database_url)
    async with transaction(make_sessions(engine)) as session:
        assert [(item.case_id, item.second_look) for item in await list_alerts(session)] == [
            (alert.case_id, False)
        ]
    await engine.dispose()
