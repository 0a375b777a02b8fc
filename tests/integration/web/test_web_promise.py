"""The ledger and the replay over HTTP: who may ask, and what is answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from yitong_command.domain.ledger import Alarm, Difference, Missing, hour_of
from yitong_command.storage import ledger, ledger_alarms
from yitong_command.storage.ledger import Entry
from yitong_command.storage.session import transaction


async def test_the_ledger_has_counts_and_alarms_and_says_when_nobody_counts(world: Any) -> None:
    now = world.time.now
    hour = hour_of(now)
    entries = [Entry(f"{n}/opened/", "camera_ai", hour, "w1") for n in range(3)]
    gone = Missing(Difference.NOT_DELIVERED, "camera_ai", hour, 1)
    async with transaction(world.web.sessions) as session:
        await ledger.captured(session, entries, now)
        await ledger.delivered(session, entries[:2], now)
        await ledger_alarms.save(session, [Alarm(gone, now)], now)
    found = (await (await world.client("desk")).get("/api/ledger")).json()
    (row,) = found["items"]
    assert (row["captured"], row["delivered"], row["not_delivered"], row["not_cased"]) == (
        3,
        2,
        1,
        2,
    )
    (alarm,) = found["alarms"]
    assert (alarm["source"], alarm["count"], alarm["ended_at"]) == ("camera_ai", 1, None)
    assert alarm["messages"] == ["2/opened/"]
    assert found["behind"] is True
    later = now + timedelta(hours=3)
    world.time.now = later
    assert (await (await world.client("desk")).get("/api/ledger?hours=2")).json()["items"] == []


async def test_only_who_may_see_numbers_sees_the_ledger_and_only_an_admin_tries_rules(
    world: Any,
) -> None:
    worker, desk = await world.client("worker1"), await world.client("desk")
    assert (await worker.get("/api/ledger")).status_code == 403
    assert (await desk.get("/api/ledger?hours=0")).status_code == 422
    assert (await desk.get("/api/replay/files")).status_code == 403
    admin = await world.client("admin")
    files = (await admin.get("/api/replay/files")).json()["items"]
    assert {"rules.yaml", "taxonomy.yaml", "zones.yaml"} <= {item["name"] for item in files}


async def test_a_wrong_file_is_refused_with_its_name_and_key(world: Any) -> None:
    admin = await world.client("admin")
    span = {"since": "2026-11-23T00:00:00Z", "until": "2026-11-24T00:00:00Z"}
    other = await admin.post("/api/replay", json={**span, "files": {"passwd": "x"}})
    assert other.status_code == 422
    nothing = await admin.post("/api/replay", json={**span, "files": {}})
    assert nothing.status_code == 422
