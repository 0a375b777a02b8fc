"""What others may take from the county: Open311, CAP, files, and webhooks' administration."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring
from sqlalchemy import select, update

from tests.integration.web.conftest import World
from yitong_command.domain.public import GROUPS, public_codes
from yitong_command.domain.taxonomy import Group
from yitong_command.storage import tables as t
from yitong_command.storage.session import transaction

CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
ATOM = "{http://www.w3.org/2005/Atom}"
ROOT = "/api/open311/v2"
# Order and number of the elements, as the standard's schema has them: least, most.
ALERT = [("identifier", 1, 1), ("sender", 1, 1), ("sent", 1, 1), ("status", 1, 1),
         ("msgType", 1, 1), ("source", 0, 1), ("scope", 1, 1), ("restriction", 0, 1),
         ("addresses", 0, 1), ("code", 0, 99), ("note", 0, 1), ("references", 0, 1),
         ("incidents", 0, 1), ("info", 0, 99)]  # fmt: skip
INFO = [("language", 0, 1), ("category", 1, 99), ("event", 1, 1), ("responseType", 0, 99),
        ("urgency", 1, 1), ("severity", 1, 1), ("certainty", 1, 1), ("audience", 0, 1),
        ("eventCode", 0, 99), ("effective", 0, 1), ("onset", 0, 1), ("expires", 0, 1),
        ("senderName", 0, 1), ("headline", 0, 1), ("description", 0, 1), ("instruction", 0, 1),
        ("web", 0, 1), ("contact", 0, 1), ("parameter", 0, 99), ("resource", 0, 99),
        ("area", 0, 99)]  # fmt: skip
AREA = [("areaDesc", 1, 1), ("polygon", 0, 99), ("circle", 0, 99), ("geocode", 0, 99)]
WARNING = {
    "headline_zh": "井盖缺失, 请绕行", "headline_en": "A cover is missing, keep away",
    "description_zh": "示例街 1 号 <附近>", "description_en": "near 1 Example Street",
}  # fmt: skip


async def filed(world: World, camera: str = "cam-002", **changes: Any) -> str:
    """A case that somebody filed, as it stands when it is worked on."""
    case_id = await world.report(camera)
    values = {"state": "dispatched", "filed_at": world.now} | changes
    async with transaction(world.web.sessions) as session:
        await session.execute(update(t.cases).where(t.cases.c.case_id == case_id).values(**values))
    return case_id


def in_order(element: Element, wanted: list[tuple[str, int, int]]) -> None:
    """What a schema's sequence demands of an element's children."""
    names = [child.tag.removeprefix(CAP) for child in element]
    expected = [name for name, _, _ in wanted for _ in range(names.count(name))]
    assert names == expected
    for name, least, most in wanted:
        assert least <= names.count(name) <= most, name


async def test_open_cases_are_told_to_everybody_in_json_and_xml(world: World) -> None:
    case_id = await filed(world)
    client = await world.client()
    found = (await client.get(f"{ROOT}/requests.json")).json()
    assert [item["service_request_id"] for item in found] == [case_id]
    assert found[0]["status"] == "open"
    assert found[0]["requested_datetime"].endswith("Z")
    listed = (await client.get(f"{ROOT}/services.json")).json()
    assert found[0]["service_code"] in {item["service_code"] for item in listed}
    top = fromstring((await client.get(f"{ROOT}/requests/{case_id}.xml")).content)
    assert top.tag == "service_requests"
    told = {child.tag: child.text for child in top[0]}
    assert told["service_request_id"] == case_id
    assert set(told) == set(found[0])
    assert fromstring((await client.get(f"{ROOT}/services.xml")).content)[0].tag == "service"


async def test_filters_of_the_standard(world: World) -> None:
    case_id = await filed(world)
    client = await world.client()

    async def numbers(query: str) -> list[str]:
        answer = await client.get(f"{ROOT}/requests.json?{query}")
        assert answer.status_code == 200, answer.text
        return [item["service_request_id"] for item in answer.json()]

    day = (world.now - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert await numbers("status=open,closed") == [case_id]
    assert await numbers("status=closed") == []
    assert await numbers(f"start_date={day}") == [case_id]
    assert await numbers(f"end_date={day}") == []
    assert await numbers("service_code=ar_manhole.noisy") == []
    assert await numbers(f"service_request_id={case_id},YT-other") == [case_id]
    assert await numbers("page=2") == []
    wrong = await client.get(f"{ROOT}/requests.xml?status=lost")
    assert wrong.status_code == 400
    assert fromstring(wrong.content)[0][0].tag == "code"
    assert (await client.get(f"{ROOT}/requests/YT-none.json")).status_code == 404
    assert (await client.get(f"{ROOT}/requests.html")).status_code == 422


@pytest.mark.parametrize(
    "changes",
    [
        {"category": "kp_elder_alone", "subtype": "pendant_call"},
        {"category": "ps_theft", "subtype": "theft"},
        {"category": "ex_dispute", "subtype": "neighbour"},
        {"state": "reported"},
        {"state": "not_filed"},
        {"state": "merged"},
    ],
    ids=lambda item: "-".join(item.values()),
)
async def test_what_is_not_for_everybody_is_not_there(
    world: World, changes: dict[str, str]
) -> None:
    hidden, shown = await filed(world, **changes), await filed(world, "cam-001")
    client = await world.client()
    found = (await client.get(f"{ROOT}/requests.json")).json()
    assert [item["service_request_id"] for item in found] == [shown]
    assert (await client.get(f"{ROOT}/requests/{hidden}.json")).status_code == 404


async def test_only_two_lists_of_the_taxonomy_are_public(world: World) -> None:
    taxonomy = world.web.county.taxonomy
    groups = {taxonomy.categories[code].group for code in public_codes(taxonomy)}
    assert groups == GROUPS == {Group.KEY_AREA, Group.COMMUNITY_PROBLEM}


async def test_the_interface_can_be_discovered(world: World) -> None:
    client = await world.client()
    found = (await client.get(f"{ROOT}/discovery.json")).json()
    base = found["endpoints"][0]["url"]
    assert (await client.get(f"{base}/services.json")).status_code == 200
    top = fromstring((await client.get(f"{ROOT}/discovery.xml")).content)
    assert top.find("endpoints/endpoint/formats/format") is not None
    service = (await client.get(f"{ROOT}/services/ar_manhole.damaged.xml")).content
    assert fromstring(service).tag == "service_definition"


async def test_a_warning_is_issued_updated_and_cancelled(world: World) -> None:
    case_id = await filed(world, severity=1)
    desk, anybody = await world.client("desk"), await world.client()
    address = f"/api/cases/{case_id}/warning"
    assert entries(await anybody.get("/api/cap/feed")) == []
    early = await desk.post(address, json={**WARNING, "act": "cancel"})
    assert early.status_code == 409
    first = (await desk.post(address, json=WARNING)).json()
    assert first["kind"] == "Alert"
    assert (await desk.post(address, json=WARNING)).status_code == 409
    world.time.now += timedelta(minutes=5)
    second = (await desk.post(address, json={**WARNING, "act": "update"})).json()
    world.time.now += timedelta(minutes=5)
    last = (await desk.post(address, json={**WARNING, "act": "cancel"})).json()
    assert [first["seq"], second["seq"], last["seq"]] == [1, 2, 3]
    listed = entries(await anybody.get("/api/cap/feed"))
    assert [item.find(f"{ATOM}link").get("href") for item in listed] == [last["cap"]]  # type: ignore[union-attr]
    alert = fromstring((await anybody.get(last["cap"])).content)
    references = alert.findtext(f"{CAP}references").split()
    assert [item.split(",")[1] for item in references] == [
        f"yitong.{first['warning_id']}", f"yitong.{second['warning_id']}",
    ]  # fmt: skip
    thread = (await desk.get(f"/api/cases/{case_id}/warnings")).json()["items"]
    assert [item["kind"] for item in thread] == ["Alert", "Update", "Cancel"]
    world.time.now += timedelta(days=3)
    assert entries(await anybody.get("/api/cap/feed")) == []


async def test_a_message_is_built_as_the_standard_says(world: World) -> None:
    case_id = await filed(world, severity=1)
    desk = await world.client("desk")
    made = (await desk.post(f"/api/cases/{case_id}/warning", json=WARNING)).json()
    answer = await (await world.client()).get(made["cap"])
    assert answer.headers["content-type"].startswith("application/cap+xml")
    alert = fromstring(answer.content)
    assert alert.tag == f"{CAP}alert"
    in_order(alert, ALERT)
    assert alert.findtext(f"{CAP}sent") == "2026-11-23T10:00:00+08:00"
    infos = alert.findall(f"{CAP}info")
    assert [info.findtext(f"{CAP}language") for info in infos] == ["zh-CN", "en"]
    assert infos[0].findtext(f"{CAP}description") == WARNING["description_zh"]
    for info in infos:
        in_order(info, INFO)
        area = info.find(f"{CAP}area")
        assert area is not None
        in_order(area, AREA)
        corners = [tuple(map(float, pair.split(","))) for pair in polygon_of(area).split()]
        assert len(corners) >= 4
        assert corners[0] == corners[-1]
        assert all(43 < lat < 44 and 125 < lon < 126 for lat, lon in corners)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"severity": 2}, 403),
        ({"severity": 1, "category": "kp_elder_alone", "subtype": "pendant_call"}, 403),
        ({"severity": 1, "category": "ps_public_safety", "subtype": "x"}, 403),
        ({"severity": 1, "state": "reported"}, 409),
        ({"severity": 1, "state": "closed"}, 409),
    ],
)
async def test_what_must_not_become_a_warning(
    world: World, changes: dict[str, Any], status: int
) -> None:
    case_id = await filed(world, **changes)
    desk = await world.client("desk")
    answer = await desk.post(f"/api/cases/{case_id}/warning", json=WARNING)
    assert answer.status_code == status
    assert entries(await desk.get("/api/cap/feed")) == []


async def test_only_the_desk_issues_and_only_for_real_grids(world: World) -> None:
    case_id = await filed(world, severity=1)
    desk, admin = await world.client("desk"), await world.client("admin")
    address = f"/api/cases/{case_id}/warning"
    assert (await admin.post(address, json=WARNING)).status_code in {403, 404}
    nowhere = {**WARNING, "grid_codes": ["22032399999999"]}
    assert (await desk.post(address, json=nowhere)).status_code == 404
    control = {**WARNING, "headline_en": "bell \x07"}
    assert (await desk.post(address, json=control)).status_code == 422


async def test_cases_as_csv_that_excel_opens(world: World) -> None:
    plain, secret = await filed(world), await filed(
        world, "cam-001", category="kp_elder_alone", subtype="pendant_call",
        title_zh="某某老人", place_zh="某小区 3 号楼", holder="worker1",
    )  # fmt: skip
    desk = await world.client("desk")
    answer = await desk.get("/api/cases.csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = {
        row["case_id"]: row for row in csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff")))
    }
    assert set(rows) == {plain, secret}
    assert rows[plain]["category_zh"]
    assert rows[secret]["category"] == "key_population"
    assert [rows[secret][name] for name in ("place_zh", "lon", "grid_code", "holder")] == [""] * 4
    assert "某某" not in answer.text
    assert "某小区" not in answer.text
    async with transaction(world.web.readers) as session:
        seen = await session.scalars(
            select(t.audit.c.actor).where(t.audit.c.action == "cases_exported")
        )
    assert list(seen) == ["desk"]


async def test_a_cell_is_never_a_formula(world: World) -> None:
    await filed(world, place_zh='=HYPERLINK("http://example.org")')
    answer = await (await world.client("desk")).get("/api/cases.csv")
    row = next(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert row["place_zh"].startswith("'=")


async def test_cases_as_geojson_with_filters(world: World) -> None:
    plain = await filed(world)
    await filed(world, "cam-001", category="kp_elder_alone", subtype="pendant_call")
    desk = await world.client("desk")
    found = (await desk.get("/api/cases.geojson")).json()
    assert found["type"] == "FeatureCollection"
    places = {item["id"]: item["geometry"] for item in found["features"]}
    assert len(places) == 2
    assert places[plain]["type"] == "Point"
    assert [place for number, place in places.items() if number != plain] == [None]
    assert (await desk.get("/api/cases.geojson?state=closed")).json()["features"] == []
    for name in ("admin", "worker1"):
        assert (await (await world.client(name)).get("/api/cases.geojson")).status_code == 403


async def test_webhooks_are_the_administrators(world: World) -> None:
    body = {"name": "应急", "url": "https://hooks.example.org/in", "wanted": {"kinds": ["case"]}}
    desk, admin = await world.client("desk"), await world.client("admin")
    assert (await desk.post("/api/webhooks", json=body)).status_code == 403
    made = (await admin.post("/api/webhooks", json=body)).json()
    assert made["secret"].startswith("whsec_")
    listed = (await admin.get("/api/webhooks")).json()["items"]
    assert [item["webhook_id"] for item in listed] == [made["webhook_id"]]
    assert "secret" not in listed[0]
    async with transaction(world.web.readers) as session:
        kept = await session.scalar(select(t.tables_kit.webhooks.c.secret))
    assert made["secret"] not in str(kept)
    address = f"/api/webhooks/{made['webhook_id']}"
    assert (await admin.post(f"{address}/test")).status_code == 202
    assert (await admin.get("/api/webhooks")).json()["items"][0]["waiting"] == 1
    since = {"since": world.now.isoformat()}
    asked = (await admin.post(f"{address}/replay", json=since)).json()
    assert asked["replay_from"] is not None
    assert (await admin.delete(address)).status_code == 204
    assert (await admin.delete(address)).status_code == 404


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("http://hooks.example.org/", {}),
        ("https://127.0.0.1/", {}),
        ("https://[::1]/", {}),
        ("https://[::ffff:10.0.0.1]/", {}),
        ("https://169.254.169.254/latest", {}),
        ("https://localhost/", {}),
        ("https://user:pass@example.org/", {}),
        ("ftp://example.org/", {}),
        ("https://example.org/", {"categories": ["kp_elder_alone"]}),
        ("https://example.org/", {"categories": ["no_such"]}),
    ],
)
async def test_webhooks_that_are_refused(
    world: World, url: str, wanted: dict[str, list[str]]
) -> None:
    admin = await world.client("admin")
    body = {"name": "x", "url": url, "wanted": wanted}
    answer = await admin.post("/api/webhooks", json=body)
    assert answer.status_code == 422
    assert answer.json()["field"] in {"url", "wanted.categories"}


def entries(answer: Any) -> list[Element]:
    assert answer.status_code == 200
    return list(fromstring(answer.content).findall(f"{ATOM}entry"))


def polygon_of(area: Element) -> str:
    return area.findtext(f"{CAP}polygon") or ""
