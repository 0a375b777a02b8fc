"""Signing in and out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
from argon2 import PasswordHasher, Type
from sqlalchemy import select

from yitong_command.storage import tables as t
from yitong_command.storage import users
from yitong_command.storage.session import transaction
from yitong_command.web.auth import service
from yitong_command.web.auth.passwords import Passwords


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
    user = answer.json()["user"]
    assert "cases_see" in user.pop("rights")
    assert user == {
        "username": "desk", "name_zh": "desk-中文", "name_en": "Desk", "role": "operator",
        "grid_codes": [], "post": "A", "detail_roles": [], "must_change": False, "phone": "",
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


async def test_a_session_that_is_used_ends_after_twelve_hours(world: Any) -> None:
    client = await world.client("desk")
    for _ in range(7):
        world.time.now += timedelta(minutes=100)
        assert (await client.get("/api/auth/me")).status_code == 200
    world.time.now += timedelta(minutes=21)
    assert (await client.get("/api/auth/me")).status_code == 401


async def test_a_session_that_is_not_used_ends_after_two_hours(world: Any) -> None:
    client = await world.client("desk")
    world.time.now += timedelta(minutes=119)
    assert (await client.get("/api/auth/me")).status_code == 200
    world.time.now += timedelta(minutes=121)
    assert (await client.get("/api/auth/me")).status_code == 401
    world.time.now -= timedelta(minutes=60)
    assert (await client.get("/api/auth/me")).status_code == 401, "it was ended, not only hidden"


async def test_ten_wrong_passwords_from_many_places_lock_the_account_for_a_while(
    world: Any,
) -> None:
    client = await world.client()
    for _ in range(2):
        for _ in range(5):
            assert (await sign_in(client, "desk", "guess")).status_code == 401
        # As from another network: the limiter alone would let ever more guesses pass.
        world.web.limiter.succeeded("desk", "127.0.0.1")
    locked = await sign_in(client, "desk", "correct horse desk")
    assert (locked.status_code, locked.headers["retry-after"]) == (429, "900")
    assert len(await audit_rows(world, "account_locked")) == 1
    assert (await sign_in(client, "desk2", "correct horse desk2")).status_code == 200
    world.time.now += timedelta(minutes=16)
    assert (await sign_in(client, "desk", "correct horse desk")).status_code == 200


async def test_signing_in_again_gives_another_token_and_ends_the_old_one(world: Any) -> None:
    client = await world.client("desk")
    old = client.cookies["yitong_session"]
    assert (await sign_in(client, "desk", "correct horse desk")).status_code == 200
    assert client.cookies["yitong_session"] != old
    other = await world.client()
    other.cookies.set("yitong_session", old)
    assert (await other.get("/api/auth/me")).status_code == 401


async def test_own_sessions_are_listed_and_ended(world: Any) -> None:
    one, two = await world.client("desk"), await world.client("desk")
    three = await world.client("desk")
    listed = (await one.get("/api/auth/sessions")).json()["items"]
    assert len(listed) == 3
    assert [item["current"] for item in listed].count(True) == 1
    assert not any(one.cookies["yitong_session"] in str(item) for item in listed)
    mine = (await two.get("/api/auth/sessions")).json()["items"]
    (second,) = [item["session_id"] for item in mine if item["current"]]
    assert (await one.delete(f"/api/auth/sessions/{second}")).status_code == 204
    assert (await two.get("/api/auth/me")).status_code == 401
    assert (await one.delete("/api/auth/sessions")).json() == {"ended": 1}
    assert (await three.get("/api/auth/me")).status_code == 401
    assert (await one.get("/api/auth/me")).status_code == 200
    foreign = await world.client("desk2")
    (third,) = [
        item["session_id"] for item in (await one.get("/api/auth/sessions")).json()["items"]
    ]
    assert (await foreign.delete(f"/api/auth/sessions/{third}")).status_code == 404


async def test_a_new_password_ends_every_other_session(world: Any) -> None:
    one, two = await world.client("desk"), await world.client("desk")
    body = {"current": "correct horse desk", "new": "battery staple"}
    for new, why in (("short", "10"), ("my desk is long", "user name"), ("aaaaaaaaaaaa", "diff")):
        answer = await one.post("/api/auth/password", json=body | {"new": new})
        assert (answer.status_code, answer.json()["code"]) == (422, "password_refused")
        assert why in answer.json()["detail_en"]
    wrong = await one.post("/api/auth/password", json=body | {"current": "no"})
    assert wrong.status_code == 401
    assert (await one.post("/api/auth/password", json=body)).status_code == 200
    assert (await one.get("/api/auth/me")).status_code == 200
    assert (await two.get("/api/auth/me")).status_code == 401
    client = await world.client()
    assert (await sign_in(client, "desk", "correct horse desk")).status_code == 401
    assert (await sign_in(client, "desk", "battery staple")).status_code == 200


async def test_a_password_of_an_older_cost_is_hashed_again_at_the_next_sign_in(
    world: Any,
) -> None:
    newer = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    web = replace(world.web, passwords=newer)
    async with transaction(web.readers) as session:
        old = await users.get_user(session, "desk")
    user, _ = await service.sign_in(web, "desk", "correct horse desk", service.Origin("::1"))
    async with transaction(web.readers) as session:
        new = await users.get_user(session, user.username)
    assert old is not None
    assert new is not None
    assert "m=8,t=1" in old.password_hash
    assert "m=16,t=2" in new.password_hash
    assert await newer.matches(new.password_hash, "correct horse desk")


def test_the_cost_of_hashing_is_what_the_standard_recommends() -> None:
    hasher = PasswordHasher()
    assert (hasher.type, hasher.salt_len, hasher.hash_len) == (Type.ID, 16, 32)
    assert hasher.memory_cost >= 64 * 1024
    assert hasher.time_cost >= 3


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
