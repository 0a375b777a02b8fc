"""Pages in a real browser that fail with the first error they report."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.e2e.desk_stage import PASSWORD, Stage

DESK: ViewportSize = {"width": 1920, "height": 1080}
AXE = Path(__file__).parents[2] / "src/console/node_modules/axe-core/axe.min.js"


class Seat:
    """One person at one browser."""

    def __init__(self, browser: Browser, stage: Stage, size: ViewportSize = DESK, **more: Any):
        self.stage = stage
        self.context: BrowserContext = browser.new_context(
            viewport=size, locale="zh-CN", bypass_csp=False, **more
        )
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _heard(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def sign_in(self, username: str) -> Page:
        self.page.goto(self.stage.url)
        self.page.get_by_test_id("login-username").fill(username)
        self.page.get_by_test_id("login-password").fill(PASSWORD)
        self.page.get_by_test_id("login-submit").click()
        self.page.wait_for_url(re.compile(r"^http://[^/]+/(desk|tasks)$"))
        return self.page

    def wait_for_alerts(self, count: int, timeout_s: float = 60) -> None:
        expect(self.page.get_by_test_id("alert-list")).to_have_attribute(
            "data-count", str(count), timeout=timeout_s * 1000
        )

    def serious_findings(self) -> list[str]:
        """What axe finds serious or critical on this page, one line each."""
        # Evaluated by the debugger, so the page's own content policy stays as it is.
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate(
            "axe.run({resultTypes: ['violations']}).then(r => JSON.stringify(r.violations))"
        )
        return [
            f"{rule['id']} ({rule['impact']}): {node['target']} {node['html'][:160]}"
            for rule in json.loads(found)
            if rule["impact"] in {"serious", "critical"}
            for node in rule["nodes"]
        ]

    def close(self) -> None:
        """Leave; whatever was reported as an error fails the test."""
        self.context.close()
        assert self.errors == []
