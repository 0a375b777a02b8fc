"""Every page for everybody: no serious finding of axe, and small first loads."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.desk_stage import Stage, start_stage
from tests.e2e.pages import Seat

pytestmark = [pytest.mark.browser, pytest.mark.broker, pytest.mark.timeout(240)]
STATIC = Path(__file__).parents[2] / "src/yitong_command/web/static"
FIRST_KB = 260
PAGE_KB = {"LoginPage": 20, "DeskPage": 45, "CasesPage": 45, "CasePage": 45, "TasksPage": 60}


@pytest.fixture(scope="module")
def stage(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    running = start_stage(tmp_path_factory.mktemp("pages"), kafka)
    running.fill(range(60))
    running.fill([900], 1)
    yield running
    running.stop()


def _packed(path: Path) -> float:
    return len(gzip.compress(path.read_bytes())) / 1024


def test_the_first_load_is_small_and_every_page_brings_its_own_part() -> None:
    index = (STATIC / "index.html").read_text(encoding="utf-8")
    first = [STATIC / name for name in re.findall(r'(?:src|href)="/(assets/[^"]+)"', index)]
    assert first
    total = sum(_packed(path) for path in first)
    print(f"first load: {total:.0f} KB in {len(first)} files")
    assert total < FIRST_KB
    for page, most in PAGE_KB.items():
        parts = list((STATIC / "assets").glob(f"{page}-*"))
        assert parts, page
        newest = {part.suffix: part for part in sorted(parts, key=lambda p: p.stat().st_mtime)}
        size = sum(_packed(part) for part in newest.values())
        print(f"{page}: {size:.1f} KB")
        assert size < most, page
    assert not any("maplibre" in path.read_text(encoding="utf-8") for path in first), (
        "the map comes with the pages that show it"
    )


def test_axe_finds_nothing_serious_on_any_page(browser: Browser, stage: Stage) -> None:
    seat = Seat(browser, stage)
    page = seat.page
    page.goto(f"{stage.url}/login")
    expect(page.get_by_test_id("login-username")).to_be_visible(timeout=20_000)
    found = {"login": seat.serious_findings()}
    seat.sign_in("desk")
    case_id = stage.case(3)["case_id"]
    for path in ("desk", "cases", f"cases/{case_id}", "cameras", "sensors", "ledger"):
        page.goto(f"{stage.url}/{path}")
        expect(page.get_by_test_id("live-state")).to_be_visible(timeout=20_000)
        page.wait_for_timeout(800)
        found[path] = seat.serious_findings()
    seat.close()
    phone = Seat(browser, stage, {"width": 390, "height": 844})
    phone.sign_in("worker1")
    phone.page.wait_for_timeout(800)
    found["tasks"] = phone.serious_findings()
    phone.close()
    assert len(found) == 8
    lines = [f"{page}: {line}" for page, findings in found.items() for line in findings]
    assert lines == [], "\n".join(lines)
