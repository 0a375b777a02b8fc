"""Timers, escalations and handing on, on both databases: nobody forgotten, nobody told twice."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from streams.clock import SteadyClock
from streams.timers import TimerLoop
from tests.kit import AT, DESK, MANHOLE, county, incident, worker
from yitong_command.bus.clock_messages import EscalationMessage
from yitong_command.domain.case import Actor, State
from yitong_command.errors import DatabaseDown
from yitong_command.storage import rosters, timers
from yitong_command.storage import tables as t
from yitong_command.storage.asks import CaseFilter, TransitionRequest
from yitong_command.storage.cases import list_cases, transition
from yitong_command.storage.holdings import holdings_of
from yitong_command.storage.intake import take_incidents
from yitong_command.storage.outbox import waiting
from yitong_command.storage.roster_seeds import seed_roster
from yitong_command.storage.session import Sessions, transaction
from yitong_command.storage.views import CaseDetail

NOW = AT + timedelta(minutes=15)
"""A Monday, 09:15 in China."""

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Relay:
    """Counts how often it was told."""

    kicks = 0

    def kick(self) -> None:
        self.kicks += 1


async def filed(sessions: Sessions, category: str = MANHOLE, at: datetime = NOW) -> str:
    kind = "cam-002/main/cover" if category == MANHOLE else "cam-001/main/no-parking"
    batch = [incident(kind, category=category)]
    async with transaction(sessions) as session:
        await take_incidents(session, batch, county(), at)
        page = await list_cases(session, CaseFilter())
    case_id = page.items[0].case_id
    await move(sessions, case_id, State.FILED, DESK, at)
    return case_id


async def move(
    sessions: Sessions, case_id: str, to: State, actor: Actor, at: datetime, **more: Any
) -> CaseDetail:
    request = TransitionRequest(case_id=case_id, to=to, actor=actor, at=at, **more)
    async with transaction(sessions) as session:
        return await transition(session, request, county())


def loop(sessions: Sessions, at: datetime, owner: str = "one") -> TimerLoop:
    return TimerLoop(sessions, sessions, county(), Relay(), owner, lambda: at)


async def told(sessions: Sessions) -> list[tuple[str, str, list[str]]]:
    e = t.escalations.c
    async with transaction(sessions) as session:
        rows = await session.execute(select(e.kind, e.role, e.people).order_by(e.at, e.timer_id))
        return [(kind, role, people) for kind, role, people in rows]


async def test_a_ladder_is_climbed_on_time_with_reasons_and_messages(sessions: Sessions) -> None:
    case_id = await filed(sessions)
    assert await loop(sessions, NOW).fire_due() == 2
    assert {role for _, role, _ in await told(sessions)} == {"township_duty", "county_duty"}
    await move(sessions, case_id, State.ACCEPTED, worker("worker3"), NOW)
    assert await loop(sessions, NOW + timedelta(minutes=29)).fire_due() == 0
    # Not there within 30 minutes in town: the holder and the county's leader are told.
    assert await loop(sessions, NOW + timedelta(minutes=61)).fire_due() == 2
    assert await loop(sessions, NOW + timedelta(minutes=90)).fire_due() == 2
    assert await loop(sessions, NOW + timedelta(minutes=121)).fire_due() == 2
    assert await loop(sessions, NOW + timedelta(days=2)).fire_due() == 2
    kinds = [kind for kind, _, _ in await told(sessions)]
    assert sorted(kinds) == sorted(
        ["ladder", "ladder", "ladder", "arrive", "yellow", "yellow", "red", "red", "red2", "red3"]
    )
    async with transaction(sessions) as session:
        sent = [row for row in await waiting(session, 500) if row.topic == "escalations"]
    messages = [EscalationMessage.model_validate(row.payload) for row in sent]
    assert len(messages) == len(kinds)
    assert all(m.reason_zh and m.reason_en and m.case_id == case_id for m in messages)
    assert await loop(sessions, NOW + timedelta(days=9)).fire_due() == 0


async def test_who_does_not_accept_is_followed_by_the_next_without_a_gap(
    sessions: Sessions,
) -> None:
    case_id = await filed(sessions)
    late = NOW + timedelta(minutes=5)
    await loop(sessions, late).fire_due()
    async with transaction(sessions) as session:
        held = await holdings_of(session, case_id)
        page = await list_cases(session, CaseFilter())
        case = page.items[0]
        tasks = (await session.execute(select(t.tasks).order_by(t.tasks.c.task_id))).mappings()
        states = [(row["assignee"], row["state"]) for row in tasks]
    assert states[0] == ("worker3", "withdrawn")
    assert states[1][1] == "dispatched"
    assert case.holder == states[1][0] != "worker3"
    assert [item.holder for item in held] == ["worker3", case.holder]
    assert held[0].to_at == held[1].from_at
    # The clock of the case runs on; only the time to accept began again.
    assert case.due_at == NOW + timedelta(hours=2)
    async with transaction(sessions) as session:
        c = t.timers.c
        query = select(c.fire_at).where(c.kind == "accept", c.state == "waiting")
        assert await session.scalar(query) == late + timedelta(minutes=5)


@SQLITE
async def test_nobody_else_to_send_is_said_and_the_holder_stays(sessions: Sessions) -> None:
    case_id = await filed(sessions)
    for minutes in (5, 10, 15, 20, 25):
        await loop(sessions, NOW + timedelta(minutes=minutes)).fire_due()
    found = await told(sessions)
    assert sum(kind == "accept" for kind, _, _ in found) == 2
    async with transaction(sessions) as session:
        e = t.escalations.c
        last = await session.scalar(
            select(e.reason_zh).where(e.kind == "accept").order_by(e.at.desc()).limit(1)
        )
        held = await holdings_of(session, case_id)
    assert "无其他人可派" in str(last)
    assert held[-1].to_at is None


@SQLITE
async def test_what_is_done_cancels_its_timers(sessions: Sessions) -> None:
    case_id = await filed(sessions)
    await move(sessions, case_id, State.ACCEPTED, worker("worker3"), NOW)
    await move(sessions, case_id, State.ARRIVED, worker("worker3"), NOW, lon=125.3, lat=43.3)
    async with transaction(sessions) as session:
        c = t.timers.c
        kinds = set(await session.scalars(select(c.kind).where(c.state == "waiting")))
    assert "accept" not in kinds
    assert "arrive" not in kinds
    photo = {"evidence_sha256": "a" * 64}
    await move(sessions, case_id, State.HANDLED, worker("worker3"), NOW, **photo)
    async with transaction(sessions) as session:
        assert await timers.next_at(session) == (0, None)
    assert await loop(sessions, NOW + timedelta(days=3)).fire_due() == 0
    assert await told(sessions) == []


async def test_two_workers_and_a_clock_set_back_tell_nobody_twice(sessions: Sessions) -> None:
    await filed(sessions)
    late = NOW + timedelta(days=1)
    async with transaction(sessions) as session:
        due = await timers.due(session, late, 100)
    assert len(due) > 5

    async def all_of_them() -> int:
        done = 0
        for timer_id in due:
            for _ in range(20):
                try:
                    async with transaction(sessions) as session:
                        found = await timers.fire(session, timer_id, county(), late)
                except DatabaseDown:
                    continue
                done += found is not None
                break
        return done

    fired = await asyncio.gather(*(all_of_them() for _ in range(3)))
    async with transaction(sessions) as session:
        count = await session.scalar(select(func.count()).select_from(t.escalations))
    # Handing on cancels what was asked of the one before, so fewer may fire than were due.
    assert sum(fired) == count
    assert sum(fired) > 5
    before = await told(sessions)
    assert await loop(sessions, NOW - timedelta(days=30)).fire_due() == 0
    async with transaction(sessions) as session:
        assert await timers.fire(session, due[0], county(), NOW) is None
    assert await told(sessions) == before


@SQLITE
async def test_quiet_hours_wait_until_six_for_minor_matters_only(sessions: Sessions) -> None:
    evening = datetime.fromisoformat("2026-11-23T17:55:00+08:00")
    await filed(sessions, "cp_parking.block_gate", evening + timedelta(hours=6))
    async with transaction(sessions) as session:
        c = t.timers.c
        rows = (await session.execute(select(c.fire_at, c.due_at, c.reason_en))).all()
    six = datetime.fromisoformat("2026-11-24T06:00:00+08:00")
    assert rows
    for fire_at, due_at, reason in rows:
        assert fire_at >= six or fire_at == due_at
        assert ("quiet" in reason) == (fire_at != due_at)
    assert any(fire_at == six and due_at < six for fire_at, due_at, _ in rows)


@SQLITE
async def test_the_roster_of_the_file_is_a_seed_and_routes_as_before(sessions: Sessions) -> None:
    async with transaction(sessions) as session:
        added = await seed_roster(session, county().roster, NOW)
        again = await seed_roster(session, county().roster, NOW)
        found = await rosters.current(session, county())
    assert added == (len(county().roster), 0)
    assert again == (0, 0)
    assert set(found.duties) == set(county().roster)
    await filed(sessions)
    async with transaction(sessions) as session:
        assert (await list_cases(session, CaseFilter())).items[0].holder == "worker3"
    async with transaction(sessions) as session:
        assert await seed_roster(session, county().roster[1:], NOW) == (0, 1)
        assert len((await rosters.current(session, county())).duties) == len(county().roster) - 1
        assert await seed_roster(session, county().roster, NOW) == (1, 0)


def test_the_workers_clock_never_goes_back() -> None:
    wall, tick = [AT], [0.0]
    clock = SteadyClock(lambda: wall[0], lambda: tick[0])
    assert clock.now() == AT
    wall[0], tick[0] = AT - timedelta(hours=1), 10.0
    assert clock.now() == AT + timedelta(seconds=10)
    wall[0], tick[0] = AT + timedelta(hours=1), 20.0
    assert clock.now() == AT + timedelta(hours=1)


@SQLITE
@pytest.mark.parametrize("answer", [True, False])
async def test_a_swap_counts_once_the_other_agrees(sessions: Sessions, answer: bool) -> None:
    by = rosters.By("worker3", "worker", NOW)
    content = {
        "with": "worker1", "note": "",
        "from": NOW.isoformat(), "until": (NOW + timedelta(hours=8)).isoformat(),
    }  # fmt: skip
    async with transaction(sessions) as session:
        await seed_roster(session, county().roster, NOW)
        entry = await rosters.add(session, "swap", "worker3", content, by, "asked")
    other = rosters.By("worker1", "worker", NOW)
    async with transaction(sessions) as session:
        assert (await rosters.current(session, county())).swaps == ()
        await rosters.answer_swap(session, entry.entry_id, other, agreed=answer)
    await filed(sessions)
    async with transaction(sessions) as session:
        holder = (await list_cases(session, CaseFilter())).items[0].holder
        versions = await rosters.history(session, entry.entry_id)
    assert holder == ("worker1" if answer else "worker3")
    assert [v.version for v in versions] == [2, 1]
