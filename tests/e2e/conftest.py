"""The whole system as a user starts it, and a real browser."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.conftest import free_port

SCREENSHOTS = Path(__file__).parents[2] / "test-results" / "screenshots"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--autoplay-policy=no-user-gesture-required", "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]  # fmt: skip


@dataclass
class Demo:
    """A running `yitong demo`."""

    url: str
    data: Path
    process: subprocess.Popen[bytes]

    @property
    def users(self) -> dict[str, str]:
        """Passwords of this run by user name."""
        return dict(json.loads((self.data / "users.json").read_text(encoding="utf-8")))

    def parts(self) -> list[psutil.Process]:
        """Every process of this run that is alive, found by its data folder."""
        return [process for process in psutil.process_iter() if _belongs(process, self.data)]


def _belongs(process: psutil.Process, data: Path) -> bool:
    try:
        line = " ".join(process.cmdline())
        return process.status() != psutil.STATUS_ZOMBIE and (
            process.environ().get("YITONG_DATA") == str(data) or str(data) in line
        )
    except psutil.Error:
        return False


def start_demo(data: Path, *arguments: str, port: int | None = None) -> Demo:
    """Start `yitong demo` in a process of its own."""
    port = port or free_port()
    log = data.with_suffix(".log").open("ab")
    process = subprocess.Popen(
        [sys.executable, "-m", "yitong_command", "demo", "--port", str(port)]
        + ["--data", str(data), *arguments],
        stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        env=os.environ | {"PYTHONUNBUFFERED": "1"}, start_new_session=True,
    )  # fmt: skip
    log.close()
    return Demo(f"http://127.0.0.1:{port}", data, process)


def wait_until_up(demo: Demo, timeout_s: float = 120) -> None:
    """Wait until the console answers and the cameras play."""
    end = time.monotonic() + timeout_s
    log = demo.data.with_suffix(".log")
    while time.monotonic() < end:
        assert demo.process.poll() is None, log.read_text(encoding="utf-8")[-3000:]
        if "Ctrl-C" in log.read_text(encoding="utf-8"):
            return
        time.sleep(0.3)
    raise AssertionError(log.read_text(encoding="utf-8")[-3000:])


def stop_demo(demo: Demo) -> int:
    """Press Ctrl-C and wait."""
    if demo.process.poll() is None:
        demo.process.send_signal(signal.SIGINT)
    return demo.process.wait(30)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demo without the scripted operator for a file: others need the cores, too."""
    running = start_demo(tmp_path_factory.mktemp("demo") / "run", "--no-autopilot")
    try:
        wait_until_up(running)
        yield running
    finally:
        stop_demo(running)


def chromium() -> str | None:
    """Path of an installed Chromium, or None for Playwright's own."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    return None


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real headless Chromium."""
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        if chromium() is None and not own.exists():
            pytest.skip("no Chromium on this machine: apt install chromium")
        started = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield started
        started.close()


@pytest.fixture(autouse=True)
def _pages_closed(request: pytest.FixtureRequest) -> Iterator[None]:
    """A page left open goes on playing video and drawing maps."""
    yield
    if "browser" in request.fixturenames:
        for context in request.getfixturevalue("browser").contexts:
            context.close()


def get_json(demo: Demo, username: str, path: str) -> Any:
    """What the REST API answers this user."""
    with httpx.Client(
        base_url=demo.url, headers={"X-Yitong": "1"}, trust_env=False, timeout=20
    ) as client:
        client.post(
            "/api/auth/session", json={"username": username, "password": demo.users[username]}
        ).raise_for_status()
        return client.get(path).raise_for_status().json()
