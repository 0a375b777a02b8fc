"""The county's sign-on, with a provider in a process of its own and tokens that are not ours."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.conftest import free_port
from tests.integration.web.conftest import Time, World, cheap_passwords, web_settings
from yitong_command.errors import ConfigError
from yitong_command.settings.environment import CHECKOUT
from yitong_command.settings.oidc import load_sign_on
from yitong_command.web.app import create_app
from yitong_command.web.auth.oidc import Provider
from yitong_command.web.context import build_web

PEOPLE = (
    {"sub": "s-1", "name": "Desk Nine", "preferred_username": "desk9", "groups": ["duty"]},
    {"sub": "s-2", "name": "Nobody", "preferred_username": "nobody", "groups": ["visitors"]},
    {"sub": "s-3", "name": "Two Hats", "preferred_username": "two", "groups": ["duty", "it"]},
    {"sub": "s-4", "name": "Not Desk", "preferred_username": "desk", "groups": ["duty"]},
)
CLIENT = "yitong"
BACK = "http://localhost/api/auth/oidc/callback"


def config(issuer: str) -> str:
    return f"""
issuer: {issuer}
client_id: {CLIENT}
redirect_uri: {BACK}
name_zh: 县统一登录
name_en: County sign-on
role_claim: groups
roles: {{duty: operator, it: admin}}
"""


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider that knows these people; it listens when it answers."""
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    for person in PEOPLE:
        command += ["--user-claims", json.dumps(person)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                httpx.get(f"{url}/.well-known/openid-configuration", timeout=2)
                break
            except httpx.TransportError:
                time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
async def county(issuer: str, tmp_path: Path, seeded_data: Path) -> AsyncIterator[World]:
    folder = tmp_path / "config"
    folder.mkdir()
    for file in (CHECKOUT / "config").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "oidc.yaml").write_text(config(issuer), encoding="utf-8")
    more = {"YITONG_CONFIG": str(folder), "YITONG_OIDC_SECRET": "a secret"}
    settings = web_settings(tmp_path, **more)
    shutil.copytree(seeded_data, settings.data_dir)
    clock = Time(datetime.now(UTC))
    web = build_web(settings, clock=clock.read, passwords=cheap_passwords())
    async with AsyncExitStack() as stack:
        yield World(settings, web, create_app(settings, web), stack, clock)
    await web.close()


async def go(world: World, browser: httpx.AsyncClient, sub: str = "s-1") -> dict[str, str]:
    """To the provider and as far as its answer: what it sends the browser back with."""
    started = await browser.get("/api/auth/oidc/start")
    assert started.status_code == 303, started.text
    asked = parse_qs(urlsplit(started.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    answer = await world.web.http.post(started.headers["location"], data={"sub": sub})
    assert answer.status_code in {302, 303}, answer.text
    back = parse_qs(urlsplit(answer.headers["location"]).query)
    return {name: values[0] for name, values in back.items()}


async def arrive(browser: httpx.AsyncClient, back: dict[str, str]) -> str:
    answer = await browser.get("/api/auth/oidc/callback", params=back)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def role_of(browser: httpx.AsyncClient) -> str | None:
    answer = await browser.get("/api/auth/me")
    return str(answer.json()["user"]["role"]) if answer.status_code == 200 else None


async def test_a_person_signs_in_there_and_has_an_account_here(county: World) -> None:
    browser = await county.client()
    methods = (await browser.get("/api/auth/methods")).json()
    assert methods["oidc_name_en"] == "County sign-on"
    assert await arrive(browser, await go(county, browser)) == "/login?signed=1"
    user = (await browser.get("/api/auth/me")).json()["user"]
    assert (user["username"], user["role"], user["must_change"]) == ("desk9", "operator", False)
    body = {"username": "desk9", "password": "!"}
    assert (await browser.post("/api/auth/session", json=body)).status_code == 401


@pytest.mark.parametrize(("sub", "why"), [("s-2", "no_role"), ("s-3", "no_role"), ("s-4", "taken")])
async def test_claims_that_make_nobody_sign_nobody_in(county: World, sub: str, why: str) -> None:
    browser = await county.client()
    assert await arrive(browser, await go(county, browser, sub)) == f"/login?refused={why}"
    assert await role_of(browser) is None


async def test_a_wrong_state_and_an_attempt_of_another_browser_are_refused(county: World) -> None:
    one, other = await county.client(), await county.client()
    back = await go(county, one)
    assert await arrive(one, {**back, "state": "x" * 43}) == "/login?refused=state"
    assert await arrive(other, back) == "/login?refused=state"
    assert await arrive(other, {}) == "/login?refused=state"
    assert await role_of(one) is await role_of(other) is None


async def test_who_comes_back_too_late_or_was_refused_there_is_told_so(county: World) -> None:
    browser = await county.client()
    back = await go(county, browser)
    denied = {"state": back["state"], "error": "access_denied"}
    assert await arrive(browser, denied) == "/login?refused=denied"
    back = await go(county, browser)
    county.time.now += timedelta(minutes=11)
    assert await arrive(browser, back) == "/login?refused=late"
    assert await role_of(browser) is None


class Forger(httpx.AsyncBaseTransport):
    """Between us and the provider: its tokens with other claims, signed with the forger's key.

    Args:
        forge: Changes the claims.
        own_keys: Whether the provider's published keys are replaced too, so that signatures fit.
    """

    def __init__(self, forge: Callable[[dict[str, Any]], None], *, own_keys: bool = True) -> None:
        self._forge = forge
        self._own_keys = own_keys
        self._key = RSAKey.generate_key(2048, {"kid": "forged"})
        self._inner = httpx.AsyncHTTPTransport()

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        body = json.loads(await answer.aread())
        await answer.aclose()
        if "keys" in body and self._own_keys:
            body = {"keys": [self._key.as_dict(private=False)]}
        elif "id_token" in body:
            claims = json.loads(_part(body["id_token"]))
            self._forge(claims)
            body["id_token"] = jwt.encode({"alg": "RS256", "kid": "forged"}, claims, self._key)
        return httpx.Response(answer.status_code, json=body)


def _part(token: str) -> bytes:
    middle = token.split(".")[1]
    return base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4))


