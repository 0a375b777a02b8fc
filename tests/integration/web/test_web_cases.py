"""A case from the camera to its end, through the REST API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import cv2
import numpy as np
import pytest
from sqlalchemy import select

from yitong_command.errors import DetectorFailed
from yitong_command.storage import tables as t
from yitong_command.storage.session import transaction
from yitong_command.web.cases.schemas import CaseDetail, CaseSummary


def photo() -> bytes:
    pixels = np.full((480, 640, 3), 120, np.uint8)
    return bytes(cv2.imencode(".jpg", pixels)[1].tobytes())


async def move(client: Any, case: dict[str, Any], to: str, **more: Any) -> dict[str, Any]:
    body = {"to": to, "version": case["version"], **more}
    answer = await client.post(f"/api/cases/{case['case_id']}/transitions", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def dispatched(world: Any) -> tuple[dict[str, Any], str]:
    """A case that was filed and is with a worker."""
    desk = await world.client("desk")
    case = (await desk.get(f"/api/cases/{await world.report()}")).json()
    case = await move(desk, case, "filed")
    if case["state"] != "dispatched":
        case = await move(desk, case, "dispatched", assignee="worker1")
    return case, case["holder"]


async def test_a_case_from_the_camera_to_its_end(world: Any) -> None:
    desk = await world.client("desk")
    (alert,) = (await desk.get("/api/alerts")).json()["items"] if await world.report() else ()
    case = (await desk.get(f"/api/cases/{alert['case_id']}")).json()
    assert (case["state"], case["holder"]) == ("reported", None)
    assert {action["to"] for action in case["actions"]} == {
        "filed", "not_filed", "pending_verify",
    }  # fmt: skip
    assert case["incidents"][0]["box"] == {"x0": 0.4, "y0": 0.5, "x1": 0.6, "y1": 0.8}
    case = await move(desk, case, "filed")
    assert (await desk.get("/api/alerts")).json()["items"] == []
    if case["state"] == "pending_dispatch":
        assert {"to": "dispatched", "kind": "dispatch", "needs": ["assignee"]} in case["actions"]
        case = await move(desk, case, "dispatched", assignee="worker1")
    assert case["due_rule_zh"]
    assert case["due_rule_en"]
    worker = await world.client(case["holder"])
    (task,) = (await worker.get("/api/tasks")).json()["items"]
    for step, more in (("accept", {}), ("arrive", {"lon": 125.3, "lat": 43.34})):
        world.time.now += timedelta(minutes=5)
        body = {"version": task["case_version"], **more}
        task = (await worker.post(f"/api/tasks/{task['task_id']}/{step}", json=body)).json()
    answer = await worker.post(
        f"/api/tasks/{task['task_id']}/handle",
        data={"version": str(task["case_version"]), "note": "已清理"},
        files={"photo": ("photo.jpg", photo(), "image/jpeg")},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "handled"
    assert (await worker.get("/api/tasks")).json()["items"] == []
    assert len((await worker.get("/api/tasks?done=true")).json()["items"]) == 1
    case = (await desk.get(f"/api/cases/{case['case_id']}")).json()
    (after,) = [item for item in case["evidence"] if item["kind"] == "after"]
    picture = await desk.get(f"/api/evidence/{after['sha256']}.jpg")
    assert picture.headers["content-type"] == "image/jpeg"
    assert "immutable" in picture.headers["cache-control"]
    case = await move(desk, case, "checked")
    case = await move(desk, case, "closed", note="现场已恢复")
    assert (case["state"], case["holder"], case["step"]) == ("closed", None, "close")
    assert [action["kind"] for action in case["actions"]] == ["reopen"]
    steps = [step["to_state"] for step in case["transitions"]]
    assert steps[0] == "reported"
    assert steps[-5:] == ["accepted", "arrived", "handled", "checked", "closed"]
    assert CaseDetail.model_validate(case)


async def test_every_move_and_view_is_in_the_audit_trail(world: Any) -> None:
    case, holder = await dispatched(world)
    desk = await world.client("desk")
    await desk.get(f"/api/evidence/{case['evidence'][0]['sha256']}.jpg")
    worker = await world.client(holder)
    (task,) = (await worker.get("/api/tasks")).json()["items"]
    body = {"version": task["case_version"]}
    await worker.post(f"/api/tasks/{task['task_id']}/accept", json=body)
    async with transaction(world.web.readers) as session:
        rows = list((await session.execute(select(t.audit).order_by(t.audit.c.id))).mappings())
    done = [(row["actor"], row["action"], row["object"]) for row in rows]
    assert ("desk", "case_moved", case["case_id"]) in done
    assert (holder, "case_moved", case["case_id"]) in done
    assert ("desk", "evidence_viewed", case["evidence"][0]["sha256"]) in done


async def test_two_operators_at_once_one_is_told_that_the_other_was_faster(world: Any) -> None:
    case_id = await world.report()
    body = {"to": "filed", "version": 1}
    answers = [
        await (await world.client(name)).post(f"/api/cases/{case_id}/transitions", json=body)
        for name in ("desk", "desk2")
    ]
    assert [answer.status_code for answer in answers] == [200, 409]
    problem = answers[1].json()
    assert problem["code"] == "stale_version"
    assert problem["detail_zh"]
    assert problem["detail_en"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"to": "closed"}, 409, "illegal_transition"),
        ({"to": "not_filed"}, 422, "proof_missing"),
        ({"to": "accepted"}, 409, "illegal_transition"),
        ({"to": "nowhere"}, 422, "invalid"),
        ({"to": "filed", "surprise": 1}, 422, "invalid"),
        ({"to": "filed", "note": "a\x00b"}, 422, "invalid"),
        ({"to": "not_filed", "reason_code": 12}, 422, "invalid"),
        ({"to": "filed", "evidence": "b" * 64}, 404, "not_found"),
    ],
)
async def test_a_wrong_move_is_refused_with_its_reason(
    world: Any, body: dict[str, Any], status: int, code: str
) -> None:
    case_id = await world.report()
    desk = await world.client("desk")
    answer = await desk.post(f"/api/cases/{case_id}/transitions", json={"version": 1, **body})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    if code == "invalid":
        assert answer.json()["field"]


async def test_a_reject_carries_its_reason(world: Any) -> None:
    desk = await world.client("desk")
    case = (await desk.get(f"/api/cases/{await world.report()}")).json()
    case = await move(desk, case, "not_filed", reason_code=3)
    assert case["transitions"][-1]["reason_code"] == 3
    (alert,) = (await desk.get("/api/alerts?open=false")).json()["items"]
    assert alert["change"] == "rejected"


async def test_the_list_is_filtered_and_paged(world: Any) -> None:
    cameras = ["cam-001", "cam-003", "cam-004", "cam-006"]
    for number, camera_id in enumerate(cameras):
        world.time.now += timedelta(minutes=200 * number)
        await world.report(camera_id)
    desk = await world.client("desk")
    seen: list[str] = []
    before = None
    while True:
        params = {"limit": 3} | ({"before": before} if before else {})
        page = (await desk.get("/api/cases", params=params)).json()
        seen += [CaseSummary.model_validate(item).case_id for item in page["items"]]
        before = page["next"]
        if before is None:
            break
    assert len(seen) == len(set(seen)) == len(cameras)
    assert (await desk.get("/api/cases?state=closed")).json()["items"] == []
    assert len((await desk.get("/api/cases?state=reported,filed")).json()["items"]) == len(cameras)
    assert len((await desk.get("/api/cases", params={"q": seen[0]})).json()["items"]) == 1
    assert (await desk.get("/api/cases?before=nonsense")).status_code == 404


async def test_a_task_is_only_for_its_worker(world: Any) -> None:
    case, holder = await dispatched(world)
    other = "worker2" if holder != "worker2" else "worker1"
    client = await world.client(other)
    task_id = case["tasks"][0]["task_id"]
    for step in ("accept", "arrive"):
        body = {"version": case["version"]}
        answer = await client.post(f"/api/tasks/{task_id}/{step}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    answer = await client.post(
        f"/api/tasks/{task_id}/handle", data={"version": "1"}, files={"photo": photo()}
    )
    assert answer.status_code == 403


async def ready_to_handle(world: Any) -> tuple[Any, dict[str, Any]]:
    _, holder = await dispatched(world)
    worker = await world.client(holder)
    (task,) = (await worker.get("/api/tasks")).json()["items"]
    for step in ("accept", "arrive"):
        body = {"version": task["case_version"]}
        task = (await worker.post(f"/api/tasks/{task['task_id']}/{step}", json=body)).json()
    return worker, task


async def test_a_photo_that_can_not_be_blurred_is_not_stored(world: Any, monkeypatch: Any) -> None:
    worker, task = await ready_to_handle(world)

    def broken(_photo: bytes) -> bytes:
        raise DetectorFailed("the model is gone")

    monkeypatch.setattr(type(world.web.masker), "_prepare", lambda _self, photo: broken(photo))
    before = sorted(world.settings.evidence_dir.rglob("*.jpg"))
    answer = await worker.post(
        f"/api/tasks/{task['task_id']}/handle",
        data={"version": str(task["case_version"])},
        files={"photo": photo()},
    )
    assert (answer.status_code, answer.json()["code"]) == (503, "masking_unavailable")
    assert sorted(world.settings.evidence_dir.rglob("*.jpg")) == before


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [(b"no picture", 422, "photo_refused"), (bytes(10_000_000), 413, "too_large")],
    ids=["garbage", "too-large"],
)
async def test_what_is_no_photo_is_refused(world: Any, data: bytes, status: int, code: str) -> None:
    worker, task = await ready_to_handle(world)
    answer = await worker.post(
        f"/api/tasks/{task['task_id']}/handle",
        data={"version": str(task["case_version"])},
        files={"photo": data},
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_altered_evidence_is_not_shown_and_is_audited(world: Any) -> None:
    case_id = await world.report()
    desk = await world.client("desk")
    sha = (await desk.get(f"/api/cases/{case_id}")).json()["evidence"][0]["sha256"]
    next(world.settings.evidence_dir.rglob(f"{sha}.jpg")).write_bytes(b"\xff\xd8\xff another")
    answer = await desk.get(f"/api/evidence/{sha}.jpg")
    assert (answer.status_code, answer.json()["code"]) == (500, "evidence_altered")
    assert "immutable" not in answer.headers.get("cache-control", "")
    async with transaction(world.web.readers) as session:
        actions = list(await session.scalars(select(t.audit.c.action)))
    assert actions.count("evidence_altered") == 1
