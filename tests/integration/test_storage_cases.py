"""A case from the desk to the street and back, on both databases."""

from __future__ import annotations

import asyncio
import base64
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from tests.kit import AT, DESK, MANHOLE, PHOTO, county, incident, worker
from yitong_command.domain.case import Actor, Need, Role, State
from yitong_command.domain.geometry import Place
from yitong_command.errors import (
    IllegalTransition,
    NotAllowed,
    NotFound,
    ProofMissing,
    StaleVersion,
)
from yitong_command.storage import tables as t
from yitong_command.storage.access import case_of_evidence, may_see_case
from yitong_command.storage.alerts import list_alerts
from yitong_command.storage.asks import CaseFilter, TransitionRequest
from yitong_command.storage.cases import actions_for, get_case, list_cases, transition
from yitong_command.storage.intake import take_incidents
from yitong_command.storage.outbox import waiting
from yitong_command.storage.session import Sessions, transaction
from yitong_command.storage.stats import counts, open_cases_by_grid
from yitong_command.storage.tasks import get_task, my_tasks
from yitong_command.storage.views import CaseDetail

NOW = AT + timedelta(minutes=15)
FOUR = worker("worker4")


async def report(sessions: Sessions, *subjects: str, **fields: Any) -> list[str]:
    batch = [incident(subject, **fields) for subject in subjects or ("cam-001/main/no-parking",)]
    async with transaction(sessions) as session:
        await take_incidents(session, batch, county(), NOW)
        page = await list_cases(session, CaseFilter(limit=500))
    return sorted(item.case_id for item in page.items)


async def move(
    sessions: Sessions, case_id: str, to: State, actor: Actor, **more: Any
) -> CaseDetail:
    request = TransitionRequest(case_id=case_id, to=to, actor=actor, **{"at": NOW, **more})
    async with transaction(sessions) as session:
        return await transition(session, request, county())


async def to_handled(sessions: Sessions, case_id: str) -> CaseDetail:
    await move(sessions, case_id, State.FILED, DESK)
    await move(sessions, case_id, State.ACCEPTED, FOUR)
    await move(sessions, case_id, State.ARRIVED, FOUR, lon=125.3, lat=43.3)
    return await move(sessions, case_id, State.HANDLED, FOUR, evidence_sha256=PHOTO, note="已挪走")


async def test_filing_dispatches_at_once_with_a_deadline_and_its_rule(sessions: Sessions) -> None:
    (case_id,) = await report(sessions)
    case = await move(sessions, case_id, State.FILED, DESK, expected_version=1)
    assert (case.state, case.version, case.holder) == ("dispatched", 3, "worker4")
    assert (case.holder_name_zh, case.holder_name_en) == ("worker4 号", "Worker4")
    assert [step.to_state for step in case.transitions] == ["reported", "filed", "dispatched"]
    assert [step.seq for step in case.transitions] == [1, 2, 3]
    assert case.due_at == NOW + timedelta(hours=2)
    assert case.due_rule_zh.startswith("2 个工作时,自派遣 2026-11-23 09:15 起")
    (task,) = case.tasks
    assert (task.assignee, task.state, task.due_at) == ("worker4", "dispatched", case.due_at)
    async with transaction(sessions) as session:
        assert await my_tasks(session, "worker4") == case.tasks
        assert await list_alerts(session, open_only=True) == ()
        (alert,) = await list_alerts(session)
        sent = [(row.topic, row.payload) for row in await waiting(session, 100)][2:]
    assert (alert.change, alert.case_state, alert.case_version) == ("confirmed", "dispatched", 3)
    assert [topic for topic, _ in sent] == ["cases", "cases", "tasks", "alerts"]
    assert [p["state"] for topic, p in sent if topic == "cases"] == ["filed", "dispatched"]
    assert (sent[-1][1]["change"], sent[-1][1]["case_version"]) == ("confirmed", 3)