FORGERIES: dict[str, Callable[[dict[str, Any]], None]] = {
    "nonce": lambda claims: claims.update(nonce="another"),
    "no nonce": lambda claims: claims.pop("nonce"),
    "audience": lambda claims: claims.update(aud="somebody-else"),
    "party": lambda claims: claims.update(aud=[CLIENT, "other"], azp="other"),
    "issuer": lambda claims: claims.update(iss="http://127.0.0.1:1"),
    "expired": lambda claims: claims.update(exp=claims["iat"] - 3600),
    "no end": lambda claims: claims.pop("exp"),
    "not yet": lambda claims: claims.update(iat=claims["iat"] + 3600),
    "no subject": lambda claims: claims.pop("sub"),
}


async def forged(county: World, transport: Forger) -> str:
    browser = await county.client()
    back = await go(county, browser)
    provider = county.web.sign_on
    assert provider is not None
    async with httpx.AsyncClient(transport=transport) as http:
        object.__setattr__(county.web, "sign_on", Provider(provider.sign_on, http))
        location = await arrive(browser, back)
    assert (await role_of(browser) is None) == location.startswith("/login?refused=")
    object.__setattr__(county.web, "sign_on", provider)
    return location


async def test_only_a_whole_token_signs_somebody_in(county: World) -> None:
    assert await forged(county, Forger(lambda _: None)) == "/login?signed=1"
    for name, forge in FORGERIES.items():
        assert (name, await forged(county, Forger(forge))) == (name, "/login?refused=token")
    key_of_nobody = Forger(lambda _: None, own_keys=False)
    assert await forged(county, key_of_nobody) == "/login?refused=token"


async def test_a_closed_account_stays_closed_and_a_new_role_ends_old_sessions(
    county: World,
) -> None:
    browser = await county.client()
    await arrive(browser, await go(county, browser))
    admin = await county.client("admin")
    body = {"name_zh": "值班员九", "name_en": "Desk Nine", "role": "auditor", "active": True}
    assert (await admin.put("/api/users/desk9", json=body)).status_code == 200
    assert await role_of(browser) is None
    await arrive(browser, await go(county, browser))
    assert await role_of(browser) == "operator"
    await admin.put("/api/users/desk9", json={**body, "role": "operator", "active": False})
    assert await arrive(browser, await go(county, browser)) == "/login?refused=closed"


async def test_without_a_sign_on_there_is_none(world: World) -> None:
    browser = await world.client()
    assert (await browser.get("/api/auth/methods")).json()["oidc_name_zh"] is None
    assert (await browser.get("/api/auth/oidc/start")).status_code == 404


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("name_en: County sign-on", "name_en: x\nusers: all", "users"),
        ("issuer: https", "issuer: ftp", "issuer"),
        ("/api/auth/oidc/callback", "/elsewhere", "redirect_uri"),
        ("duty: operator", "duty: boss", "roles.duty"),
        ("duty: operator, it: admin", "", "roles"),
        ("role_claim: groups", "role_claim: groups\nscopes: [profile]", "scopes"),
        ("role_claim: groups", "role_claim: groups\narea_claim: town", "areas"),
        ("role_claim: groups", "role_claim: groups\narea_claim: t\nareas: {a: '9'}", "areas.a"),
    ],
)
def test_a_wrong_file_names_its_key(tmp_path: Path, old: str, new: str, key: str) -> None:
    text = config("https://sso.example.gov.cn")
    assert old in text
    (tmp_path / "oidc.yaml").write_text(text, encoding="utf-8")
    assert load_sign_on(tmp_path, "s", ()) is not None
    (tmp_path / "oidc.yaml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load_sign_on(tmp_path, "s", ())
    assert refused.value.key == key


def test_file_and_secret_go_together(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"oidc\.yaml"):
        load_sign_on(tmp_path, "s", ())
    (tmp_path / "oidc.yaml").write_text(config("https://sso.example.gov.cn"), encoding="utf-8")
    with pytest.raises(ConfigError, match="YITONG_OIDC_SECRET"):
        load_sign_on(tmp_path, None, ())
