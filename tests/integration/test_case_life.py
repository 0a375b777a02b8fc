"""What a life holds besides the straight way, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from tests.kit import AT, DESK, MANHOLE, county, incident, worker
from yitong_command.domain.case import (
    HELD,
    MOVES,
    SYSTEM,
    Actor,
    AskedKind,
    Opinion,
    Receipt,
    Role,
    State,
)
from yitong_command.errors import IllegalTransition, NotAllowed, ProofMissing, Refusal, StaleVersion
from yitong_command.storage import tables as t
from yitong_command.storage.asks import CaseFilter, TransitionRequest
from yitong_command.storage.cases import actions_for, get_case, list_cases, transition
from yitong_command.storage.holdings import TICK, holder_at, holdings_of
from yitong_command.storage.intake import take_incidents
from yitong_command.storage.outbox import waiting
from yitong_command.storage.proofs import Proof, add_proof
from yitong_command.storage.session import Sessions, transaction
from yitong_command.storage.users import create_user
from yitong_command.storage.views import CaseDetail, User
from yitong_command.storage.wishes import Wish, called, propose, refuse, urge

LEAD = Actor("lead", Role.SUPERVISOR)
FOUR = worker("worker4")
ONE = worker("worker1")
NOW = AT + timedelta(minutes=15)

on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what the databases can't do differently."""


async def report(sessions: Sessions, *subjects: str, **fields: Any) -> str:
    batch = [incident(subject, **fields) for subject in subjects or ("cam-001/main/no-parking",)]
    async with transaction(sessions) as session:
        before = {item.case_id for item in (await list_cases(session, CaseFilter())).items}
        await take_incidents(session, batch, county(), NOW)
        after = {item.case_id for item in (await list_cases(session, CaseFilter())).items}
    return min(after - before)


class Story:
    """Moves of one case, a minute apart."""

    def __init__(self, sessions: Sessions, case_id: str) -> None:
        self.sessions, self.case_id, self.at = sessions, case_id, NOW

    async def move(self, to: State, actor: Actor, **more: Any) -> CaseDetail:
        self.at += timedelta(minutes=1)
        request = TransitionRequest(
            case_id=self.case_id, to=to, actor=actor, at=more.pop("at", self.at), **more
        )
        async with transaction(self.sessions) as session:
            return await transition(session, request, county())

    async def arrived(self) -> CaseDetail:
        await self.move(State.FILED, DESK)
        await self.move(State.ACCEPTED, FOUR)
        return await self.move(State.ARRIVED, FOUR)

    async def handled(self) -> CaseDetail:
        await self.arrived()
        return await self.move(State.HANDLED, FOUR, evidence_sha256="a" * 64)

    async def ask(self, kind: AskedKind, actor: Actor, **more: Any) -> None:
        self.at += timedelta(minutes=1)
        wish = Wish(case_id=self.case_id, kind=kind, actor=actor, at=self.at, note="n", **more)
        async with transaction(self.sessions) as session:
            await propose(session, wish, county())

    async def read(self) -> CaseDetail:
        async with transaction(self.sessions) as session:
            return await get_case(session, self.case_id)

    async def do(self, act: Callable[..., Awaitable[Any]], *values: Any, **more: Any) -> Any:
        self.at += timedelta(minutes=1)
        async with transaction(self.sessions) as session:
            return await act(session, self.case_id, *values, **more)


DEAD_ENDS = {State.HANDED_OVER, State.CLOSED_FORCED, State.NOT_FILED}


@pytest.fixture
async def story(sessions: Sessions) -> Story:
    async with transaction(sessions) as session:
        await create_user(
            session, User(username="lead", name_zh="值班长", name_en="Lead", role="supervisor",
                          password_hash="x"),
        )  # fmt: skip
    return Story(sessions, await report(sessions, pictures="1"))


async def check_holdings(sessions: Sessions, case_id: str) -> list[str]:
    """No gap, no overlap, one open exactly while the case is held."""
    async with transaction(sessions) as session:
        rows = await holdings_of(session, case_id)
        case = await get_case(session, case_id)
        filed = [s.at for s in case.transitions if s.to_state == "filed"]
    is_open = [row for row in rows if row.to_at is None]
    assert [row.holder for row in is_open] == ([case.holder] if case.holder else [])
    assert (case.holder is not None) == (State(case.state) in HELD)
    for before, after in zip(rows, rows[1:], strict=False):
        assert before.to_at is not None
        assert before.to_at <= after.from_at
    if rows:
        assert rows[0].from_at >= filed[0]
    return [row.holder for row in rows]