async def test_a_case_is_worked_checked_and_closed(sessions: Sessions) -> None:
    (case_id,) = await report(sessions, pictures="1")
    handled = await to_handled(sessions, case_id)
    assert (handled.holder, handled.handled_by) == ("desk", "worker4")
    assert [(item.kind, item.by) for item in handled.evidence_items] == [
        ("camera", "cam-001"), ("after", "worker4"),
    ]  # fmt: skip
    task = handled.tasks[0]
    assert (task.state, task.accepted_at, task.handled_at) == ("handled", NOW, NOW)
    await move(sessions, case_id, State.CHECKED, worker("worker2"))
    closed = await move(sessions, case_id, State.CLOSED, DESK)
    assert (closed.state, closed.holder, closed.version) == ("closed", None, 8)
    assert [found.target for found in actions_for(closed, DESK, county())] == [State.REOPENED]
    async with transaction(sessions) as session:
        assert await my_tasks(session, "worker4") == ()
        assert [task.task_id for task in await my_tasks(session, "worker4", True)] == [
            f"{case_id}-T1"
        ]
    await report(sessions, minutes=300)
    async with transaction(sessions) as session:
        assert len((await list_cases(session, CaseFilter())).items) == 2


async def test_a_failed_check_makes_a_new_task_with_half_the_time(sessions: Sessions) -> None:
    (case_id,) = await report(sessions)
    await to_handled(sessions, case_id)
    again = await move(sessions, case_id, State.REWORK, DESK, note="还在", assignee="worker2")
    assert [(task.task_id[-2:], task.assignee, task.state) for task in again.tasks] == [
        ("T1", "worker4", "handled"), ("T2", "worker2", "dispatched"),
    ]  # fmt: skip
    assert again.due_at == NOW + timedelta(hours=1)
    assert again.due_rule_zh.startswith("返工")
    assert again.holder == "worker2"


async def test_without_one_person_on_duty_an_operator_chooses(sessions: Sessions) -> None:
    (case_id,) = await report(sessions, "cam-500/main/x", place=Place(125.9, 43.9))
    case = await move(sessions, case_id, State.FILED, DESK)
    assert (case.state, case.holder, case.due_at) == ("pending_dispatch", "desk", None)
    with pytest.raises(ProofMissing, match="assignee"):
        await move(sessions, case_id, State.DISPATCHED, DESK)
    with pytest.raises(NotFound, match="nobody"):
        await move(sessions, case_id, State.DISPATCHED, DESK, assignee="nobody")
    with pytest.raises(NotAllowed, match="desk2"):
        await move(sessions, case_id, State.DISPATCHED, DESK, assignee="desk2")
    case = await move(sessions, case_id, State.DISPATCHED, DESK, assignee="worker1")
    assert (case.state, case.holder) == ("dispatched", "worker1")


async def test_a_person_on_duty_without_an_account_is_never_sent(sessions: Sessions) -> None:
    (case_id,) = await report(sessions)
    async with transaction(sessions) as session:
        await session.execute(delete(t.users).where(t.users.c.username == "worker4"))
    case = await move(sessions, case_id, State.FILED, DESK)
    assert (case.state, case.holder) == ("pending_dispatch", "desk")
    with pytest.raises(ProofMissing, match="assignee"):
        await move(sessions, case_id, State.DISPATCHED, DESK)
    case = await move(sessions, case_id, State.DISPATCHED, DESK, assignee="worker1")
    assert (case.state, case.holder) == ("dispatched", "worker1")


async def test_what_the_camera_saw_is_no_proof_of_the_handling(sessions: Sessions) -> None:
    (case_id,) = await report(sessions, pictures="b")
    await move(sessions, case_id, State.FILED, DESK)
    await move(sessions, case_id, State.ACCEPTED, FOUR)
    await move(sessions, case_id, State.ARRIVED, FOUR)
    with pytest.raises(ProofMissing, match="camera"):
        await move(sessions, case_id, State.HANDLED, FOUR, evidence_sha256="b" * 64)
    case = await move(sessions, case_id, State.HANDLED, FOUR, evidence_sha256=PHOTO)
    assert {item.sha256[0]: item.kind for item in case.evidence_items} == {
        "b": "camera", "a": "after",
    }  # fmt: skip


