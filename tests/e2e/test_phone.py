"""The worker's phone in a real browser: offline and back, and what moved meanwhile."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect

import tests.integration.web.conftest as kit
from tests.conftest import free_port
from tests.e2e.conftest import SCREENSHOTS
from tests.e2e.test_browser import PHONE, _photo
from tests.integration.web.conftest import (
    OWN_HEADER,
    Time,
    World,
    cheap_passwords,
    password_of,
    seed,
    web_settings,
)
from yitong_command.settings.environment import Settings
from yitong_command.storage.migrate import upgrade
from yitong_command.web.app import create_app
from yitong_command.web.context import build_web
from yitong_command.web.spa import STATIC

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@dataclass
class Site:
    """A web part without a broker, over a database with two dispatched cases."""

    url: str
    cases: list[dict[str, Any]]

    @contextmanager
    def desk(self) -> Iterator[httpx.Client]:
        with httpx.Client(
            base_url=self.url, headers=OWN_HEADER, trust_env=False, timeout=20
        ) as client:
            body = {"username": "desk", "password": password_of("desk")}
            assert client.post("/api/auth/session", json=body).status_code == 200
            yield client

    def case(self, number: int) -> dict[str, Any]:
        with self.desk() as client:
            return dict(client.get(f"/api/cases/{self.cases[number]['case_id']}").json())


async def _two_cases(settings: Settings) -> list[dict[str, Any]]:
    web = build_web(settings, passwords=cheap_passwords())
    await seed(web)
    found = []
    async with AsyncExitStack() as stack:
        world = World(settings, web, create_app(settings, web), stack, Time(datetime.now(UTC)))
        desk = await world.client("desk")
        for camera in ("cam-001", "cam-002"):
            case_id = await world.report(camera)
            shown = (await desk.get(f"/api/cases/{case_id}")).json()
            body = {"to": "filed", "version": shown["version"]}
            filed = (await desk.post(f"/api/cases/{case_id}/transitions", json=body)).json()
            if filed["state"] != "dispatched" or (found and filed["holder"] != found[0]["holder"]):
                who = found[0]["holder"] if found else "worker1"
                again = {"to": "pending_dispatch", "version": filed["version"], "note": "改派"}
                if filed["state"] == "dispatched":
                    holder = await world.client(filed["holder"])
                    path = f"/api/cases/{case_id}/transitions"
                    filed = (await holder.post(path, json=again)).json()
                send = {"to": "dispatched", "version": filed["version"], "assignee": who}
                path = f"/api/cases/{case_id}/transitions"
                filed = (await desk.post(path, json=send)).json()
            assert filed["state"] == "dispatched", filed
            found.append(filed)
    await web.close()
    return found


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(kit, "JPEG", _photo(tmp_path).read_bytes())
    if not (STATIC / "sw.js").is_file():
        pytest.skip("the console is not built: cd src/console && npm run build")
    settings = web_settings(tmp_path)
    upgrade(settings.database_url)
    with ThreadPoolExecutor(1) as pool:
        cases = pool.submit(asyncio.run, _two_cases(settings)).result()
    port = free_port()
    config = uvicorn.Config(create_app(settings), port=port, log_level="error", log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 30
    while not server.started and time.monotonic() < end:
        time.sleep(0.05)
    assert server.started
    yield Site(f"http://127.0.0.1:{port}", cases)
    server.should_exit = True
    thread.join(15)


@pytest.fixture
def phone(browser: Browser, site: Site) -> Iterator[Page]:
    """The worker, signed in, with the page kept on the phone."""
    context = browser.new_context(viewport=PHONE, locale="zh-CN", has_touch=True)
    page = context.new_page()
    page.set_default_timeout(30_000)
    expect.set_options(timeout=20_000)
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    worker = site.cases[0]["holder"]
    page.goto(site.url)
    page.get_by_test_id("login-username").fill(worker)
    page.get_by_test_id("login-password").fill(password_of(worker))
    page.get_by_test_id("login-submit").click()
    page.wait_for_url(re.compile(r"/tasks$"))
    expect(page.get_by_test_id("task-card")).to_have_count(2)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    yield page
    context.close()
    assert broken == []


def _shot(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def _card(page: Page, case: dict[str, Any]) -> Any:
    card = page.locator(f"[data-testid=task-card][data-case-id='{case['case_id']}']")
    if card.get_by_test_id("task-accept").count() == 0:
        card.locator("button.head").click()
    return card


def _offline(context: BrowserContext, off: bool) -> None:
    context.set_offline(off)


def test_a_worker_without_a_network_and_back(phone: Page, site: Site, tmp_path: Path) -> None:
    _offline(phone.context, True)
    phone.reload()
    expect(phone.get_by_test_id("phone-offline")).to_be_visible(timeout=15_000)
    expect(phone.get_by_test_id("task-card")).to_have_count(2)
    card = _card(phone, site.cases[0])
    card.get_by_test_id("task-accept").click()
    card.get_by_test_id("task-arrive").click()
    expect(card.get_by_test_id("task-photo")).to_be_attached(timeout=10_000)
    _shot(phone, "phone-offline-zh")
    card.get_by_test_id("task-ghost").click()
    card.get_by_test_id("ghost-shoot").click(timeout=10_000)
    expect(card.locator("img.preview")).to_be_visible(timeout=10_000)
    card.get_by_test_id("task-photo").set_input_files(_photo(tmp_path))
    card.get_by_test_id("task-note").fill("已处理")
    card.get_by_test_id("task-handle").click()
    expect(phone.get_by_test_id("phone-waiting")).to_contain_text("3")
    phone.get_by_test_id("lang-switch").click()
    _shot(phone, "phone-offline-en")
    phone.get_by_test_id("lang-switch").click()
    assert site.case(0)["state"] == "dispatched"

    pressed = datetime.now(UTC)
    _offline(phone.context, False)
    expect(phone.get_by_test_id("phone-waiting")).to_have_count(0, timeout=30_000)
    case = site.case(0)
    assert case["state"] == "handled"
    assert [step["to_state"] for step in case["transitions"]][-3:] == [
        "accepted", "arrived", "handled",
    ]  # fmt: skip
    after = [item for item in case["evidence"] if item["kind"] == "after"]
    assert len(after) == 1
    assert datetime.fromisoformat(after[0]["captured_at"]) <= pressed
    _shot(phone, "phone-online-zh")


def test_a_case_that_moved_meanwhile_is_explained_and_nothing_stays_after_sign_out(
    phone: Page, site: Site
) -> None:
    _offline(phone.context, True)
    card = _card(phone, site.cases[1])
    card.get_by_test_id("task-accept").click()
    expect(phone.get_by_test_id("phone-waiting")).to_contain_text("1")
    with site.desk() as desk:
        case = site.case(1)
        receipt = {
            "body": "justice", "number": "J1", "issued_at": datetime.now(UTC).isoformat(),
        }  # fmt: skip
        body = {"to": "handed_over", "version": case["version"], "receipt": receipt}
        moved = desk.post(f"/api/cases/{case['case_id']}/transitions", json=body)
        assert moved.status_code == 200, moved.text
    _offline(phone.context, False)
    conflict = phone.get_by_test_id("phone-conflict")
    expect(conflict).to_contain_text("交给别的部门", timeout=30_000)
    _shot(phone, "phone-conflict-zh")
    phone.get_by_test_id("lang-switch").click()
    expect(conflict).to_contain_text("handed over")
    _shot(phone, "phone-conflict-en")
    phone.get_by_test_id("conflict-drop").click()
    expect(conflict).to_have_count(0)
    assert site.case(1)["state"] == "handed_over"

    kept = "indexedDB.databases().then((all) => all.map((item) => item.name))"
    assert any("phone" in name for name in phone.evaluate(kept))
    phone.get_by_test_id("user-menu").click()
    phone.get_by_test_id("sign-out").click()
    phone.wait_for_url(re.compile(r"/login"))
    phone.wait_for_function(f"{kept}.then((names) => names.length === 0)")
    cached = phone.evaluate(
        "caches.keys().then((names) => Promise.all(names.map((name) => caches.open(name)"
        ".then((cache) => cache.keys())))).then((all) => all.flat().map((item) => item.url))"
    )
    assert cached
    assert [url for url in cached if "/api/" in url] == []
    _offline(phone.context, True)
    phone.goto(f"{site.url}/tasks")
    expect(phone.get_by_test_id("login-username")).to_be_visible(timeout=10_000)
    assert phone.get_by_test_id("task-card").count() == 0
