"""Claims: two operators never work on the same alert without seeing it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from yitong_command.storage import tables as t
from yitong_command.storage.claims import LASTS
from yitong_command.storage.session import transaction


def _address(case_id: str) -> str:
    return f"/api/cases/{case_id}/claim"


async def test_a_claim_is_seen_refused_to_others_and_taken_over_on_purpose(world: Any) -> None:
    case_id = await world.report()
    one, two = await world.client("desk"), await world.client("desk2")
    made = await one.put(_address(case_id), json={})
    assert (made.status_code, made.json()["username"]) == (200, "desk")
    [seen] = (await two.get("/api/claims")).json()["items"]
    assert (seen["case_id"], seen["name_zh"]) == (case_id, "desk-中文")

    refused = await two.put(_address(case_id), json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "claimed")
    assert "desk-中文" in refused.json()["detail_zh"]
    taken = await two.put(_address(case_id), json={"take": True})
    assert (taken.status_code, taken.json()["username"]) == (200, "desk2")
    assert (await one.put(_address(case_id), json={})).status_code == 409
    async with transaction(world.web.sessions) as session:
        query = select(t.audit.c.actor, t.audit.c.detail).where(t.audit.c.action == "claim_taken")
        assert (await session.execute(query)).all() == [("desk2", {"from": "desk"})]


async def test_a_claim_ends_when_it_is_given_back_or_not_renewed(world: Any) -> None:
    case_id = await world.report()
    one, two = await world.client("desk"), await world.client("desk2")
    await one.put(_address(case_id), json={})
    assert (await two.delete(_address(case_id))).status_code == 204
    assert (await two.get("/api/claims")).json()["items"] != [], "others can't end it"
    assert (await one.delete(_address(case_id))).status_code == 204
    assert (await two.get("/api/claims")).json()["items"] == []

    first = (await one.put(_address(case_id), json={})).json()
    world.time.now += LASTS - timedelta(seconds=1)
    renewed = (await one.put(_address(case_id), json={})).json()
    assert renewed["taken_at"] == first["taken_at"]
    assert renewed["until"] > first["until"]
    world.time.now += LASTS
    assert (await one.get("/api/claims")).json()["items"] == []
    assert (await two.put(_address(case_id), json={})).status_code == 200


async def test_of_two_that_ask_at_once_one_gets_it(world: Any) -> None:
    case_id = await world.report()
    clients = [await world.client("desk"), await world.client("desk2")]
    answers = await asyncio.gather(*(client.put(_address(case_id), json={}) for client in clients))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_a_claim_is_told_to_the_desks_at_once_and_renewing_it_is_not(world: Any) -> None:
    case_id = await world.report()
    desk = await world.client("desk")
    ring = world.web.feed.ring
    before = ring.head
    await desk.put(_address(case_id), json={})
    world.time.now += timedelta(seconds=15)
    await desk.put(_address(case_id), json={})
    await desk.delete(_address(case_id))
    told = [slot.entry for slot in ring.slots(before, ring.head)]
    assert [entry.event for entry in told] == ["claim", "claim"]
    assert b'"claim":{' in told[0].body
    assert b'"claim":null' in told[1].body
    assert {entry.grid_code for entry in told} == {await world.grid_of(case_id)}


async def test_workers_and_unknown_cases_have_no_claims(world: Any) -> None:
    case_id = await world.report()
    worker, desk = await world.client("worker1"), await world.client("desk")
    assert (await worker.put(_address(case_id), json={})).status_code == 403
    assert (await worker.get("/api/claims")).status_code == 403
    assert (await desk.put(_address("YT20990101-000001"), json={})).status_code == 404
