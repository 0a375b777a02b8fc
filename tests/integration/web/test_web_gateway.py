"""Partners send reports over HTTP: tokens, batches, answers per item, what is stored."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from sqlalchemy import func, select

from tests.integration.web.conftest import World
from yitong_command.bus.report_messages import ReportMessage
from yitong_command.settings.platform_keys import PlatformKey, make_key
from yitong_command.settings.secrets import make_vault
from yitong_command.storage import tables as t
from yitong_command.storage.session import transaction
from yitong_command.web.gateway.tokens import READ, WRITE, sign

CITY, HOTLINE = "city-management", "hotline-12345"
ITEM: dict[str, Any] = {
    "taskNum": "CG-1", "subTypeCode": "0103", "caseType": "部件", "condition": "缺失",
    "partCode": "2203230101000123", "eventDesc": "雨水井盖缺失, 联系 13800138000",
    "address": "示例街 1 号", "coordinateX": 125.3012, "coordinateY": 43.3461,
    "reportTime": "2026-11-23 09:50:00",
}  # fmt: skip


@dataclass
class Partner:
    """A platform with a key."""

    world: World
    client: httpx.AsyncClient
    platform: str
    key: PlatformKey

    def token(self, body: bytes | None, scope: str, **more: Any) -> str:
        jti = more.pop("jti", uuid4().hex)
        now = more.pop("now", self.world.now)
        secret = more.pop("secret", self.key.secret)
        return sign(self.platform, self.key.kid, secret, scope, jti, now, body, **more)

    async def send(self, items: Any, token: str | None = None, to: str = "") -> httpx.Response:
        body = items if isinstance(items, bytes) else json.dumps(items).encode()
        token = self.token(body, WRITE) if token is None else token
        return await self.client.post(
            f"/api/gateway/{to or self.platform}/reports",
            content=body,
            headers={"Authorization": f"Bearer {token}"},
        )

    async def ask(self, number: str, to: str = "") -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token(None, READ)}"}
        return await self.client.get(
            f"/api/gateway/{to or self.platform}/reports/{number}", headers=headers
        )


async def partner(world: World, platform: str = CITY) -> Partner:
    key = make_key(world.settings.platform_keys, platform, world.now)
    return Partner(world, await world.client(), platform, key)


async def rows(world: World, table: Any) -> list[dict[str, Any]]:
    async with transaction(world.web.readers) as session:
        return [dict(row) for row in (await session.execute(select(table))).mappings()]


async def test_a_batch_is_stored_with_its_message_and_answered_item_by_item(world: World) -> None:
    city = await partner(world)
    wrong = {**ITEM, "taskNum": "CG-2", "coordinateX": 43.3, "coordinateY": 125.3}
    answer = await city.send([ITEM, wrong, "no object"])
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["accepted"], body["repeated"], body["refused"]) == (1, 0, 2)
    assert [item["status"] for item in body["items"]] == ["accepted", "refused", "refused"]
    assert (body["items"][1]["external_id"], body["items"][1]["field"]) == ("CG-2", "coordinateX")
    assert "中国" in body["items"][1]["reason_zh"]
    (stored,) = await rows(world, t.reports)
    (waiting,) = await rows(world, t.outbox)
    message = ReportMessage.model_validate(waiting["payload"])
    assert waiting["topic"] == "reports"
    assert message.key == f"{CITY}/CG-1"
    assert message.category == "ar_manhole.missing_shifted"
    assert message.subject == "component:2203230101000123"
    assert message.place is not None
    assert message.place.lon == 125.3012
    assert str(message.report_id) == stored["report_id"] == body["items"][0]["report_id"]
    assert "13800138000" not in json.dumps(waiting["payload"])
    assert message.has_contact
    opened = make_vault(world.settings.key_file).open(stored["private"])
    assert json.loads(opened) == {"contact": ["13800138000"]}


async def test_the_same_item_again_changes_nothing_and_other_words_are_a_conflict(
    world: World,
) -> None:
    city = await partner(world)
    await city.send([ITEM])
    again = (await city.send([ITEM, ITEM])).json()
    assert [item["status"] for item in again["items"]] == ["repeated", "repeated"]
    changed = {**ITEM, "eventDesc": "其实是电力井盖"}
    conflict = (await city.send(changed)).json()["items"][0]
    assert (conflict["status"], conflict["code"], conflict["field"]) == (
        "refused",
        "conflict",
        "seq",
    )
    update = (await city.send({**changed, "seq": 1, "action": "更新"})).json()["items"][0]
    assert (update["status"], update["sequence"]) == ("accepted", 1)
    assert len(await rows(world, t.outbox)) == 2


async def test_faces_bodies_and_lists_are_refused_counted_and_not_kept(world: World) -> None:
    city = await partner(world)
    bad = [
        {**ITEM, "taskNum": "F-1", "faceImage": "AAAA"},
        {**ITEM, "taskNum": "F-2", "detail": {"humanBody": {"similarity": 0.9}}},
        {**ITEM, "taskNum": "F-3", "eventType": "人脸布控报警"},
        {**ITEM, "taskNum": "F-4", "title": "小区人脸识别门禁坏了", "subTypeCode": "0110",
         "caseType": "事件"},
    ]  # fmt: skip
    answer = (await city.send(bad)).json()
    assert [item["code"] for item in answer["items"]] == ["identity_refused"] * 3 + [None]
    assert answer["items"][0]["field"] == "faceImage"
    assert "不接收" in answer["items"][0]["reason_zh"]
    (counted,) = await rows(world, t.report_refusals)
    assert (counted["platform"], counted["code"], counted["count"]) == (CITY, "identity_refused", 3)
    (stored,) = await rows(world, t.reports)
    assert stored["external_id"] == "F-4"


async def test_what_is_said_of_key_population_stays_sealed(world: World) -> None:
    hotline = await partner(world, HOTLINE)
    order = {
        "工单编号": "GD-7", "诉求类别": "独居老人求助", "诉求内容": "独居老人三天没开门",
        "事发地址": "示例小区 3 号楼 2 单元 401", "来电人": "示例", "来电号码": "0434-0000000",
        "经度": 125.30123, "纬度": 43.34612, "坐标系": "WGS84",
    }  # fmt: skip
    assert (await hotline.send(order)).json()["accepted"] == 1
    (waiting,) = await rows(world, t.outbox)
    message = ReportMessage.model_validate(waiting["payload"])
    assert message.category == "kp_elder_alone.visit_overdue"
    assert (message.text, message.address) == ("", "")
    assert message.place is not None
    assert (message.place.lon, message.place.lat) == (125.301, 43.346)
    for secret in ("401", "三天没开门", "0434"):
        assert secret not in json.dumps(waiting["payload"], ensure_ascii=False)
    (stored,) = await rows(world, t.reports)
    opened = json.loads(make_vault(world.settings.key_file).open(stored["private"]))
    assert opened["text"] == "独居老人三天没开门"
    assert opened["contact"] == ["示例", "0434-0000000"]


SHIFTED = ["GCJ-02", "gcj02", "BD-09", "百度坐标"]


@pytest.mark.parametrize("crs", SHIFTED)
async def test_shifted_coordinates_are_refused_with_field_and_reason(
    world: World, crs: str
) -> None:
    city = await partner(world)
    answer = (await city.send({**ITEM, "coordinateSystem": crs})).json()["items"][0]
    assert (answer["code"], answer["field"]) == ("crs_refused", "coordinateSystem")
    assert await rows(world, t.outbox) == []


async def test_a_token_is_good_once_for_one_body_platform_and_right(world: World) -> None:
    city, hotline = await partner(world), await partner(world, HOTLINE)
    body = json.dumps([ITEM]).encode()
    good = city.token(body, WRITE)
    assert (await city.send(body, good)).status_code == 200
    soon = timedelta(minutes=5)
    refused = {
        "jti": await city.send(body, good),
        "sha256": await city.send(b"[]", city.token(body, WRITE)),
        "scope": await city.send(body, city.token(body, READ)),
        "exp": await city.send(body, city.token(body, WRITE, now=world.now - 2 * soon)),
        "iat": await city.send(body, city.token(body, WRITE, now=world.now + soon)),
        "Authorization": await city.send(body, city.token(body, WRITE, secret="x" * 32)),
    }
    refused["Authorization 2"] = await city.send(body, city.token(body, WRITE), HOTLINE)
    refused["Authorization 3"] = await hotline.send(body, "", CITY)
    refused["exp 2"] = await city.send(body, city.token(body, WRITE, life=timedelta(hours=1)))
    unsigned = jwt.encode({"iss": CITY, "aud": "yitong"}, "", "none", {"kid": city.key.kid})
    refused["Authorization 4"] = await city.send(body, unsigned)
    for name, answer in refused.items():
        assert answer.status_code == 401, name
        assert answer.json()["field"] == name.split()[0]
        assert answer.json()["code"] == "token_refused"
    assert len(await rows(world, t.reports)) == 1


async def test_a_skewed_clock_within_a_minute_does_not_matter(world: World) -> None:
    city = await partner(world)
    body = json.dumps([ITEM]).encode()
    for off in (-330, 55):
        token = city.token(body, WRITE, now=world.now + timedelta(seconds=off))
        assert (await city.send(body, token)).status_code == 200


async def test_an_old_key_works_until_its_overlap_ends(world: World) -> None:
    city = await partner(world)
    newer = make_key(world.settings.platform_keys, CITY, world.now, timedelta(hours=1))
    assert (await city.send([ITEM])).status_code == 200
    world.time.now += timedelta(hours=2)
    assert (await city.send([ITEM])).status_code == 401
    city.key = newer
    assert (await city.send([ITEM])).status_code == 200


async def test_a_platform_reads_its_own_numbers_and_nothing_else(world: World) -> None:
    city, hotline = await partner(world), await partner(world, HOTLINE)
    await city.send([ITEM])
    mine = await city.ask("CG-1")
    assert mine.status_code == 200, mine.text
    assert (mine.json()["state"], mine.json()["case_id"]) == ("received", None)
    assert (await hotline.ask("CG-1")).status_code == 404
    assert (await hotline.ask("CG-1", CITY)).status_code == 401
    case_id = await world.report()
    async with transaction(world.web.sessions) as session:
        await session.execute(t.reports.update().values(case_id=case_id, outcome="cased"))
    found = (await city.ask("CG-1")).json()
    assert (found["case_id"], found["state"]) == (case_id, "waiting")
    token = city.token(None, f"{READ} {WRITE}")
    for path in ("/api/cases", "/api/alerts", "/api/audit", f"/api/cases/{case_id}"):
        answer = await city.client.get(path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401, path


async def test_people_who_are_signed_in_are_no_partners(world: World) -> None:
    for name in ("desk", "admin"):
        client = await world.client(name)
        assert (await client.post(f"/api/gateway/{CITY}/reports", json=[])).status_code == 401


async def test_what_can_not_be_read_at_all_names_the_reason(world: World) -> None:
    city = await partner(world)
    for body, code in (
        (b"{", "not_json"),
        (b"[]", "empty"),
        (b"[1" + b",1" * 300 + b"]", "too_many"),
    ):
        answer = await city.send(body)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    large = await city.send(b"[" + b" " * (3 * 1024 * 1024) + b"]")
    assert large.status_code == 413


async def test_a_platform_that_sends_too_much_is_told_when_to_come_back(world: World) -> None:
    city = await partner(world)
    items = [{**ITEM, "taskNum": f"N-{n}"} for n in range(200)]
    answers = [await city.send(items) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    world.time.now += timedelta(minutes=1)
    assert (await city.send(items)).json()["repeated"] == 200


async def test_open311_files_once_and_tells_how_it_stands(world: World) -> None:
    partner311 = await partner(world, "open311")
    form = b"service_code=cp_parking.block_gate&lat=43.3461&long=125.3012&description=blocked"
    answers = []
    for _ in range(2):
        token = partner311.token(form, WRITE)
        answers.append(
            await partner311.client.post(
                "/api/open311/open311/requests.json",
                content=form,
                headers={"Authorization": f"Bearer {token}"},
            )
        )
    assert [answer.status_code for answer in answers] == [201, 201]
    number = answers[0].json()[0]["service_request_id"]
    assert answers[1].json()[0]["service_request_id"] == number
    async with transaction(world.web.readers) as session:
        assert await session.scalar(select(func.count()).select_from(t.reports)) == 1

    async def get(path: str) -> Any:
        headers = {"Authorization": f"Bearer {partner311.token(None, READ)}"}
        return (await partner311.client.get(f"/api/open311/open311/{path}", headers=headers)).json()

    assert (await get(f"requests/{number}.json"))[0]["status"] == "open"
    headers = {"Authorization": f"Bearer {partner311.token(None, READ)}"}
    as_xml = await partner311.client.get(
        f"/api/open311/open311/requests/{number}.xml", headers=headers
    )
    assert f"<service_request_id>{number}</service_request_id>" in as_xml.text
    services = await get("services.json")
    assert {"cp_parking.block_gate"} < {service["service_code"] for service in services}
    bad = b"service_code=nothing.at_all&lat=43&long=125&description=x"
    answer = await partner311.client.post(
        "/api/open311/open311/requests.json",
        content=bad,
        headers={"Authorization": f"Bearer {partner311.token(bad, WRITE)}"},
    )
    assert answer.status_code == 400
    assert answer.json()[0]["description"].startswith("service_code")
