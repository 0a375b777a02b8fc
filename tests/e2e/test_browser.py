"""From alert to closed case through the console and the worker's phone, in a real browser."""

from __future__ import annotations

import re
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import SCREENSHOTS, Demo, get_json

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
DESK = {"width": 1920, "height": 1080}
PHONE = {"width": 390, "height": 844}
PAGES = (
    "desk",
    "cases",
    "cameras",
    "cameras/health",
    "sensors",
    "map",
    "rosters",
    "modes",
    "ledger",
)


def _open(browser: Browser, demo: Demo, username: str, size: dict[str, int]) -> Page:
    context: BrowserContext = browser.new_context(viewport=size, locale="zh-CN")
    page = context.new_page()
    page.console_errors = []  # type: ignore[attr-defined]
    page.on(
        "console",
        lambda message: (
            page.console_errors.append(message.text)  # type: ignore[attr-defined]
            if message.type == "error"
            else None
        ),
    )
    page.on("pageerror", lambda error: page.console_errors.append(str(error)))  # type: ignore[attr-defined]
    page.goto(demo.url)
    page.get_by_test_id("login-username").fill(username)
    page.get_by_test_id("login-password").fill(demo.users[username])
    page.get_by_test_id("login-submit").click()
    page.wait_for_url(re.compile(r"^http://[^/]+/(desk|tasks|users)$"))
    return page


def _shot(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def _photo(folder: Path) -> Path:
    """A plain picture, as a phone would send it."""
    path = folder / "after.jpg"
    rng = np.random.default_rng(1)
    picture = np.full((900, 1200, 3), 120, np.uint8)
    picture += rng.integers(0, 30, picture.shape, dtype=np.uint8)
    cv2.imwrite(str(path), picture)
    return path


def test_an_alert_becomes_a_closed_case(browser: Browser, demo: Demo, tmp_path: Path) -> None:
    desk = _open(browser, demo, "desk", DESK)
    card = desk.locator("[data-testid=alert-card][data-kind=illegal_parking]").first
    expect(card).to_be_visible(timeout=90_000)
    case_id = card.get_attribute("data-case-id")
    assert case_id
    card.click()
    desk.wait_for_timeout(1500)
    _shot(desk, "desk-alert")
    desk.keyboard.press("Enter")
    # The lower levels are sent after ten seconds in which they can be taken back.
    expect(desk.locator(f"[data-case-id='{case_id}']").first).not_to_have_attribute(
        "data-state", "reported", timeout=25_000
    )

    detail = get_json(demo, "desk", f"/api/cases/{case_id}")
    assert detail["state"] == "dispatched"
    worker = detail["tasks"][0]["assignee"]

    phone = _open(browser, demo, worker, PHONE)
    task = phone.get_by_test_id("task-card").first
    expect(task).to_be_visible(timeout=10_000)
    _shot(phone, "phone-task")
    phone.get_by_test_id("task-accept").first.click()
    phone.get_by_test_id("task-arrive").first.click()
    phone.get_by_test_id("task-photo").first.set_input_files(_photo(tmp_path))
    phone.get_by_test_id("task-note").first.fill("车已开走")
    _shot(phone, "phone-handle")
    phone.get_by_test_id("task-handle").first.click()

    desk.goto(f"{demo.url}/cases/{case_id}")
    desk.get_by_test_id("action-checked").click(timeout=15_000)
    desk.get_by_test_id("action-closed").click(timeout=15_000)
    expect(desk.get_by_test_id("case-state")).to_contain_text("结案", timeout=10_000)
    desk.wait_for_timeout(500)
    _shot(desk, "case-closed")

    closed = get_json(demo, "desk", f"/api/cases/{case_id}")
    assert closed["state"] == "closed"
    steps = [(t["to_state"], t["actor"]) for t in closed["transitions"]]
    assert [step for step, _ in steps] == [
        "reported", "filed", "dispatched", "accepted", "arrived", "handled", "checked", "closed",
    ]  # fmt: skip
    actors = dict(steps)
    assert actors["handled"] == worker
    assert actors["checked"] == "desk"
    assert {e["kind"] for e in closed["evidence"]} >= {"camera", "after"}
    assert desk.console_errors == []  # type: ignore[attr-defined]
    assert phone.console_errors == []  # type: ignore[attr-defined]


def test_every_page_opens_in_both_languages_without_an_error(browser: Browser, demo: Demo) -> None:
    page = _open(browser, demo, "desk2", DESK)
    for language in ("zh", "en"):
        for path in PAGES:
            page.goto(f"{demo.url}/{path}")
            expect(page.get_by_test_id("live-state")).to_be_visible()
            page.wait_for_timeout(1500)
            _shot(page, f"{path.replace('/', '-')}-{language}")
        page.get_by_test_id("lang-switch").click()
    assert page.console_errors == []  # type: ignore[attr-defined]


def test_a_camera_is_watched_as_live_video(browser: Browser, demo: Demo) -> None:
    page = _open(browser, demo, "desk2", DESK)
    began = time.monotonic()
    page.goto(f"{demo.url}/cameras?camera=cam-001")
    video = page.locator("[data-testid=live-video]").first
    expect(video).to_have_attribute("data-playing", "true", timeout=30_000)
    print(f"first picture of the video after {time.monotonic() - began:.1f} s")
    began_at = video.evaluate("element => [element.videoWidth, element.currentTime]")
    page.wait_for_timeout(3000)
    width, at = video.evaluate("element => [element.videoWidth, element.currentTime]")
    assert width == began_at[0] > 300
    assert at > began_at[1] + 1.5
    _shot(page, "camera-video")
    assert page.console_errors == []  # type: ignore[attr-defined]


def test_an_operator_rejects_an_alert_with_a_reason_by_keyboard(
    browser: Browser, demo: Demo
) -> None:
    desk = _open(browser, demo, "desk", DESK)
    card = desk.locator("[data-testid=alert-card][data-kind=manhole_cover]").first
    expect(card).to_be_visible(timeout=90_000)
    case_id = card.get_attribute("data-case-id")
    card.click()
    desk.keyboard.press("x")
    desk.keyboard.press("1")
    expect(desk.locator(f"[data-case-id='{case_id}'][data-state=reported]")).to_have_count(
        0, timeout=10_000
    )
    case = get_json(demo, "desk", f"/api/cases/{case_id}")
    assert case["state"] == "not_filed"
    assert case["transitions"][-1]["reason_code"] == 1