@pytest.mark.parametrize(
    "place",
    [
        "", "nothing", "2026-11-23T01:00:00|YT1", "2026-11-23T01:00:00+00:00|a\x00b",
        "0001-01-01T00:00:00+14:00|YT1",
    ],
)  # fmt: skip
async def test_a_page_that_nobody_was_given_is_not_found(sessions: Sessions, place: str) -> None:
    before = base64.urlsafe_b64encode(place.encode()).decode() or "="
    with pytest.raises(NotFound, match="no such page"):
        async with transaction(sessions) as session:
            await list_cases(session, CaseFilter(before=before))


async def test_a_person_on_the_roster_without_an_account_is_not_sent(sessions: Sessions) -> None:
    async with transaction(sessions) as session:
        await session.execute(
            update(t.users).where(t.users.c.username == "worker4").values(role="admin")
        )
    (case_id,) = await report(sessions)
    case = await move(sessions, case_id, State.FILED, DESK)
    assert case.state == "pending_dispatch"
    assert "worker4" in case.transitions[-1].note


async def test_a_manhole_is_urgent_around_the_clock(sessions: Sessions) -> None:
    (case_id,) = await report(sessions, "cam-002/main/cover", category=MANHOLE)
    night = NOW.replace(hour=15)
    case = await move(sessions, case_id, State.FILED, DESK, at=night)
    assert (case.severity, case.holder) == (1, "worker3")
    assert case.due_at == night + timedelta(hours=2)


async def test_not_filing_rejects_the_alert_and_frees_the_subject(sessions: Sessions) -> None:
    (case_id,) = await report(sessions)
    case = await move(sessions, case_id, State.NOT_FILED, DESK, reason_code=1)
    assert (case.state, case.transitions[-1].reason_code) == ("not_filed", 1)
    async with transaction(sessions) as session:
        (alert,) = await list_alerts(session)
        last = (await waiting(session, 100))[-1]
    assert (alert.change, last.payload["change"]) == ("rejected", "rejected")
    before = len(await report(sessions, minutes=30))
    assert before == 2
    async with transaction(sessions) as session:
        cleared = incident(change="cleared")
        await take_incidents(session, [cleared], county(), NOW)
        assert (await waiting(session, 100))[-1].payload["change"] == "opened"
        assert (await get_case(session, case_id)).condition == "cleared"


async def test_an_operator_merges_one_case_into_another(sessions: Sessions) -> None:
    one, two = await report(sessions, "cam-001/main/a", "cam-006/main/b", pictures="1")
    for wrong in (one, "YT-none"):
        with pytest.raises((IllegalTransition, NotFound)):
            await move(sessions, one, State.MERGED, DESK, merge_into=wrong)
    case = await move(sessions, one, State.MERGED, DESK, merge_into=two)
    assert (case.state, case.incidents) == ("merged", ())
    async with transaction(sessions) as session:
        target = await get_case(session, two)
    assert (target.incident_count, len(target.incidents)) == (2, 2)
    assert one in target.merge_reason_zh
    with pytest.raises(IllegalTransition):
        await move(sessions, two, State.MERGED, DESK, merge_into=one)