async def test_who_held_it_at_any_moment(sessions: Sessions, story: Story) -> None:
    await story.handled()
    await story.move(State.CHECKED, DESK)
    closed = await story.move(State.CLOSED, DESK)
    assert await check_holdings(sessions, story.case_id) == ["worker4", "desk"]
    (first, second) = closed.life.holdings
    assert first.to_at == second.from_at

    async def at(moment: datetime) -> str | None:
        async with transaction(sessions) as session:
            found = await holder_at(session, story.case_id, moment)
            return found.holder if found else None

    assert await at(first.from_at - TICK) is None
    assert await at(first.from_at) == "worker4"
    assert first.to_at is not None
    assert await at(first.to_at - TICK) == "worker4"
    assert await at(first.to_at) == "desk"
    assert await at(story.at) is None


async def test_the_database_itself_refuses_gap_overlap_and_a_second_holder(
    sessions: Sessions, story: Story
) -> None:
    await story.arrived()
    (row,) = (await story.read()).life.holdings
    later = row.from_at + timedelta(hours=1)
    new = {"case_id": story.case_id, "holder": "x", "span": 1}
    wrong = [
        new | {"from_at": later, "prev_to_at": None},  # a second open one
        new | {"from_at": later, "prev_to_at": later},  # joined to nothing
        new | {"from_at": later, "prev_to_at": row.from_at},  # a gap
        new | {"from_at": later, "to_at": later - TICK, "prev_to_at": None, "span": 2},
    ]
    for values in wrong:
        with pytest.raises(IntegrityError):
            async with transaction(sessions) as session:
                await session.execute(insert(t.holdings).values(values))
    async with transaction(sessions) as session:
        this = t.holdings.c.case_id == story.case_id
        await session.execute(update(t.holdings).where(this).values(to_at=later))
        joined = new | {"from_at": later, "prev_to_at": later}
        await session.execute(insert(t.holdings).values(joined))


@on_one_database
async def test_a_machine_whose_clock_is_behind_makes_no_overlap(
    sessions: Sessions, story: Story
) -> None:
    await story.arrived()
    behind = NOW - timedelta(hours=1)
    await story.move(State.HANDLED, FOUR, evidence_sha256="a" * 64, at=behind)
    assert await check_holdings(sessions, story.case_id) == ["worker4", "desk"]


async def test_two_who_press_at_once_are_one_winner_and_one_clear_message(
    sessions: Sessions, story: Story
) -> None:
    await story.handled()
    version = (await story.read()).version
    two = (
        story.move(State.CHECKED, DESK, expected_version=version),
        story.move(State.REWORK, LEAD, expected_version=version, note="还在"),
    )
    first, second = await asyncio.gather(*two, return_exceptions=True)
    (lost,) = [item for item in (first, second) if isinstance(item, Exception)]
    assert isinstance(lost, StaleVersion)
    assert "已被他人更新" in lost.zh
    assert "changed by somebody else" in lost.en
    steps = (await story.read()).transitions
    assert len({step.seq for step in steps}) == len(steps)
    await check_holdings(sessions, story.case_id)


@on_one_database
async def test_not_mine_is_said_once_and_in_time(sessions: Sessions, story: Story) -> None:
    await story.move(State.FILED, DESK)
    with pytest.raises(ProofMissing, match="note"):
        await story.move(State.PENDING_DISPATCH, FOUR)
    back = await story.move(State.PENDING_DISPATCH, FOUR, note="不属本网格")
    assert (back.holder, back.tasks[0].state) == ("desk", "returned")
    again = await story.move(State.DISPATCHED, DESK, assignee="worker4")
    assert [task.state for task in again.tasks] == ["returned", "dispatched"]
    with pytest.raises(IllegalTransition, match="once"):
        await story.move(State.PENDING_DISPATCH, FOUR, note="x")
    await story.move(State.ACCEPTED, FOUR)
    assert await check_holdings(sessions, story.case_id) == ["worker4", "desk", "worker4"]
    late = Story(sessions, await report(sessions, "cam-004/main/no-parking", minutes=1))
    filed = await late.move(State.FILED, DESK)
    assert filed.return_until is not None
    who = Actor(filed.holder or "", Role.WORKER)
    with pytest.raises(IllegalTransition, match="over"):
        await late.move(State.PENDING_DISPATCH, who, note="x", at=filed.return_until + TICK)


