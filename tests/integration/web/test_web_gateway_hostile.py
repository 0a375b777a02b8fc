"""Garbage at the gateway and the public page: never a failure of ours, always a reason."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from tests.integration.web.conftest import World
from tests.integration.web.test_web_gateway import ITEM, partner
from yitong_command.web.gateway.tokens import READ, WRITE

PIECES = [
    "", "null", "[]", "{}", "[null]", '{"items":[]}', '[{"taskNum":', '{"taskNum":1}', "\x00",
    '[{"taskNum":"\\ud800"}]', "[[[[]]]]", "<Notify/>", "编号,内容\r\n1,x", "a=b&c", "PK\x03\x04",
    '[{"taskNum":"1","eventDesc":"x","address":"y","coordinateX":1e400}]',
    '[{"taskNum":"1/2","eventDesc":"x","address":"y"}]',
]  # fmt: skip
TOKENS = ["", "x", "a.b.c", "é", "\x7f", "eyJhbGciOiJub25lIn0.e30.", "Bearer " * 50]
NUMBERS = ["1", "%00", "%2e%2e", "a%2fb", "é", "x" * 3000, "%ff", "CG-1;drop"]


def _check(answer: Any, seen: Counter[int]) -> None:
    seen[answer.status_code] += 1
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400 and not answer.text.startswith("["):
        problem = answer.json()
        assert problem["detail_zh"]
        assert problem["detail_en"]
        assert problem["code"]


async def test_garbage_is_always_answered_with_a_reason(world: World) -> None:
    dice = random.Random(20261123)
    seen: Counter[int] = Counter()
    partners = [await partner(world, word) for word in world.web.gateway.platforms.partners]
    for _ in range(120):
        body = "".join(dice.choice(PIECES) for _ in range(dice.randint(1, 2))).encode()
        if dice.random() < 0.3:
            body = dice.randbytes(dice.randint(0, 300))
        one = dice.choice(partners)
        token = dice.choice(TOKENS) if dice.random() < 0.2 else one.token(body, WRITE)
        headers = {b"Authorization": f"Bearer {token}".encode()}
        path = f"/api/gateway/{one.platform}/reports"
        if one.platform == "open311":
            path = "/api/open311/open311/requests.json"
        _check(await one.client.post(path, content=body, headers=headers), seen)
        headers = {b"Authorization": f"Bearer {one.token(None, READ)}".encode()}
        number = dice.choice(NUMBERS)
        path = f"/api/gateway/{one.platform}/reports/{number}"
        _check(await one.client.get(path, headers=headers), seen)
    city = next(one for one in partners if one.platform == "city-management")
    _check(await city.send([ITEM]), seen)
    assert {200, 401, 404, 422} <= set(seen), seen
    assert seen[422] > 20


async def test_garbage_at_the_public_page_is_always_answered_with_a_reason(world: World) -> None:
    dice = random.Random(7)
    seen: Counter[int] = Counter()
    client = await world.client()
    names = ["draft_id", "category", "text", "lon", "lat", "crs", "spot", "address", "phone"]
    values = ["", "1", "nan", "1e999", "\x00", "é", "x" * 1500, "GCJ-02", "kp_elder_alone.x",
              "8c2f0a4e-0000-4000-8000-000000000001"]  # fmt: skip
    for n in range(60):
        world.web.gateway.public.succeeded("report", "127.0.0.1")
        data = {name: dice.choice(values) for name in names if dice.random() < 0.6}
        if n % 3:
            data["draft_id"] = f"8c2f0a4e-0000-4000-8000-{n:012d}"
        _check(await client.post("/api/public/reports", data=data), seen)
    for number in NUMBERS:
        _check(await client.get(f"/api/public/reports/{number}"), seen)
    assert seen[422] > 20
    assert seen[404] >= 4
