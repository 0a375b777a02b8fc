"""Incidents become cases, on both databases: once, whoever sends them and however often."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from tests.kit import AT, MANHOLE, county, incident
from yitong_command.domain.geometry import Place
from yitong_command.domain.incident import Incident
from yitong_command.errors import BadMessage
from yitong_command.storage import tables as t
from yitong_command.storage.alerts import list_alerts
from yitong_command.storage.asks import CaseFilter
from yitong_command.storage.cases import get_case, list_cases
from yitong_command.storage.intake import take_incidents
from yitong_command.storage.intake_batch import Taken
from yitong_command.storage.outbox import waiting
from yitong_command.storage.session import Sessions, transaction
from yitong_command.storage.views import CaseDetail

NOW = AT + timedelta(minutes=11)


async def take(sessions: Sessions, *incidents: Incident) -> Taken:
    async with transaction(sessions) as session:
        return await take_incidents(session, incidents, county(), NOW)


async def all_cases(sessions: Sessions) -> list[CaseDetail]:
    async with transaction(sessions) as session:
        page = await list_cases(session, CaseFilter())
        return [await get_case(session, item.case_id) for item in page.items]


async def changes(sessions: Sessions) -> list[str]:
    async with transaction(sessions) as session:
        rows = await waiting(session, 1000)
    return [f"{row.topic}:{row.payload.get('change') or row.payload['state']}" for row in rows]


async def test_an_incident_becomes_a_case_with_an_alert(sessions: Sessions) -> None:
    taken = await take(sessions, incident(pictures="12"))
    assert taken == Taken(new_cases=1)
    (case,) = await all_cases(sessions)
    assert case.case_id == "YT20261123-000001"
    assert (case.state, case.version, case.condition, case.holder) == ("reported", 1, "open", None)
    assert (case.category, case.subtype, case.severity) == ("cp_parking", "no_parking_zone", 4)
    assert case.title_zh.startswith("禁停区违停 · ")
    assert case.title_en.startswith("Parked in a no-parking zone · ")
    assert case.grid_code == "22032390100201"
    assert case.evidence == "2" * 64
    assert [item.sha256[0] for item in case.evidence_items] == ["1", "2"]
    assert [(step.from_state, step.to_state, step.actor) for step in case.transitions] == [
        (None, "reported", "system")
    ]
    (only,) = case.incidents
    assert only.box == {"x0": 0.1, "y0": 0.2, "x1": 0.3, "y1": 0.4}
    async with transaction(sessions) as session:
        (alert,) = await list_alerts(session, open_only=True)
    assert (alert.case_id, alert.change, alert.repeats) == (case.case_id, "opened", 0)
    assert alert.title_zh == case.title_zh
    assert await changes(sessions) == ["cases:reported", "alerts:opened"]


async def test_the_same_incident_again_changes_nothing(sessions: Sessions) -> None:
    await take(sessions, incident(), incident())
    before = await changes(sessions)
    assert await take(sessions, incident()) == Taken(duplicates=1)
    assert len(await all_cases(sessions)) == 1
    assert await changes(sessions) == before


async def test_a_repeat_at_the_same_subject_joins_its_open_case(sessions: Sessions) -> None:
    await take(sessions, incident(pictures="1"))
    assert await take(sessions, incident(minutes=600, pictures="2")) == Taken(attached=1)
    (case,) = await all_cases(sessions)
    assert (case.incident_count, len(case.incidents)) == (2, 2)
    assert case.merge_reason_zh == ""
    assert (await changes(sessions))[2:] == ["cases:reported", "alerts:repeated"]
    async with transaction(sessions) as session:
        (alert,) = await list_alerts(session)
    assert (alert.change, alert.repeats) == ("repeated", 1)


async def test_a_second_camera_close_by_joins_too_and_says_why(sessions: Sessions) -> None:
    here = county().cameras["cam-001"].place
    near = Place(here.lon + 0.0002, here.lat)
    await take(sessions, incident())
    await take(sessions, incident("cam-099/main/lane", minutes=30, place=near))
    (case,) = await all_cases(sessions)
    assert case.incident_count == 2
    assert "16 米" in case.merge_reason_zh
    assert "16 m" in case.merge_reason_en


async def test_far_later_and_other_matters_are_cases_of_their_own(sessions: Sessions) -> None:
    here = county().cameras["cam-001"].place
    await take(
        sessions,
        incident(),
        incident("cam-099/main/lane", place=Place(here.lon + 0.001, here.lat)),
        incident("cam-098/main/lane", minutes=300, place=Place(here.lon + 0.0001, here.lat)),
        incident("cam-097/main/cover", category=MANHOLE),
    )
    assert len(await all_cases(sessions)) == 4


async def test_clearing_is_shown_and_closes_nothing(sessions: Sessions) -> None:
    await take(sessions, incident(), incident(minutes=20))
    await take(sessions, incident(change="cleared"))
    (case,) = await all_cases(sessions)
    assert case.condition == "open"
    await take(sessions, incident(change="cleared"), incident(minutes=20, change="cleared"))
    (case,) = await all_cases(sessions)
    assert (case.condition, case.state) == ("cleared", "reported")
    assert (await changes(sessions))[-1] == "alerts:cleared"
    assert [item for item in await changes(sessions) if item == "alerts:cleared"] == [
        "alerts:cleared"
    ]


@pytest.mark.parametrize("in_one_batch", [True, False])
async def test_a_fence_is_told_and_closes_nothing(sessions: Sessions, in_one_batch: bool) -> None:
    words = {"category": MANHOLE, "subject": "cam-002/main/cover"}
    opened = incident(**words, state="missing", pictures="1")
    fenced = incident(**words, change="updated", state="protected", pictures="2",
                      reason_zh="已设围护", reason_en="fenced off")  # fmt: skip
    if in_one_batch:
        assert await take(sessions, opened, fenced) == Taken(new_cases=1, updated=1)
    else:
        await take(sessions, opened)
        assert await take(sessions, fenced) == Taken(updated=1)
    (case,) = await all_cases(sessions)
    assert (case.state, case.condition, case.incident_count) == ("reported", "open", 1)
    (row,) = case.incidents
    assert (row.state, row.reason_zh, row.reason_en) == ("protected", "已设围护", "fenced off")
    assert (row.opened_at is not None, row.cleared_at) == (True, None)
    assert [digest[0] for digest in row.evidence] == ["1", "2"]
    assert [item.sha256[0] for item in case.evidence_items] == ["1", "2"]
    assert (await changes(sessions))[1:] == [
        "alerts:opened", "cases:reported", "alerts:repeated"
    ]  # fmt: skip
    told = await changes(sessions)
    assert await take(sessions, opened, fenced) == Taken(duplicates=2)
    assert await changes(sessions) == told
    cleared = incident(**words, change="cleared")
    assert await take(sessions, cleared, fenced) == Taken(cleared=1, duplicates=1)
    (case,) = await all_cases(sessions)
    assert case.condition == "cleared"


async def test_an_update_whose_opening_was_lost_is_a_case_all_the_same(sessions: Sessions) -> None:
    words = {"category": MANHOLE, "subject": "cam-002/main/cover"}
    await take(sessions, incident(**words, change="updated", state="protected"))
    (case,) = await all_cases(sessions)
    assert (case.condition, case.incidents[0].state) == ("open", "protected")
    assert await take(sessions, incident(**words, state="missing")) == Taken(duplicates=1)


@pytest.mark.parametrize("in_one_batch", [True, False])
async def test_a_clearing_that_overtakes_its_opening_is_not_lost(
    sessions: Sessions, in_one_batch: bool
) -> None:
    batch = (incident(change="cleared", pictures="2"), incident(pictures="1"))
    if in_one_batch:
        await take(sessions, *batch)
    else:
        await take(sessions, batch[0])
        assert await all_cases(sessions) == []
        await take(sessions, batch[1])
    (case,) = await all_cases(sessions)
    assert case.condition == "cleared"
    assert case.incidents[0].opened_at is not None
    assert case.incidents[0].cleared_at is not None
    assert [digest[0] for digest in case.incidents[0].evidence] == ["1", "2"]
    assert [item.sha256[0] for item in case.evidence_items] == ["1", "2"]
    assert (await changes(sessions))[1:] == ["alerts:opened", "alerts:cleared"]
    assert await take(sessions, *batch) == Taken(duplicates=2)


async def test_the_order_and_size_of_batches_do_not_matter(sessions: Sessions) -> None:
    stream = [
        incident(
            f"cam-10{n % 3}/main/lane", minutes=n, change=change, place=Place(125.3, 43 + n % 3)
        )
        for n in range(12)
        for change in ("opened", "cleared")
    ]
    for cut in range(0, 24, 5):
        await take(sessions, *stream[cut : cut + 5])
    await take(sessions, *stream)
    cases = await all_cases(sessions)
    assert sorted(case.incident_count for case in cases) == [4, 4, 4]
    assert {case.condition for case in cases} == {"cleared"}


async def test_two_workers_at_once_make_one_case(sessions: Sessions) -> None:
    here = county().cameras["cam-001"].place

    async def worker(number: int) -> None:
        subject = f"cam-00{number % 2 + 1}/main/no-parking"
        batch = [incident(subject, minutes=n * 8 + number, place=here) for n in range(10)]
        await take(sessions, *batch)

    await asyncio.gather(*(worker(number) for number in range(8)))
    (case,) = await all_cases(sessions)
    assert case.incident_count == 80


async def test_the_database_itself_holds_one_open_case_a_subject(sessions: Sessions) -> None:
    await take(sessions, incident())
    with pytest.raises(IntegrityError):
        async with transaction(sessions) as session:
            row = (await session.execute(select(t.cases))).mappings().one()
            await session.execute(t.cases.insert().values(dict(row) | {"case_id": "YT-2"}))


async def test_a_failed_batch_leaves_nothing_behind(sessions: Sessions) -> None:
    bad = incident("cam-009/main/x", category="cp_parking.no_such_thing")
    with pytest.raises(BadMessage, match="no_such_thing"):
        await take(sessions, incident(), bad)
    async with transaction(sessions) as session:
        for table in (t.cases, t.incidents, t.alerts, t.outbox, t.counters):
            assert await session.scalar(select(func.count()).select_from(table)) == 0


async def test_too_big_a_batch_is_refused(sessions: Sessions) -> None:
    with pytest.raises(ValueError, match="501"):
        await take(sessions, *[incident()] * 501)