async def test_two_at_once_one_wins_and_the_other_is_told(sessions: Sessions) -> None:
    (case_id,) = await report(sessions)
    results = await asyncio.gather(
        *(
            move(sessions, case_id, to, DESK, expected_version=1, reason_code=1)
            for to in (State.FILED, State.NOT_FILED) * 4
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(item, CaseDetail) for item in results) == 1
    assert sum(isinstance(item, StaleVersion) for item in results) == 7


async def test_a_refused_move_writes_nothing(sessions: Sessions) -> None:
    (case_id,) = await report(sessions)
    async with transaction(sessions) as session:
        before = await waiting(session, 100)
    for to, actor in ((State.FILED, FOUR), (State.CLOSED, DESK)):
        with pytest.raises((NotAllowed, IllegalTransition)):
            await move(sessions, case_id, to, actor)
    with pytest.raises(NotFound, match="YT-none"):
        await move(sessions, "YT-none", State.FILED, DESK)
    async with transaction(sessions) as session:
        assert await waiting(session, 100) == before
        assert (await session.execute(select(t.transitions))).all()[1:] == []


async def test_a_worker_sees_their_own_and_nobody_else_does(sessions: Sessions) -> None:
    east, west = await report(sessions, "cam-001/main/a", "cam-004/main/b", pictures="1")
    for case_id in (east, west):
        await move(sessions, case_id, State.FILED, DESK)
    seen = {
        "worker1": {west}, "worker2": {east}, "worker4": {east, west}, "stranger": set(),
    }  # fmt: skip
    async with transaction(sessions) as session:
        for name, expected in seen.items():
            actor = worker(name)
            page = await list_cases(session, CaseFilter(visible_to=actor))
            assert {item.case_id for item in page.items} == expected
            for case_id in (east, west):
                assert await may_see_case(session, actor, case_id) == (case_id in expected)
        nobody = Actor("system", Role.SYSTEM)
        assert (await list_cases(session, CaseFilter(visible_to=nobody))).items == ()
        assert await case_of_evidence(session, worker("worker1"), "1" * 64) == west
        with pytest.raises(NotFound):
            await case_of_evidence(session, worker("stranger"), "1" * 64)
        with pytest.raises(NotFound):
            await get_case(session, east, visible_to=worker("worker1"))


async def test_lists_are_filtered_and_paged(sessions: Sessions) -> None:
    subjects = [f"cam-3{n:02d}/main/x" for n in range(7)]
    for n, subject in enumerate(subjects):
        await report(sessions, subject, place=Place(125.2812 + n * 0.004, 43.336))
    await report(sessions, "cam-002/main/cover", category=MANHOLE)
    async with transaction(sessions) as session:
        pages, before = [], None
        while True:
            page = await list_cases(session, CaseFilter(limit=3, before=before))
            pages.append([item.case_id for item in page.items])
            before = page.next
            if before is None:
                break
        assert [len(page) for page in pages] == [3, 3, 2]
        whole = [case_id for page in pages for case_id in page]
        assert whole == sorted(whole, reverse=True)

        async def found(**fields: Any) -> int:
            return len((await list_cases(session, CaseFilter(**fields))).items)

        assert await found(categories=("ar_manhole",)) == 1
        assert await found(states=("closed",)) == 0
        assert await found(states=("reported", "closed")) == 8
        assert await found(text="CAM-302") == 1
        assert await found(text="100%_") == 0
        assert await found(text=whole[0]) == 1
        assert await found(assignee="worker1") == 0
        assert await found(grid_codes=("22032390100201",)) == 1
        with pytest.raises(NotFound, match="page"):
            await list_cases(session, CaseFilter(before="nonsense"))


async def test_the_counts_of_the_day(sessions: Sessions) -> None:
    one, _ = await report(sessions, "cam-001/main/a", "cam-004/main/b")
    await report(sessions, "cam-001/main/a", minutes=20)
    await move(sessions, one, State.FILED, DESK)
    async with transaction(sessions) as session:
        today = await counts(session, AT)
        assert today["by_state"] == {"reported": 1, "dispatched": 1}
        assert today["by_category"] == {"cp_parking": 2}
        assert today["by_severity"] == {"4": 2}
        assert (today["cases"], today["alerts"]) == (2, 3)
        assert (await counts(session, NOW + timedelta(days=1)))["cases"] == 0
        assert await open_cases_by_grid(session) == {"22032390100201": 1, "22032390100102": 1}


async def test_actions_are_what_the_person_may_do(sessions: Sessions) -> None:
    (case_id,) = await report(sessions)
    case = await to_handled(sessions, case_id)
    desk = {move.target: move.needs for move in actions_for(case, DESK, county())}
    assert desk == {
        State.CHECKED: frozenset(),
        State.REWORK: frozenset({Need.NOTE}),
        State.HANDED_OVER: frozenset({Need.RECEIPT}),
    }
    assert actions_for(case, FOUR, county()) == ()
    async with transaction(sessions) as session:
        with pytest.raises(NotFound):
            await get_task(session, "none")
