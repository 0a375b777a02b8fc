"""The interface and the report tell the same figures, from the same query."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.integration.web.conftest import cheap_passwords, password_of
from yitong_command.cli.report import page
from yitong_command.domain.clock import CHINA
from yitong_command.domain.kpi import Period
from yitong_command.storage.kpis import kpis
from yitong_command.storage.session import transaction
from yitong_command.web.auth.seed import ensure_user


async def test_screen_and_report_tell_the_same_with_their_counts(world: Any) -> None:
    one, two = await world.report("cam-001"), await world.report("cam-002", minutes=1)
    desk = await world.client("desk")
    for case_id, body in ((one, {"to": "filed"}), (two, {"to": "not_filed", "reason_code": 1})):
        moved = await desk.post(f"/api/cases/{case_id}/transitions", json={"version": 1, **body})
        assert moved.status_code == 200, moved.text
    world.time.now += timedelta(minutes=1)
    body = (await desk.get("/api/kpis")).json()
    told = {item["code"]: (item["count"], item["of"], item["rate"]) for item in body["figures"]}
    assert told["valid_reports"] == (1, 2, None)
    assert told["filed"] == (1, 2, None)
    assert told["camera_adopted"] == (1, 2, None)
    assert sum(body["reported"].values()) == 2
    day = world.now.astimezone(CHINA).replace(hour=0, minute=0, second=0)
    async with transaction(world.web.readers) as session:
        found = await kpis(session, Period(day, day + timedelta(days=1)))
    html = page(found, world.web.county.taxonomy, 1)
    assert str(date(2026, 11, 23)) in html
    assert "<td>有效上报率 / valid reports</td><td>1 / 2</td><td>–</td>" in html
    assert (
        await desk.get("/api/kpis?from=2026-11-23T00:00&to=2020-01-01T00:00")
    ).status_code == 404


async def test_weeks_and_the_balance_of_work_tell_counts_and_names_only_to_leaders(
    world: Any,
) -> None:
    case_id = await world.report("cam-001")
    desk = await world.client("desk")
    moved = await desk.post(f"/api/cases/{case_id}/transitions", json={"version": 1, "to": "filed"})
    assert moved.json()["state"] == "dispatched"
    world.time.now += timedelta(minutes=1)
    weeks = (await desk.get("/api/kpis/weeks?weeks=3")).json()["items"]
    assert [item["figures"][0]["of"] for item in weeks] == [0, 0, 1]
    load = (await desk.get("/api/kpis/workload")).json()
    assert (load["workers"], load["tasks"], load["busiest"]) == (4, 1, 1)
    assert load["busiest_rate"] is None
    assert {item["name_zh"] for item in load["items"]} == {None}
    await ensure_user(
        world.web.sessions, "lead", "值班长", "Lead", "supervisor", (), "A",
        password_of("lead"), cheap_passwords(),
    )  # fmt: skip
    named = (await (await world.client("lead")).get("/api/kpis/workload")).json()
    assert [item["given"] for item in named["items"]] == [1, 0, 0, 0]
    assert all(item["name_zh"] for item in named["items"])
