"""Questions, tellings and splits over the service: for the desk, answered once, audited."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from tests.integration.test_storage_reports import report
from tests.integration.web.conftest import World
from yitong_command.bus.report_messages import ReportMessage
from yitong_command.domain.geometry import Place
from yitong_command.domain.report import Report, report_id
from yitong_command.storage import tables as t
from yitong_command.storage.report_intake import take_reports
from yitong_command.storage.session import transaction


async def told(world: World, *reports: Report) -> None:
    items = [(one, ReportMessage.of(one).model_dump(mode="json")) for one in reports]
    async with transaction(world.web.sessions) as session:
        await take_reports(session, items, world.web.county, world.now)


async def asked(world: World) -> tuple[str, str, str]:
    first = report()
    place = Place(first.place.lon + 0.0006, first.place.lat) if first.place else None
    await told(world, first, report("GD-2", place=place, address=""))
    items = (await (await world.client("desk")).get("/api/merges/questions")).json()["items"]
    (question,) = items
    return question["question_id"], question["one"]["case_id"], question["other"]["case_id"]


async def test_the_desk_reads_and_answers_a_question_once(world: World) -> None:
    question, newer, older = await asked(world)
    desk = await world.client("desk")
    answer = await desk.post(f"/api/merges/questions/{question}", json={"same": True})
    assert answer.json() == {"question_id": question, "same": True, "case_id": older}
    assert (await desk.get(f"/api/cases/{newer}")).json()["state"] == "merged"
    assert (await desk.get("/api/merges/questions")).json() == {"items": []}
    again = await desk.post(f"/api/merges/questions/{question}", json={"same": False})
    assert again.status_code == 409
    async with transaction(world.web.readers) as session:
        query = select(t.audit.c.actor, t.audit.c.object).where(
            t.audit.c.action == "merge_answered"
        )
        assert [tuple(row) for row in await session.execute(query)] == [("desk", question)]


async def test_no_worker_and_no_stranger_answers(world: World) -> None:
    question, *_ = await asked(world)
    worker, stranger = await world.client("worker1"), await world.client()
    for client, status in ((worker, 403), (stranger, 401)):
        assert (await client.get("/api/merges/questions")).status_code == status
        answer = await client.post(f"/api/merges/questions/{question}", json={"same": True})
        assert answer.status_code == status
    desk = await world.client("desk")
    assert (await desk.post("/api/merges/questions/x", json={"same": True})).status_code == 404
    assert (await desk.post(f"/api/merges/questions/{question}", json={})).status_code == 422


async def test_what_was_told_is_shown_and_taken_out(world: World) -> None:
    numbered = report("GD-1", subject="component:8")
    twin = report("R-1", platform="citizen", source="resident_wechat", subject="component:8",
                  report_id=report_id("citizen", "R-1", 0))  # fmt: skip
    near = report("W-1", platform="worker", source="worker",
                  report_id=report_id("worker", "W-1", 0))  # fmt: skip
    await told(world, near, numbered, twin)
    desk = await world.client("desk")
    (case,) = [one for one in (await desk.get("/api/cases")).json()["items"]
               if one["incident_count"] > 1]  # fmt: skip
    path = f"/api/cases/{case['case_id']}"
    items = (await desk.get(f"{path}/tellings")).json()["items"]
    weighed = [item for item in items if item["split_until"]]
    assert weighed
    assert "%" in weighed[0]["reason_zh"]
    body = {"telling": weighed[0]["telling"], "note": "两处井盖"}
    done = await desk.post(f"{path}/split", json=body)
    assert done.status_code == 200, done.text
    assert (await desk.get(f"/api/cases/{done.json()['case_id']}")).json()["state"] == "reported"
    assert (await desk.post(f"{path}/split", json=body)).status_code == 404
    world.time.now += timedelta(hours=1)
    worker = await world.client("worker1")
    assert (await worker.post(f"{path}/split", json=body)).status_code in {403, 404}
