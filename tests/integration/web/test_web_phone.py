"""The worker's phone over REST: every act once, both times kept, looks at others' work."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import cv2
import numpy as np

from tests.integration.web.test_web_cases import dispatched, photo
from tests.integration.web.test_web_life import handled


def picture(shade: int) -> bytes:
    pixels = np.full((480, 640, 3), 100 + shade, np.uint8)
    return bytes(cv2.imencode(".jpg", pixels)[1].tobytes())


async def test_an_act_sent_twice_is_done_once_and_keeps_both_times(world: Any) -> None:
    case, holder = await dispatched(world)
    worker = await world.client(holder)
    path = f"/api/tasks/{case['tasks'][0]['task_id']}/accept"
    said = world.now
    world.time.now += timedelta(minutes=40)
    body = {
        "version": case["version"], "client_id": str(uuid4()), "said_at": said.isoformat(),
    }  # fmt: skip
    first = await worker.post(path, json=body)
    assert (first.status_code, first.json()["state"]) == (200, "accepted")
    again = await worker.post(path, json=body)
    assert (again.status_code, again.json()) == (200, first.json())
    other = await worker.post(path, json=body | {"client_id": str(uuid4())})
    assert (other.status_code, other.json()["code"]) == (409, "stale_version")
    shown = (await worker.get(f"/api/cases/{case['case_id']}")).json()
    last = shown["transitions"][-1]
    assert (last["to_state"], shown["version"]) == ("accepted", first.json()["case_version"])
    assert "pressed on the phone at 11-23 10:00" in last["note"]


async def test_a_refused_act_may_be_sent_again(world: Any) -> None:
    case, holder = await dispatched(world)
    worker = await world.client(holder)
    task = f"/api/tasks/{case['tasks'][0]['task_id']}"
    body = {"version": case["version"], "client_id": str(uuid4()), "minutes": 30, "note": "缺件"}
    early = await worker.post(f"{task}/extend", json=body)
    assert early.json()["code"] == "illegal_transition"
    accepted = (await worker.post(f"{task}/accept", json={"version": case["version"]})).json()
    asked = await worker.post(f"{task}/extend", json=body | {"version": accepted["case_version"]})
    assert asked.json()["case_state"] == "waiting_extension", asked.text


async def test_a_task_is_handed_back_with_a_reason(world: Any) -> None:
    case, holder = await dispatched(world)
    worker = await world.client(holder)
    path = f"/api/tasks/{case['tasks'][0]['task_id']}/return"
    none = await worker.post(path, json={"version": case["version"], "note": ""})
    assert none.status_code == 422
    back = await worker.post(path, json={"version": case["version"], "note": "不在我的网格"})
    assert (back.json()["state"], back.json()["case_state"]) == ("returned", "pending_dispatch")


async def test_after_a_barrier_one_press_says_it_is_done(world: Any) -> None:
    case, holder = await dispatched(world)
    worker = await world.client(holder)
    task = f"/api/tasks/{case['tasks'][0]['task_id']}"
    for step in ("accept", "arrive"):
        world.time.now += timedelta(minutes=1)
        case = (
            await worker.post(
                f"{task}/{step}", json={"version": case.get("case_version", case.get("version"))}
            )
        ).json()
    for step, state in (("protect", "protected"), ("handle", "handled")):
        world.time.now += timedelta(minutes=1)
        answer = await worker.post(
            f"{task}/{step}", data={"version": str(case["case_version"])},
            files={"photo": ("p.jpg", picture(len(step)), "image/jpeg")},
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        case = answer.json()
        assert case["case_state"] == state


async def test_others_work_is_checked_and_never_ones_own(world: Any) -> None:
    case = await handled(world)
    own = await world.client(case["handled_by"])
    assert (await own.get("/api/looks")).json()["items"] == []
    path = f"/api/looks/{case['case_id']}"
    form = {"result": "fixed", "version": str(case["version"]), "client_id": str(uuid4())}
    mine = await own.post(path, data=form)
    assert (mine.status_code, mine.json()["code"]) == (403, "not_allowed")
    found = 0
    for name in ("worker1", "worker2", "worker3", "worker4"):
        worker = await world.client(name)
        items = (await worker.get("/api/looks")).json()["items"]
        if not items:
            continue
        found += 1
        assert (items[0]["kind"], items[0]["after"] is not None) == ("check", True)
        assert (await worker.post(path, data=form | {"result": "exists"})).status_code == 409
        done = await worker.post(path, data=form)
        assert done.json()["state"] == "checked", done.text
        assert (await worker.post(path, data=form)).json() == done.json()
        break
    assert found == 1


async def test_who_is_named_verifies_a_report_elsewhere_too(world: Any) -> None:
    case_id = await world.report()
    desk = await world.client("desk")
    case = (await desk.get(f"/api/cases/{case_id}")).json()
    body = {"to": "pending_verify", "version": case["version"], "assignee": "worker3"}
    asked = (await desk.post(f"/api/cases/{case_id}/transitions", json=body)).json()
    named, other = await world.client("worker3"), await world.client("worker4")
    (item,) = (await named.get("/api/looks")).json()["items"]
    assert (item["kind"], item["case_id"]) == ("verify", case_id)
    assert (await other.get("/api/looks")).json()["items"] == []
    form = {"result": "not_exist", "version": str(asked["version"])}
    empty = await named.post(f"/api/looks/{case_id}", data=form)
    assert empty.json()["code"] == "proof_missing"
    done = await named.post(
        f"/api/looks/{case_id}", data=form | {"note": "现场没有"},
        files={"photo": ("p.jpg", photo(), "image/jpeg")},
    )  # fmt: skip
    assert done.json()["state"] == "pending_filing", done.text
    shown = (await desk.get(f"/api/cases/{case_id}")).json()
    assert "[not_exist] 现场没有" in shown["transitions"][-1]["note"]
    assert {item["kind"] for item in shown["evidence"]} == {"camera", "before"}
