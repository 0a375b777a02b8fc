"""Signing in and out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import select

from yitong_command.storage import tables as t
from yitong_command.storage.session import transaction


async def audit_rows(world: Any, action: str) -> list[Any]:
    async with transaction(world.web.readers) as session:
        rows = await session.execute(select(t.audit).where(t.audit.c.action == action))
        return list(rows.mappings())


async def sign_in(client: httpx.AsyncClient, username: str, password: str) -> httpx.Response:
    return await client.post("/api/auth/session", json={"username": username, "password": password})


async def test_signing_in_gives_a_cookie_that_scripts_and_other_sites_can_not_use(
    world: Any,
) -> None:
    answer = await sign_in(await world.client(), "desk", "correct horse desk")
    assert answer.status_code == 200
    assert answer.json()["user"] == {
        "username": "desk", "name_zh": "desk-中文", "name_en": "Desk", "role": "operator",
        "grid_codes": [], "post": "A",
    }  # fmt: skip
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Max-Age=43200" in cookie
    assert "Secure" not in cookie
    (row,) = await audit_rows(world, "sign_in")
    assert row["actor"] == "desk"


async def test_behind_https_the_cookie_is_for_https_only(world: Any) -> None:
    transport = httpx.ASGITransport(app=world.app)
    async with httpx.AsyncClient(transport=transport, base_url="https://test") as client:
        client.headers["X-Yitong"] = "1"
        answer = await sign_in(client, "desk", "correct horse desk")
    assert "Secure" in answer.headers["set-cookie"]


async def test_the_database_keeps_neither_token_nor_password(world: Any) -> None:
    client = await world.client("desk")
    token = client.cookies["yitong_session"]
    data = b"".join(path.read_bytes() for path in world.settings.data_dir.glob("yitong.db*"))
    assert b"$argon2id$" in data
    assert token.encode() not in data
    assert b"correct horse" not in data


async def test_a_wrong_password_and_an_unknown_user_look_the_same(world: Any) -> None:
    client = await world.client()
    wrong = await sign_in(client, "desk", "not it")
    unknown = await sign_in(client, "nobody", "not it")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.json()["code"] == "wrong_credentials"
    assert wrong.headers["content-type"] == "application/problem+json"
    assert "set-cookie" not in wrong.headers
    assert [row["actor"] for row in await audit_rows(world, "sign_in_failed")] == ["desk", "nobody"]


async def test_guessing_is_slowed_down_and_ends_by_itself(world: Any) -> None:
    client = await world.client()
    codes = [(await sign_in(client, "desk", f"guess {n}")).status_code for n in range(12)]
    assert codes == [401] * 8 + [429] * 4
    limited = await sign_in(client, "desk", "correct horse desk")
    assert (limited.status_code, limited.json()["code"]) == (429, "too_many_attempts")
    world.time.now += timedelta(seconds=int(limited.headers["retry-after"]))
    assert (await sign_in(client, "desk", "correct horse desk")).status_code == 200


async def test_without_our_own_header_nothing_is_changed(world: Any) -> None:
    client = await world.client()
    del client.headers["X-Yitong"]
    answer = await sign_in(client, "desk", "correct horse desk")
    assert (answer.status_code, answer.json()["code"]) == (403, "header_missing")


async def test_who_am_i(world: Any) -> None:
    nobody = await (await world.client()).get("/api/auth/me")
    assert (nobody.status_code, nobody.json()["code"]) == (401, "not_signed_in")
    somebody = await (await world.client("worker1")).get("/api/auth/me")
    assert somebody.json()["user"]["role"] == "worker"
    assert somebody.json()["user"]["grid_codes"]


async def test_a_session_ends_after_twelve_hours(world: Any) -> None:
    client = await world.client("desk")
    world.time.now += timedelta(hours=11, minutes=59)
    assert (await client.get("/api/auth/me")).status_code == 200
    world.time.now += timedelta(minutes=2)
    assert (await client.get("/api/auth/me")).status_code == 401


async def test_signing_out_ends_the_session_for_every_copy_of_the_cookie(world: Any) -> None:
    client = await world.client("desk")
    copy = await world.client()
    copy.cookies.update(client.cookies)
    assert (await copy.get("/api/auth/me")).status_code == 200
    assert (await client.delete("/api/auth/session")).status_code == 204
    assert (await copy.get("/api/auth/me")).status_code == 401


async def test_a_forged_cookie_is_nobody(world: Any) -> None:
    client = await world.client()
    for value in ("x", "x" * 5000, "'; drop table users; --"):
        client.cookies.set("yitong_session", value)
        assert (await client.get("/api/auth/me")).status_code == 401
