"""Accounts made by an administrator."""

from __future__ import annotations

from typing import Any

import pytest

ACCOUNT = {"name_zh": "新人", "name_en": "New", "role": "operator"}


async def test_a_new_account_must_change_its_password_before_anything_else(world: Any) -> None:
    admin = await world.client("admin")
    made = await admin.put("/api/users/new.one", json=ACCOUNT)
    assert (made.status_code, made.json()["must_change"]) == (200, True)
    client = await world.client()
    sign_in = {"username": "new.one", "password": "!"}
    assert (await client.post("/api/auth/session", json=sign_in)).status_code == 401
    given = (await admin.post("/api/users/new.one/password")).json()["password"]
    sign_in["password"] = given
    assert (await client.post("/api/auth/session", json=sign_in)).status_code == 200
    refused = await client.get("/api/cases")
    assert (refused.status_code, refused.json()["code"]) == (403, "password_must_change")
    change = {"current": given, "new": "a much better one"}
    assert (await client.post("/api/auth/password", json=change)).status_code == 200
    assert (await client.get("/api/cases")).status_code == 200
    listed = (await admin.get("/api/users")).text
    assert "argon2" not in listed
    assert given not in listed


async def test_a_closed_or_changed_account_is_signed_out_at_once(world: Any) -> None:
    admin, desk = await world.client("admin"), await world.client("desk2")
    assert (await desk.get("/api/cases")).status_code == 200
    closed = await admin.put("/api/users/desk2", json=ACCOUNT | {"active": False})
    assert closed.status_code == 200
    assert (await desk.get("/api/cases")).status_code == 401
    sign_in = {"username": "desk2", "password": "correct horse desk2"}
    assert (await desk.post("/api/auth/session", json=sign_in)).status_code == 401


async def test_the_last_administrator_stays(world: Any) -> None:
    admin = await world.client("admin")
    for change in ({"role": "operator"}, {"role": "admin", "active": False}):
        answer = await admin.put("/api/users/admin", json=ACCOUNT | change)
        assert answer.status_code == 403
    assert (await admin.get("/api/users")).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [{"grid_codes": ["999"]}, {"grid_codes": [""]}, {"detail_roles": ["spy"]}, {"role": "system"},
     {"role": "auditor", "detail_roles": ["health_center"]}],
)  # fmt: skip
async def test_what_can_not_be_is_refused(world: Any, wrong: dict[str, Any]) -> None:
    admin = await world.client("admin")
    answer = await admin.put("/api/users/new.one", json=ACCOUNT | wrong)
    assert answer.status_code in {403, 404, 422}
    assert "new.one" not in (await admin.get("/api/users")).text
