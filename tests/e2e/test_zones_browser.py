"""A zone drawn in the console becomes a version, and a worker watches it."""

from __future__ import annotations

import time

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import Demo, get_json
from tests.e2e.test_browser import DESK, _open, _shot

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
CAMERA = "cam-003"
CORNERS = ((0.15, 0.60), (0.30, 0.58), (0.33, 0.80))


def test_a_drawn_zone_is_a_version_that_a_worker_watches(browser: Browser, demo: Demo) -> None:
    before = get_json(demo, "admin", f"/api/cameras/{CAMERA}/zones")
    page = _open(browser, demo, "admin", DESK)
    page.goto(f"{demo.url}/cameras/{CAMERA}/zones")
    canvas = page.get_by_test_id("zone-canvas")
    expect(canvas).to_be_visible(timeout=15_000)
    page.get_by_test_id("zone-draw").click()
    box = canvas.bounding_box()
    assert box
    for x, y in CORNERS:
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    # The last corner comes from the keyboard: the cross stands where the mouse was.
    for _ in range(8):
        page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("zone-corner")).to_have_count(4)
    expect(page.get_by_test_id("zone-fault")).to_contain_text("请写区域的中文名称")
    page.get_by_test_id("zone-name").fill("新画的井盖")
    expect(page.get_by_test_id("zone-fault")).to_have_count(0)
    page.get_by_test_id("zone-kind").click()
    page.get_by_role("option", name="井盖异常").click()
    _shot(page, "zones-drawn")
    page.get_by_test_id("zone-save").click()
    version = before["version"] + 1
    expect(page.get_by_test_id("zones-page")).to_have_attribute("data-version", str(version))
    page.get_by_test_id("zone-history-tab").click()
    newest = page.get_by_test_id("zone-version").first
    expect(newest).to_have_attribute("data-version", str(version))
    expect(newest).to_contain_text("管理员")
    expect(newest).to_contain_text("新增：新画的井盖")
    _shot(page, "zones-history")

    saved = get_json(demo, "admin", f"/api/cameras/{CAMERA}/zones")["zones"]
    [zone] = [zone for zone in saved if zone["name_zh"] == "新画的井盖"]
    assert len(zone["polygon"]) == 4
    _wait_for_worker(demo, zone["zone_id"])
    assert [line for line in page.console_errors if "zone" in line.lower()] == []  # type: ignore[attr-defined]


def _wait_for_worker(demo: Demo, zone_id: str) -> None:
    """Until the worker says what it sees of the new zone, or why it can't."""
    end = time.monotonic() + 40
    heard = ""
    while time.monotonic() < end:
        try:
            look = get_json(demo, "admin", f"/api/cameras/{CAMERA}/look")
        except httpx.HTTPStatusError as exc:
            heard = exc.response.text
        else:
            heard = str(look["covers"])
            if zone_id in {cover["zone_id"] for cover in look["covers"]}:
                return
        time.sleep(0.5)
    raise AssertionError(f"the worker does not watch {zone_id}: {heard}")