@on_one_database
async def test_more_time_is_asked_by_one_and_granted_by_another(
    sessions: Sessions, story: Story
) -> None:
    before = await story.arrived()
    with pytest.raises(IllegalTransition, match="at most"):
        await story.move(State.WAITING_EXTENSION, FOUR, note="缺件", minutes=121)
    asked = await story.move(State.WAITING_EXTENSION, FOUR, note="缺件", minutes=30)
    assert asked.life.asked is not None
    with pytest.raises(NotAllowed):
        await story.move(State.ARRIVED, DESK, granted=True)
    granted = await story.move(State.ARRIVED, LEAD, granted=True)
    assert before.due_at is not None
    assert granted.due_at == before.due_at + timedelta(minutes=30)
    assert granted.extensions == 1
    assert granted.tasks[0].due_at == granted.due_at
    with pytest.raises(IllegalTransition):
        await story.move(State.WAITING_EXTENSION, FOUR, note="还缺", minutes=10)


@on_one_database
async def test_no_extension_was_granted_and_the_deadline_stays(story: Story) -> None:
    before = await story.arrived()
    await story.move(State.WAITING_EXTENSION, FOUR, note="缺件", minutes=60)
    refused = await story.move(State.ARRIVED, LEAD, granted=False, note="今天可到货")
    assert (refused.due_at, refused.extensions) == (before.due_at, 0)
    assert refused.life.proposals[0].granted is False


async def test_a_pause_has_a_reason_an_end_and_two_people(sessions: Sessions, story: Story) -> None:
    await story.arrived()
    until = NOW + timedelta(days=3)
    for reason, end in (("tired", until), ("season", None), ("season", NOW + timedelta(days=99))):
        with pytest.raises(IllegalTransition, match="pause"):
            await story.ask(AskedKind.SUSPEND, DESK, reason=reason, until=end)
    await story.ask(AskedKind.SUSPEND, LEAD, reason="law_procedure", until=until)
    with pytest.raises(NotAllowed):
        await story.move(State.SUSPENDED, LEAD)
    await story.do(refuse, LEAD, story.at, "撤回")
    await story.ask(AskedKind.SUSPEND, FOUR, reason="law_procedure", until=until)
    with pytest.raises(IllegalTransition, match="waits"):
        await story.ask(AskedKind.FORCE, DESK)
    paused = await story.move(State.SUSPENDED, LEAD)
    (pause,) = paused.life.pauses
    assert (pause.until, pause.ended_at, pause.asked_by) == (until, None, "worker4")
    assert (paused.holder, paused.tasks[0].state) == ("worker4", "arrived")
    with pytest.raises(IllegalTransition):
        await story.move(State.ACCEPTED, SYSTEM)
    on = await story.move(State.ARRIVED, SYSTEM)
    assert on.life.pauses[0].ended_at == story.at
    await check_holdings(sessions, story.case_id)


@on_one_database
async def test_nothing_stops_the_clock_of_a_critical_case(sessions: Sessions) -> None:
    story = Story(sessions, await report(sessions, "cam-002/main/cover-1", category=MANHOLE))
    filed = await story.move(State.FILED, DESK)
    with pytest.raises(IllegalTransition, match="critical"):
        await story.ask(
            AskedKind.SUSPEND, DESK, reason="season", until=story.at + timedelta(days=1)
        )
    who = Actor(filed.holder or "", Role.WORKER)
    if filed.state == "pending_dispatch":
        filed = await story.move(State.DISPATCHED, DESK, assignee="worker1")
        who = ONE
    await story.move(State.ACCEPTED, who)
    with pytest.raises(IllegalTransition):
        await story.move(State.WAITING_EXTENSION, who, note="x", minutes=5)


@on_one_database
async def test_a_barrier_is_a_step_and_never_the_end(story: Story) -> None:
    await story.arrived()
    await story.move(State.PROTECTED, FOUR, evidence_sha256="e" * 64)
    with pytest.raises(IllegalTransition):
        await story.move(State.HANDLED, FOUR, evidence_sha256="f" * 64)
    await story.move(State.HANDLING, FOUR)
    with pytest.raises(ProofMissing, match="barrier"):
        await story.move(State.HANDLED, FOUR, evidence_sha256="e" * 64)
    done = await story.move(State.HANDLED, FOUR, evidence_sha256="f" * 64)
    assert [item.kind for item in done.evidence_items] == ["camera", "protect", "after"]


