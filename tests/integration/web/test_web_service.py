"""Numbers, grids, health, errors and headers of the service."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yitong_command.web.app import create_app
from yitong_command.web.openapi import export


async def test_the_numbers_of_today_are_counted_from_county_midnight(world: Any) -> None:
    await world.report("cam-001")
    desk = await world.client("desk")
    body = (await desk.get("/api/stats")).json()
    assert body["today"]["since"] == "2026-11-22T16:00:00Z"
    assert (body["today"]["cases"], body["today"]["alerts"]) == (1, 1)
    assert body["today"]["by_state"] == {"reported": 1}
    assert body["cameras"]["total"] == body["cameras"]["off"] == len(world.web.cameras)
    world.time.now += timedelta(days=1)
    desk = await world.client("desk")
    assert (await desk.get("/api/stats")).json()["today"]["cases"] == 0


async def test_grids_are_geojson_with_their_load(world: Any) -> None:
    grid = await world.grid_of(await world.report("cam-001"))
    body = (await (await world.client("desk")).get("/api/grids")).json()
    assert body["type"] == "FeatureCollection"
    assert len(body["features"]) == len(world.web.county.grids)
    loads = {f["properties"]["code"]: f["properties"]["open_cases"] for f in body["features"]}
    assert loads[grid] == 1
    assert sum(loads.values()) == 1
    ring = body["features"][0]["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1]


async def test_the_taxonomy_has_the_keys_that_operators_press(world: Any) -> None:
    body = (await (await world.client("desk")).get("/api/taxonomy")).json()
    assert {reason["code"] for reason in body["reject_reasons"]} <= set(range(1, 10))
    assert set(body["severity"]) == {"1", "2", "3", "4"}
    parking = next(item for item in body["categories"] if item["code"] == "cp_parking")
    assert "no_parking_zone" in {subtype["code"] for subtype in parking["subtypes"]}


async def test_alive_is_not_ready(world: Any) -> None:
    client = await world.client()
    assert (await client.get("/health/live")).json() == {"status": "ok", "checks": {}}
    ready = await client.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json()["checks"]["database"]["ok"] is True
    assert ready.json()["checks"]["broker"]["ok"] is False


async def test_metrics_name_routes_not_addresses(world: Any) -> None:
    desk = await world.client("desk")
    await desk.get("/api/cases/YT20261123-000777")
    text = (await desk.get("/metrics")).text
    assert 'route="/api/cases/{case_id}",status="404"' in text
    assert "YT20261123-000777" not in text


async def test_a_lost_database_is_a_503_that_passes(world: Any) -> None:
    desk = await world.client("desk")
    files = list(world.settings.data_dir.glob("yitong.db*"))
    kept = {path: path.read_bytes() for path in files}
    await world.web.engine.dispose()
    for path in files:
        path.unlink(missing_ok=True)
    (world.settings.data_dir / "yitong.db").mkdir()
    answer = await desk.get("/api/cases")
    assert (answer.status_code, answer.json()["code"]) == (503, "database_down")
    assert int(answer.headers["retry-after"]) > 0
    assert (await desk.get("/health/ready")).json()["checks"]["database"]["ok"] is False
    (world.settings.data_dir / "yitong.db").rmdir()
    for path, data in kept.items():
        path.write_bytes(data)
    assert (await desk.get("/api/cases")).status_code == 200


# The SQLite driver's thread may answer after the loop of the failed migration is gone.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_service_without_a_database_starts_and_waits_for_it(
    tmp_path: Any, world: Any
) -> None:
    path = world.settings.data_dir / "yitong.db"
    await world.web.engine.dispose()
    path.rename(tmp_path / "away.db")
    path.mkdir()
    app = create_app(world.settings, world.web)
    world.app = app
    async with asyncio.timeout(20), app.router.lifespan_context(app):
        client = await world.client()
        assert (await client.get("/health/live")).status_code == 200
        assert (await client.get("/health/ready")).status_code == 503


async def test_an_unforeseen_error_is_a_500_with_a_number(world: Any, monkeypatch: Any) -> None:
    def broken() -> dict[str, Any]:
        raise KeyError("secret detail")

    desk = await world.client("desk")
    monkeypatch.setattr(world.app, "openapi", broken)
    answer = await desk.get("/api/openapi.json", headers={"X-Request-ID": "abcdef0123456789"})
    body = answer.json()
    assert (answer.status_code, body["code"]) == (500, "unexpected")
    assert body["request_id"] == "abcdef0123456789"
    assert "secret" not in answer.text
    assert "Content-Security-Policy" in answer.headers


async def test_every_answer_carries_the_security_headers(world: Any) -> None:
    desk = await world.client("desk")
    for path in ("/", "/api/cases", "/api/cases/none", "/health/live", "/api/evidence/x.jpg"):
        headers = (await desk.get(path)).headers
        policy = headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-request-id"]


async def test_large_answers_are_compressed_when_asked(world: Any) -> None:
    desk = await world.client("desk")
    answer = await desk.get("/api/taxonomy", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"


async def test_the_document_served_is_the_one_exported(world: Any) -> None:
    served = (await (await world.client("worker1")).get("/api/openapi.json")).json()
    assert served == json.loads(export())


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(world: Any) -> None:
    desk = await world.client("desk")
    answer = await desk.post("/api/cases/x/transitions", content=b"x" * 70_000)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")

    async def endless() -> Any:
        for _ in range(100):
            yield b"x" * 10_000

    headers = {"Content-Type": "application/json"}
    answer = await desk.post("/api/cases/x/transitions", content=endless(), headers=headers)
    assert answer.status_code == 413, answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("PUT", "/api/cases", 404),
        ("POST", "/api/cases/x/transitions/", 404),
        ("POST", "/desk", 405),
    ],
)
async def test_a_wrong_address_or_method_is_a_problem_document(
    world: Any, method: str, path: str, status: int
) -> None:
    desk = await world.client("desk")
    answer = await desk.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail_zh"]


WORDS = st.text(max_size=30) | st.sampled_from(
    ["", "0", "-1", "1e9", "\x00", "'", "%", "𠮷" * 9, "null"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
GETS = [
    ("/api/alerts", ["open", "limit"]),
    ("/api/cases", ["state", "category", "grid", "q", "mine", "limit", "before"]),
    ("/api/cases/{}", []),
    ("/api/cameras/{}/picture.jpg", ["width"]),
    ("/api/cameras/{}/look", []),
    ("/api/evidence/{}.jpg", []),
    ("/{}", []),
]
POSTS = [
    ("/api/auth/session", ["username", "password"]),
    (
        "/api/cases/{}/transitions",
        ["to", "version", "note", "reason_code", "evidence", "merge_into"],
    ),
]


async def test_no_input_makes_the_service_fail(world: Any) -> None:
    """Whatever is sent, the answer is never of the 5xx kind (but for a camera without a worker)."""
    desk = await world.client("desk")
    case_id = await world.report()
    loop = asyncio.get_running_loop()
    statuses: list[int] = []

    def ask(method: str, path: str, **more: Any) -> None:
        answer = asyncio.run_coroutine_threadsafe(desk.request(method, path, **more), loop).result(
            20
        )
        statuses.append(answer.status_code)
        known = answer.status_code == 503 and answer.json()["code"] == "camera_blind"
        assert answer.status_code < 500 or known, (method, path, more, answer.text)

    @settings(max_examples=150)
    @given(st.sampled_from(GETS), WORDS, st.lists(WORDS, min_size=7, max_size=7))
    def get_anything(address: tuple[str, list[str]], word: str, values: list[str]) -> None:
        template, names = address
        params = {name: value for name, value in zip(names, values, strict=False) if value}
        ask("GET", template.format(quote(word, safe="")), params=params)

    @settings(max_examples=150)
    @given(st.sampled_from(POSTS), st.data())
    def post_anything(address: tuple[str, list[str]], data: st.DataObject) -> None:
        template, names = address
        right = {"to": st.sampled_from(["filed", "closed", "merged"]), "version": st.integers()}
        body = data.draw(
            st.fixed_dictionaries(
                {}, optional={name: right.get(name, JSON) | JSON for name in names}
            )
            | JSON
        )
        path = template.format(case_id)
        text = json.dumps(body)
        ask("POST", path, content=text, headers={"Content-Type": "application/json"})

    await asyncio.to_thread(get_anything)
    await asyncio.to_thread(post_anything)
    assert {200, 404, 422} <= set(statuses)
