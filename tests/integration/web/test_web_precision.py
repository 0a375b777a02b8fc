"""How often alerts were right, over the API; and the second look in the alert list."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest


async def judge(world: Any, number: int, body: dict[str, Any]) -> None:
    """So many alerts of one camera, an hour apart, each decided at once."""
    for _ in range(number):
        desk = await world.client("desk")  # a shift is shorter than all of these
        case_id = await world.report("cam-001")
        answer = await desk.post(f"/api/cases/{case_id}/transitions", json={"version": 1, **body})
        assert answer.status_code == 200, answer.text
        world.time.now += timedelta(minutes=61)


async def precision(desk: Any, days: int = 30) -> dict[str, Any]:
    answer = await desk.get(f"/api/stats/precision?days={days}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_counts_first_a_rate_from_twenty_and_then_a_second_look(world: Any) -> None:
    desk = await world.client("admin")
    assert await precision(desk) == {
        "since": "2026-10-24T02:00:00Z", "days": 30, "bar": 0.7, "items": [], "by_hour": [],
    }  # fmt: skip
    reject = {"to": "not_filed", "reason_code": 1}
    await judge(world, 19, reject)
    await judge(world, 2, {"to": "not_filed", "reason_code": 4})
    desk = await world.client("desk")
    (item,) = (await precision(desk))["items"]
    assert item == {
        "kind": "illegal_parking", "camera_id": "cam-001", "reviewed": 19, "confirmed": 0,
        "precision": None, "low": None, "high": None, "second_look": False,
    }  # fmt: skip
    await judge(world, 1, reject)
    body = await precision(await world.client("desk"))
    (item,) = body["items"]
    assert (item["reviewed"], item["precision"], item["low"]) == (20, 0.0, 0.0)
    assert item["high"] == pytest.approx(0.1611, abs=1e-4)
    assert item["second_look"] is True
    assert sum(hour["reviewed"] for hour in body["by_hour"]) == 20
    assert all(hour["precision"] is None for hour in body["by_hour"])
    await world.report("cam-001")
    (alert,) = (await (await world.client("desk")).get("/api/alerts")).json()["items"]
    assert alert["second_look"] is True
    # A shorter window has fewer counts; the second look is the same question as before.
    world.time.now += timedelta(days=10)
    (item,) = (await precision(await world.client("desk"), days=1))["items"]
    assert (item["reviewed"], item["precision"], item["second_look"]) == (0, None, True)
    world.time.now += timedelta(days=30)
    assert (await precision(await world.client("desk")))["items"] == []


@pytest.mark.parametrize("days", ["0", "367", "x"])
async def test_a_window_that_is_none_is_refused(world: Any, days: str) -> None:
    desk = await world.client("desk")
    assert (await desk.get(f"/api/stats/precision?days={days}")).status_code == 422