@on_one_database
async def test_what_is_handed_over_has_a_receipt(sessions: Sessions, story: Story) -> None:
    await story.arrived()
    with pytest.raises(ProofMissing, match="receipt"):
        await story.move(State.HANDED_OVER, DESK)
    future = Receipt("police_110", "J1", story.at + timedelta(hours=1))
    with pytest.raises(ProofMissing, match="receipt"):
        await story.move(State.HANDED_OVER, DESK, receipt=future)
    receipt = Receipt("police_110", "J220323-17", story.at)
    over = await story.move(State.HANDED_OVER, DESK, receipt=receipt)
    assert (over.holder, over.tasks[0].state) == (None, "withdrawn")
    assert over.life.receipts[0].number == "J220323-17"
    await check_holdings(sessions, story.case_id)


@on_one_database
async def test_force_needs_two_and_a_return_call_comes_once_after_the_end(
    sessions: Sessions, story: Story
) -> None:
    await story.move(State.FILED, DESK)
    await story.do(urge, LEAD, story.at, "请快")
    with pytest.raises(IllegalTransition, match="not over"):
        await story.do(called, DESK, story.at, "very", "")
    await story.ask(AskedKind.FORCE, DESK)
    ended = await story.move(State.CLOSED_FORCED, LEAD)
    assert (ended.state, ended.holder) == ("closed_forced", None)
    await story.do(called, DESK, story.at, None, "无人接听")
    await story.do(called, DESK, story.at, "satisfied", "好")
    with pytest.raises(IllegalTransition, match="already"):
        await story.do(called, DESK, story.at, "very", "")
    acts = (await story.read()).life.acts
    assert [(act.kind, act.detail.get("satisfaction")) for act in acts] == [
        ("urge", None), ("call", None), ("call", "satisfied"),
    ]  # fmt: skip
    async with transaction(sessions) as session:
        topics = [row.topic for row in await waiting(session, 100)]
    assert topics.count("tasks") == 3  # given, urged, withdrawn


@on_one_database
async def test_a_closed_case_is_reopened_in_its_window(sessions: Sessions, story: Story) -> None:
    await story.handled()
    await story.move(State.CHECKED, DESK)
    await story.move(State.CLOSED, DESK)
    late = story.at + timedelta(days=6)
    with pytest.raises(ProofMissing, match="reason"):
        await story.move(State.REOPENED, DESK, reason_code=2, note="x", at=late)
    with pytest.raises(IllegalTransition, match="new case"):
        await story.move(State.REOPENED, DESK, reason_code=1, note="x", at=late + timedelta(days=2))
    again = await story.move(State.REOPENED, DESK, reason_code=1, note="又停了", at=late)
    assert (again.state, again.reopens, again.closed_at) == ("dispatched", 1, None)
    assert await check_holdings(sessions, story.case_id) == ["worker4", "desk", "worker4"]
    await story.do(noop)


async def noop(_session: Any, _case_id: str) -> None:
    """Nothing; the transaction alone."""


@on_one_database
async def test_what_happened_again_meanwhile_is_not_opened_twice(
    sessions: Sessions, story: Story
) -> None:
    await story.handled()
    await story.move(State.CHECKED, DESK)
    await story.move(State.CLOSED, DESK)
    other = await report(sessions, minutes=300)
    with pytest.raises(IllegalTransition, match=other):
        await story.move(State.REOPENED, DESK, reason_code=1, note="x")


async def test_a_merging_is_undone_within_a_day(sessions: Sessions, story: Story) -> None:
    main = Story(sessions, await report(sessions, "cam-004/main/no-parking", pictures="2"))
    main.at = story.at
    await main.move(State.FILED, DESK)
    await story.arrived()
    merged = await story.move(State.MERGED, DESK, merge_into=main.case_id)
    assert (merged.state, merged.holder, merged.incidents) == ("merged", None, ())
    whole = await main.read()
    assert len(whole.incidents) == whole.incident_count == 2
    assert {item.sha256[0] for item in whole.evidence_items} == {"1", "2"}
    with pytest.raises(IllegalTransition, match="24"):
        await story.move(State.PENDING_DISPATCH, DESK, note="x", at=story.at + timedelta(hours=25))
    apart = await story.move(State.PENDING_DISPATCH, DESK, note="不是同一处")
    assert (apart.state, apart.holder, len(apart.incidents)) == ("pending_dispatch", "desk", 1)
    rest = await main.read()
    assert len(rest.incidents) == rest.incident_count == 1
    assert {item.sha256[0] for item in rest.evidence_items} == {"2"}
    await check_holdings(sessions, story.case_id)


