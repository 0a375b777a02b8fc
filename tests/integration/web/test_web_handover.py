"""The handover sheet over HTTP: made from what there is, signed twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import update

from yitong_command.storage import tables as t
from yitong_command.storage.session import transaction


async def _change(world: Any, case_id: str, **values: Any) -> None:
    async with transaction(world.web.sessions) as session:
        await session.execute(update(t.cases).where(t.cases.c.case_id == case_id).values(**values))


async def test_a_shift_ends_with_two_signatures(world: Any) -> None:
    case_id = await world.report("cam-001")
    await _change(
        world, case_id, grid_code=None, severity=2, due_at=world.now - timedelta(minutes=1)
    )
    desk, other = await world.client("desk"), await world.client("desk2")
    # Outside all grids nobody can be sent by itself: the case stays with who filed it.
    move = {"to": "filed", "version": 1}
    assert (await desk.post(f"/api/cases/{case_id}/transitions", json=move)).status_code == 200
    now = (await desk.get("/api/handovers/sheet")).json()
    assert now["may_sign"] is True
    assert [one["username"] for one in now["people"]] == ["desk2"]
    for name in ("urgent", "overdue", "held"):
        assert [item["case_id"] for item in now["sheet"][name]["items"]] == [case_id], name
    assert now["sheet"]["held"]["items"][0]["holder_name_zh"] == "desk-中文"
    assert now["sheet"]["cameras_total"] == len(world.web.cameras)
    body = {"incoming": "desk2", "note": "三号泵站回电"}
    offered = (await desk.post("/api/handovers", json=body)).json()
    assert offered["state"] == "offered"
    path = f"/api/handovers/{offered['handover_id']}/accept"
    signature = {"sheet_sha256": offered["sheet_sha256"], "note": "收到"}
    assert (await desk.post(path, json=signature)).status_code == 403
    done = await other.post(path, json=signature)
    assert done.status_code == 200, done.text
    assert done.json()["cases"] == [case_id]
    [listed] = (await desk.get("/api/handovers")).json()["items"]
    assert listed == done.json()
    assert (listed["note_out"], listed["note_in"]) == ("三号泵站回电", "收到")
    assert listed["sheet"] == offered["sheet"], "both have signed the same words"
    case = (await other.get(f"/api/cases/{case_id}")).json()
    assert case["holder"] == "desk2"


async def test_a_critical_alert_stops_the_handover_and_says_which(world: Any) -> None:
    case_id = await world.report("cam-001")
    await _change(world, case_id, severity=1)
    desk = await world.client("desk")
    sheet = (await desk.get("/api/handovers/sheet")).json()["sheet"]
    assert sheet["blocked_by"] == [case_id]
    refused = await desk.post("/api/handovers", json={"incoming": "desk2"})
    assert refused.status_code == 409
    assert case_id in refused.json()["detail_zh"]
    assert (await desk.get("/api/handovers")).json()["items"] == []


async def test_a_protected_case_is_on_the_sheet_without_details(world: Any) -> None:
    case_id = await world.report("cam-001")
    await _change(
        world, case_id, category="kp_mental_health", subtype="acute_help", title_zh="梨花巷",
        place_zh="梨花巷", severity=2,
    )  # fmt: skip
    answer = await (await world.client("desk")).get("/api/handovers/sheet")
    assert case_id in answer.text
    assert "梨花巷" not in answer.text
