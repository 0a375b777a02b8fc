"""Volunteer groups, campaigns counted over their tasks, and mediation squads, over REST."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import update

from tests.integration.web.conftest import cheap_passwords, password_of
from tests.integration.web.test_web_cases import dispatched
from yitong_command.domain.clock import WorkCalendar
from yitong_command.domain.roster import Duty, Roster
from yitong_command.domain.team import CHECKS, GROUPS, STEPS, form, next_step, step_due, unanswered
from yitong_command.storage import tables as t
from yitong_command.storage.session import transaction
from yitong_command.web.auth.seed import ensure_user

GRID = "22032390100101"
FINE = dict.fromkeys(CHECKS, "fine")


def test_a_squad_takes_the_nearest_of_each_seat_and_nobody_twice() -> None:
    at = datetime(2026, 11, 23, 2, tzinfo=UTC)
    duties = (
        Duty("far", "A", "police_station", None),
        Duty("near", "A", "police_station", frozenset({GRID[:9]})),
        Duty("near", "A", "township_duty", frozenset({GRID[:9]})),
        Duty("head", "A", "tun_head", frozenset({GRID})),
        Duty("away", "A", "grid_leader", frozenset({"22032390100102"})),
    )
    squad = form(Roster(duties), GRID, at)
    assert {(m.username, m.seat) for m in squad.members} == {
        ("near", "three"), ("far", "three"), ("head", "n"),
    }  # fmt: skip
    assert squad.missing == ("grid_worker",)
    assert (len(GROUPS), len(CHECKS), len(STEPS)) == (8, 4, 4)
    assert [next_step(number) for number in (1, 2, 3, 4)] == [2, 3, 4, None]
    assert unanswered(["care"]) == ("hazard", "fraud_safety", "surroundings")


def test_the_four_levels_take_seven_working_days() -> None:
    calendar = WorkCalendar(frozenset({2026}), frozenset(), frozenset())
    at = begun = datetime(2026, 11, 23, 0, tzinfo=UTC)
    for number in range(1, len(STEPS) + 1):
        at = step_due(number, at, calendar)
    assert timedelta(days=7) < at - begun <= timedelta(days=10), at


async def lead_of(world: Any) -> Any:
    await ensure_user(
        world.web.sessions, "lead", "值班长", "Lead", "supervisor", (), "A",
        password_of("lead"), cheap_passwords(),
    )  # fmt: skip
    return await world.client("lead")


async def test_a_campaign_counts_what_was_really_done(world: Any) -> None:
    lead, worker, desk = (
        await lead_of(world), await world.client("worker1"), await world.client("desk"),
    )  # fmt: skip
    grids = [grid.code for grid in world.web.county.grids][:2]
    plan = {
        "title": "雪后清扫", "goal": "两天内清完", "grids": grids,
        "groups": ["environment", "care"],
        "begins_at": world.now.isoformat(), "tasks": ["清扫主路"],
        "ends_at": (world.now + timedelta(days=2)).isoformat(),
    }  # fmt: skip
    assert (await desk.post("/api/campaigns", json=plan)).status_code == 403
    wrong = await lead.post("/api/campaigns", json=plan | {"grids": ["1"]})
    assert wrong.status_code == 403
    backwards = plan | {"ends_at": (world.now - timedelta(days=1)).isoformat()}
    assert (await lead.post("/api/campaigns", json=backwards)).status_code == 409
    answer = await lead.post("/api/campaigns", json=plan)
    assert answer.status_code == 200, answer.text
    (made,) = answer.json()["items"]
    assert [(p["group"], p["done"], p["total"]) for p in made["progress"]] == [
        ("care", 0, 2), ("environment", 0, 2),
    ]  # fmt: skip
    path = f"/api/campaigns/{made['campaign_id']}/tasks"
    task = next(
        item
        for item in (await worker.get(path)).json()["items"]
        if item["group_code"] == "environment"
    )
    done = f"/api/campaigns/tasks/{task['task_id']}/done"
    assert (await worker.post(done, json={"note": "扫完了"})).status_code == 403
    joined = await lead.post("/api/teams/groups/environment", json={"username": "worker1"})
    assert [g["members"] for g in joined.json()["items"] if g["code"] == "environment"] == [
        ["worker1"]
    ]
    answer = await worker.post(done, json={"note": "扫完了"})
    assert answer.status_code == 200, answer.text
    (after,) = answer.json()["items"]
    assert {p["group"]: p["done"] for p in after["progress"]} == {"care": 0, "environment": 1}
    assert (await worker.post(done, json={"note": "again"})).status_code == 409
    world.time.now += timedelta(days=3)
    worker = await world.client("worker1")
    late = await worker.get(path)
    open_task = next(
        item
        for item in late.json()["items"]
        if item["group_code"] == "environment" and item["done_at"] is None
    )
    over = await worker.post(
        f"/api/campaigns/tasks/{open_task['task_id']}/done", json={"note": "x"}
    )
    assert over.status_code == 409


async def test_a_dispute_has_its_squad_visits_levels_and_result(world: Any) -> None:
    case, _ = await dispatched(world)
    desk = await world.client("desk")
    path = f"/api/cases/{case['case_id']}/squad"
    assert (await desk.post(path)).status_code == 409
    async with transaction(world.web.sessions) as session:
        here = t.cases.c.case_id == case["case_id"]
        changed = {"category": "ex_dispute", "subtype": "neighbour"}
        await session.execute(update(t.cases).where(here).values(changed))
    squad = (await desk.post(path)).json()
    (holder,) = [m["username"] for m in squad["members"] if m["role"] == "grid_worker"]
    worker = await world.client(holder)
    assert "police_station" in squad["missing"]
    assert (await desk.post(path)).status_code == 409
    early = await desk.post(f"{path}/result", json={"result": "agreed", "note": "x"})
    assert early.json()["code"] == "proof_missing"
    visit = {
        "visited_at": world.now.isoformat(), "note": "双方愿意谈", "checks": {"hazard": "fine"},
    }  # fmt: skip
    missing = await worker.post(f"{path}/visits", json=visit)
    assert missing.json()["code"] == "proof_missing"
    assert "困难与关爱需求" in missing.json()["detail_zh"]
    stranger = visit | {"checks": FINE, "companions": ["desk"]}
    assert (await worker.post(f"{path}/visits", json=stranger)).status_code == 403
    kept = await worker.post(f"{path}/visits", json=visit | {"checks": FINE})
    assert [item["by"] for item in kept.json()["visits"]] == [holder]
    up = (await desk.post(f"{path}/pass-up", json={"note": "村里再谈"})).json()
    assert [(step["number"], step["ended_at"] is None) for step in up["steps"]] == [
        (1, False), (2, True),
    ]  # fmt: skip
    referred = await desk.post(f"{path}/result", json={"result": "referred", "note": "诉讼"})
    assert referred.status_code == 409
    ended = (await desk.post(f"{path}/result", json={"result": "agreed", "note": "和解"})).json()
    assert (ended["result"], ended["result_by"]) == ("agreed", "desk")
    again = await worker.post(f"{path}/visits", json=visit | {"checks": FINE})
    assert again.status_code == 409
