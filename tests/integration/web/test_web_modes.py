"""Rosters, emergencies and clocks over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from streams.timers import TimerLoop
from tests.integration.web.conftest import World, cheap_passwords, password_of
from yitong_command.storage import tables as t
from yitong_command.storage.roster_seeds import seed_roster
from yitong_command.storage.session import transaction
from yitong_command.web.auth.seed import ensure_user

PROPOSAL = {"areas": ["220323"], "reason": "暴雨红色预警(演示)", "hours": 2}


async def leaders(world: World, *names: str) -> None:
    for name in names:
        await ensure_user(
            world.web.sessions, name, name, name.title(), "supervisor", (), "A",
            password_of(name), cheap_passwords(),
        )  # fmt: skip
    async with transaction(world.web.sessions) as session:
        await seed_roster(session, world.web.county.roster, world.now)


async def test_one_proposes_another_leads_and_everybody_sees_the_banner(world: World) -> None:
    await leaders(world, "lead", "lead2")
    desk, lead, worker = [await world.client(n) for n in ("desk", "lead", "worker4")]
    made = (await desk.post("/api/modes", json=PROPOSAL)).json()
    assert (made["state"], made["may_confirm"], made["areas_zh"]) == ("proposed", False, "全县")
    path = f"/api/modes/{made['mode_id']}"
    refused = await desk.post(f"{path}/confirm")
    assert refused.status_code == 403
    own = (await lead.post("/api/modes", json=PROPOSAL)).json()
    refused = await lead.post(f"/api/modes/{own['mode_id']}/confirm")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    await lead.post(f"/api/modes/{own['mode_id']}/withdraw")
    assert (await worker.get("/api/modes/now")).json() == {"items": []}
    assert (await lead.post(f"{path}/confirm")).json()["state"] == "active"
    (banner,) = (await worker.get("/api/modes/now")).json()["items"]
    assert (banner["my_post"], banner["checked_in"], banner["rehearsal"]) == (True, False, False)
    (banner,) = (await worker.post(f"{path}/check-in")).json()["items"]
    assert banner["checked_in"] is True
    page = await desk.get(f"{path}/debrief.html")
    assert page.status_code == 200
    assert "1 / 1" in page.text
    assert "暴雨红色预警(演示)" in page.text
    assert (await worker.get(f"{path}/debrief")).status_code == 403
    assert (await lead.post(f"{path}/end")).json()["state"] == "ended"
    assert (await worker.get("/api/modes/now")).json() == {"items": []}


async def test_what_can_not_be_switched_is_refused(world: World) -> None:
    desk = await world.client("desk")
    changes: tuple[dict[str, Any], ...] = (
        {"areas": ["999999"]}, {"areas": []}, {"hours": 25}, {"hours": 0}, {"reason": ""},
        {"categories": ["no_such"]}, {"look_percent": 5}, {"sources": ["face"]},
        {"areas": ["2203239010020101"]},
    )  # fmt: skip
    for change in changes:
        answer = await desk.post("/api/modes", json=PROPOSAL | change)
        assert answer.status_code in {404, 422}, change
    assert (await desk.get("/api/modes")).json() == {"items": []}


async def test_who_is_on_duty_is_told_grid_by_grid(world: World) -> None:
    await leaders(world, "lead")
    desk, lead, worker = [await world.client(n) for n in ("desk", "lead", "worker1")]
    now = (await desk.get("/api/rosters/now")).json()
    assert len(now["grids"]) == len(world.web.county.grids)
    assert all(grid["people"] for grid in now["grids"])
    assert {person["post"] for person in now["people"]} == {"A"}
    duty = {
        "username": "worker2", "post": "A", "role": "township_duty", "areas": ["220323901"],
        "shift": {"begins": "20:00", "ends": "08:00", "days": [0]},
    }  # fmt: skip
    assert (await desk.post("/api/rosters/duties", json=duty)).status_code == 403
    made = (await lead.post("/api/rosters/duties", json=duty)).json()
    stale = await lead.put(f"/api/rosters/duties/{made['entry_id']}?version=7", json=duty)
    assert stale.status_code == 409
    night = {"at": "2026-11-23T23:00:00+08:00"}
    roles = {p["role"] for p in (await desk.get("/api/rosters/now", params=night)).json()["people"]}
    assert "township_duty" in roles
    mine = (await worker.get("/api/rosters")).json()["items"]
    assert {item["username"] for item in mine} == {"worker1"}
    gone = await lead.post(f"/api/rosters/duties/{made['entry_id']}/remove", json={"version": 1})
    assert gone.json()["removed"] is True
    history = (await lead.get(f"/api/rosters/{made['entry_id']}/history")).json()["items"]
    assert [item["version"] for item in history] == [2, 1]


async def test_leave_and_swaps_are_asked_and_answered_by_others(world: World) -> None:
    await leaders(world, "lead")
    desk, one, two = [await world.client(n) for n in ("desk", "worker1", "worker2")]
    span = {
        "from_at": world.now.isoformat(), "until_at": (world.now + timedelta(days=1)).isoformat(),
    }  # fmt: skip
    others = await one.post("/api/rosters/leave", json=span | {"username": "worker2"})
    assert others.status_code == 403
    leave = (await one.post("/api/rosters/leave", json=span)).json()
    assert leave["state"] == "asked"
    assert on_duty(await desk.get("/api/rosters/now"), "worker1")
    swap = (await one.post("/api/rosters/swaps", json=span | {"with_user": "worker2"})).json()
    wrong = await one.post(f"/api/rosters/{swap['entry_id']}/answer", json={"agree": True})
    assert wrong.status_code == 403
    await two.post(f"/api/rosters/{swap['entry_id']}/answer", json={"agree": True})
    now = (await desk.get("/api/rosters/now")).json()
    assert {p["stands_in_for"] for p in now["people"]} == {None, "worker1"}
    granted = await desk.post(f"/api/rosters/{leave['entry_id']}/answer", json={"agree": True})
    assert granted.json()["state"] == "granted"
    await two.post(f"/api/rosters/{swap['entry_id']}/withdraw")
    stranger = await world.client("worker3")
    hidden = await stranger.get(f"/api/rosters/{swap['entry_id']}/history")
    assert hidden.status_code == 404


def on_duty(answer: Any, username: str) -> bool:
    return any(person["username"] == username for person in answer.json()["people"])


async def test_the_clock_of_a_case_shows_rules_steps_and_what_was_told(world: World) -> None:
    desk = await world.client("desk")
    case_id = await world.report("cam-002")
    await desk.post(f"/api/cases/{case_id}/transitions", json={"to": "filed", "version": 1})
    clock = (await desk.get(f"/api/cases/{case_id}/clock")).json()
    stages = {due["stage"]: due for due in clock["deadlines"]}
    assert set(stages) == {"accept", "arrive", "resolve", "normal"}
    assert all(due["rule_zh"] and due["rule_en"] for due in stages.values())
    assert clock["light"] == "green"
    assert clock["waiting"]
    assert clock["done"] == []

    class Relay:
        def kick(self) -> None:
            return

    late = world.now + timedelta(hours=3)
    loop = TimerLoop(
        world.web.sessions, world.web.readers, world.web.county, Relay(), "t", lambda: late
    )
    await loop.fire_due()
    world.time.now = late
    desk = await world.client("desk")
    clock = (await desk.get(f"/api/cases/{case_id}/clock")).json()
    assert clock["light"] in {"red", "red2"}
    assert {step["kind"] for step in clock["done"]} >= {"ladder", "yellow", "red"}
    async with transaction(world.web.readers) as session:
        states = set(await session.scalars(select(t.timers.c.state)))
    assert "failed" not in states