@on_one_database
async def test_a_camera_checks_only_what_the_county_lets_it(
    sessions: Sessions, story: Story
) -> None:
    await story.handled()

    def proof(opinion: Opinion, digit: str, at: datetime) -> Proof:
        return Proof(
            sha256=digit * 64, camera_id="cam-001", view_id="main", captured_at=at,
            opinion=opinion, score=None, words_zh="未见车辆", words_en="no vehicle", model="m",
        )  # fmt: skip

    with pytest.raises(IllegalTransition, match="before the handling"):
        await story.do(add_proof, proof(Opinion.GONE, "3", NOW), DESK, county(), story.at)
    for opinion, digit in ((Opinion.STILL_THERE, "4"), (Opinion.NOT_JUDGED, "5")):
        assert not await story.do(
            add_proof, proof(opinion, digit, story.at), DESK, county(), story.at
        )
        assert (await story.read()).state == "handled"
    assert await story.do(add_proof, proof(Opinion.GONE, "6", story.at), DESK, county(), story.at)
    case = await story.read()
    assert (case.state, case.checked_by, case.holder) == ("checked", "system", "desk")
    assert [item.opinion for item in case.life.opinions] == ["still_there", "not_judged", "gone"]
    cover = Story(sessions, await report(sessions, "cam-002/main/cover-1", category=MANHOLE))
    cover.at = story.at
    await cover.move(State.FILED, DESK)
    held = await cover.read()
    if held.state == "pending_dispatch":
        held = await cover.move(State.DISPATCHED, DESK, assignee="worker1")
    who = Actor(held.holder or "", Role.WORKER)
    await cover.move(State.ACCEPTED, who)
    await cover.move(State.ARRIVED, who)
    await cover.move(State.HANDLED, who, evidence_sha256="7" * 64)
    assert not await cover.do(
        add_proof, proof(Opinion.GONE, "8", cover.at), DESK, county(), cover.at
    )
    assert (await cover.read()).state == "handled"


async def test_random_lives_keep_one_holder_in_the_database(
    sessions: Sessions, story: Story
) -> None:
    """The pure walks, again through the tables: every step taken or refused as a whole."""
    chance = Random(7)
    people = (DESK, LEAD, FOUR, ONE, SYSTEM)
    taken: set[State] = set()
    for _ in range(60):
        case = await story.read()
        offered = [
            (move.target, actor)
            for actor in people
            for move in actions_for(case, actor, county(), story.at)
            if move.target not in DEAD_ENDS
        ]
        to, actor = chance.choice(offered or [(State.FILED, DESK)])
        if chance.random() < 0.15:
            to, actor = chance.choice(MOVES).target, chance.choice(people)
        if chance.random() < 0.1:
            kind = chance.choice([AskedKind.SUSPEND, AskedKind.SUSPEND, AskedKind.FORCE])
            with suppress(Refusal):
                await story.ask(kind, DESK, reason="season", until=story.at + timedelta(days=1))
        more = {
            "note": "n", "reason_code": 1, "evidence_sha256": f"{chance.getrandbits(256):064x}",
            "assignee": chance.choice(["worker1", "worker4"]), "minutes": 5, "granted": True,
            "receipt": Receipt("justice", "S1", NOW), "result": "exists",
        }  # fmt: skip
        try:
            after = await story.move(to, actor, **more)
        except Refusal:
            continue
        taken |= {State(step.to_state) for step in after.transitions}
        await check_holdings(sessions, story.case_id)
        assert [s.seq for s in after.transitions] == list(range(1, after.version + 1))
        query = select(t.tasks.c.task_id).where(t.tasks.c.open_case_id == story.case_id)
        async with transaction(sessions) as session:
            assert len((await session.scalars(query)).all()) <= 1
    assert len(taken) >= 14, taken
