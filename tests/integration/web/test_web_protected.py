"""Protected people: nothing of them in lists, streams or messages; details for a purpose only."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from tests.integration.web.conftest import cheap_passwords, password_of
from tests.kit import incident
from yitong_command.domain.privacy import SEALED_NOTE, is_protected, told
from yitong_command.domain.taxonomy import Group
from yitong_command.errors import BadMessage
from yitong_command.storage import tables as t
from yitong_command.storage.intake import take_incidents
from yitong_command.storage.session import transaction
from yitong_command.web.access import ACCESS
from yitong_command.web.auth.seed import ensure_user

SECRET = "梨花巷七号张小草"
KIND = ("kp_mental_health", "acute_help")
ROLES = {"doctor": ("health_center",), "justice": ("justice_office",), "none": ()}


@pytest.fixture
async def case_id(world: Any) -> str:
    """A case of a person: everything it says holds the secret."""
    made = str(await world.report())
    async with transaction(world.web.sessions) as session:
        await session.execute(
            update(t.cases)
            .where(t.cases.c.case_id == made)
            .values(
                category=KIND[0], subtype=KIND[1], title_zh=SECRET, title_en=SECRET,
                place_zh=SECRET, place_en=SECRET, subject=SECRET, source="case_system",
                merge_reason_zh=SECRET, lon=125.301234, lat=43.346123,
            )
        )  # fmt: skip
        values = {"reason_zh": SECRET, "reason_en": SECRET}
        await session.execute(update(t.alerts).where(t.alerts.c.case_id == made).values(values))
        values |= {"subject": SECRET}
        await session.execute(
            update(t.incidents).where(t.incidents.c.case_id == made).values(values)
        )
        await session.execute(t.outbox.delete())
    grid = await world.grid_of(made)
    for name, detail_roles in ROLES.items():
        await ensure_user(
            world.web.sessions, name, name, name, "worker", (grid,), "A", password_of(name),
            cheap_passwords(), detail_roles=detail_roles,
        )  # fmt: skip
    return made


async def actions(world: Any, case_id: str) -> list[tuple[str, str, dict[str, Any]]]:
    async with transaction(world.web.readers) as session:
        query = select(t.audit).where(t.audit.c.object == case_id).order_by(t.audit.c.id)
        rows = (await session.execute(query)).mappings()
        return [(row["actor"], row["action"], row["detail"]) for row in rows]


async def test_no_answer_and_no_message_holds_the_secret(world: Any, case_id: str) -> None:
    desk = await world.client("desk")
    move = {"to": "filed", "version": 1, "note": SECRET}
    moved = await desk.post(f"/api/cases/{case_id}/transitions", json=move)
    assert moved.status_code == 200, moved.text
    texts = {"move": moved.text}
    for name in ("desk", "admin", *ROLES):
        client = await world.client(name)
        for method, template in sorted(ACCESS):
            if method != "GET" or template == "/api/live":
                continue
            path = template.replace("{case_id}", case_id).replace("{camera_id}", "cam-001")
            texts[f"{name} {template}"] = (await client.get(path)).text
    seen = [key for key, text in texts.items() if case_id in text]
    assert len(seen) >= 6, "the case itself is told of"
    for key, text in texts.items():
        assert SECRET not in text, key
        if case_id in text:
            for secret in (*KIND, "125.301", "43.346"):
                assert secret not in text, (key, secret)
        elif key.partition(" ")[2] not in {
            "/api/taxonomy",
            "/api/openapi.json",
            "/api/replay/files",
        }:
            assert KIND[0] not in text, key


async def test_no_message_holds_the_secret(world: Any, case_id: str) -> None:
    desk = await world.client("desk")
    move = {"to": "filed", "version": 1, "note": SECRET}
    assert (await desk.post(f"/api/cases/{case_id}/transitions", json=move)).status_code == 200
    async with transaction(world.web.readers) as session:
        messages = (await session.execute(select(t.outbox.c.topic, t.outbox.c.payload))).all()
    assert {topic for topic, _ in messages} >= {"cases", "alerts"}
    for topic, payload in messages:
        text = json.dumps(payload, ensure_ascii=False)
        assert case_id in text
        for secret in (SECRET, *KIND, "125.301", "43.346"):
            assert secret not in text, (topic, text)


async def test_a_search_does_not_find_what_it_may_not_tell(world: Any, case_id: str) -> None:
    desk = await world.client("desk")

    async def found(**words: str) -> list[str]:
        answer = await desk.get("/api/cases", params=words)
        return [item["case_id"] for item in answer.json()["items"]]

    assert await found(q=SECRET) == []
    assert await found(category=KIND[0]) == []
    assert await found(category="key_population") == [case_id]
    assert await found(q=case_id) == [case_id]


async def test_a_note_is_sealed_in_the_database(world: Any, case_id: str) -> None:
    desk = await world.client("desk")
    move = {"to": "filed", "version": 1, "note": SECRET}
    answer = await desk.post(f"/api/cases/{case_id}/transitions", json=move)
    assert SEALED_NOTE in answer.text
    async with transaction(world.web.readers) as session:
        sealed = list(await session.scalars(select(t.protected_details.c.sealed)))
    assert len(sealed) == 1
    assert SECRET not in sealed[0]


@pytest.mark.parametrize("name", ["desk", "admin", *ROLES])
async def test_details_need_the_detail_role_and_a_purpose(
    world: Any, case_id: str, name: str
) -> None:
    client = await world.client(name)
    path = f"/api/cases/{case_id}/details/view"
    for purpose in ("", "看看"):
        assert (await client.post(path, json={"purpose": purpose})).status_code in {403, 422}
    assert (await client.post(path, json={})).status_code in {403, 422}
    assert not any(action == "details_viewed" for _, action, _ in await actions(world, case_id))
    answer = await client.post(path, json={"purpose": "上门随访前核对地址"})
    assert answer.status_code == (200 if name == "doctor" else 403)
    told_of = [item for item in await actions(world, case_id) if item[1].startswith("details")]
    if name == "doctor":
        assert told_of == [("doctor", "details_viewed", {"purpose": "上门随访前核对地址"})]
        body = answer.json()
        assert (body["place_zh"], body["category"], body["subtype"]) == (SECRET, *KIND)
        assert answer.headers["cache-control"] == "no-store"
    elif name != "admin":
        assert told_of == [(name, "details_refused", {"purpose": "上门随访前核对地址"})]
    assert (SECRET in answer.text) == (name == "doctor")


async def test_nothing_is_shown_when_the_view_cannot_be_audited(
    world: Any, case_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await world.client("doctor")

    async def fails(*_args: Any, **_more: Any) -> None:
        raise BadMessage("the log is full")

    monkeypatch.setattr("yitong_command.storage.audit.record", fails)
    answer = await client.post(
        f"/api/cases/{case_id}/details/view", json={"purpose": "上门随访前核对"}
    )
    assert answer.status_code == 500
    assert SECRET not in answer.text


async def test_what_was_sealed_comes_back_with_a_pseudonym(world: Any, case_id: str) -> None:
    client = await world.client("doctor")
    path = f"/api/cases/{case_id}/details"
    assert (await client.post(path, json={"text": "已按时服药"})).status_code == 204
    body = (await client.post(f"{path}/view", json={"purpose": "随访前了解情况"})).json()
    assert [(item["text"], item["by"]) for item in body["items"]] == [("已按时服药", "doctor")]
    assert body["pseudonym"].startswith("P-")
    again = (await client.post(f"{path}/view", json={"purpose": "随访前了解情况"})).json()
    assert again["pseudonym"] == body["pseudonym"]
    justice = await world.client("justice")
    assert (await justice.post(path, json={"text": "x"})).status_code == 403


async def test_another_case_has_no_details(world: Any, case_id: str) -> None:
    other = await world.report("cam-002", minutes=1)
    async with transaction(world.web.sessions) as session:
        await session.execute(
            insert(t.evidence_links).values(
                case_id=other, sha256="e" * 64, kind="after", captured_at=world.now, by="x"
            )
        )
    desk = await world.client("desk")
    answer = await desk.post(f"/api/cases/{other}/details/view", json={"purpose": "一般核对情况"})
    assert answer.status_code == 403


def test_every_key_population_category_is_protected_and_no_other(world: Any) -> None:
    categories = world.web.county.taxonomy.categories.values()
    for category in categories:
        assert is_protected(category.code) == (category.group is Group.KEY_POPULATION)
        assert bool(category.detail_roles) >= is_protected(category.code)
    assert sum(is_protected(category.code) for category in categories) == 7
    row = {"category": "cp_parking", "title_zh": "x", "lon": 125.123456}
    assert told(row) == row


@pytest.mark.parametrize("source", ["camera_ai", "video_patrol"])
async def test_a_camera_never_makes_a_case_of_a_person(world: Any, source: str) -> None:
    seen = incident(category="kp_elder_alone.wandering", source=source)
    with pytest.raises(BadMessage, match="重点人群"):
        async with transaction(world.web.sessions) as session:
            await take_incidents(session, [seen], world.web.county, world.now + timedelta(hours=1))
    async with transaction(world.web.readers) as session:
        assert (await session.execute(select(t.cases))).all() == []
