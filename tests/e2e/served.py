"""One real web process inside the test's own: it can be stopped, started again and fed."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import uvicorn
from argon2 import PasswordHasher
from sqlalchemy import insert

from tests.conftest import free_port
from yitong_command.domain.geometry import Place
from yitong_command.routing.assign import grid_of
from yitong_command.settings.environment import CHECKOUT, Settings, load_settings
from yitong_command.storage import tables as t
from yitong_command.storage.migrate import upgrade
from yitong_command.storage.session import transaction
from yitong_command.web.app import create_app
from yitong_command.web.auth.passwords import Passwords
from yitong_command.web.auth.seed import ensure_user
from yitong_command.web.context import Web, build_web, utc_now

PASSWORD = "correct horse battery"
PEOPLE = (("desk", "operator"), ("desk2", "operator"), ("leader", "supervisor"), ("wall", "wall"))
KINDS = (("cp_parking", "no_parking_zone"), ("ar_manhole", "missing_shifted"))


def cheap() -> Passwords:
    """Hashing that costs a test nothing."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


class Served:
    """A web service on a port of its own, over its own database, without a broker.

    Args:
        folder: Where its data lies.
        cases: How many open cases the database begins with.
    """

    def __init__(self, folder: Path, cases: int = 0) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings: Settings = load_settings(
            {
                "YITONG_CONFIG": str(CHECKOUT / "config"),
                "YITONG_MODELS": str(CHECKOUT / "models"),
                "YITONG_DATA": str(folder / "data"),
                "YITONG_KAFKA": "127.0.0.1:1",
                "YITONG_WEB_PORT": str(self.port),
            }
        )
        upgrade(self.settings.database_url)
        self._in_thread(self._fill(cases))
        self.web: Web | None = None
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.web = build_web(self.settings, passwords=cheap())
        app = create_app(self.settings, self.web)
        config = uvicorn.Config(app, port=self.port, log_level="error", timeout_graceful_shutdown=2)
        self._server = uvicorn.Server(config)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        end = time.monotonic() + 60
        while not self._server.started:
            assert time.monotonic() < end, "the web service does not start"
            time.sleep(0.02)
        self.call(lambda: self._feed().set_state("live"))

    def stop(self) -> None:
        """Stop it as a signal would."""
        self._server.should_exit = True
        self._thread.join(15)
        assert not self._thread.is_alive()

    def call(self, action: Callable[[], None]) -> None:
        """Run something on the service's loop, and wait for it."""
        done = threading.Event()

        def run() -> None:
            try:
                action()
            finally:
                done.set()

        self._loop.call_soon_threadsafe(run)
        assert done.wait(20)

    def nudge(self, times: int) -> None:
        """So many changes of cases, as the feed would take them from the topics."""

        def put() -> None:
            body = b"event: case\r\ndata: {}\r\n\r\n"
            for _ in range(times):
                self._feed().ring.note("case", body)
            self._feed().wake()

        self.call(put)

    def report(self, count: int) -> None:
        """Add so many open cases while the service runs."""
        self._in_thread(self._insert(count, os.urandom(4).hex()))

    def _feed(self) -> Any:
        assert self.web is not None
        return self.web.feed

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._server.serve())
        self._loop.close()

    @staticmethod
    def _in_thread(work: Coroutine[Any, Any, None]) -> None:
        failed: list[BaseException] = []

        def run() -> None:
            try:
                asyncio.run(work)
            except BaseException as exc:  # noqa: BLE001  # told in the test's own thread
                failed.append(exc)

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        if failed:
            raise failed[0]

    async def _fill(self, cases: int) -> None:
        web = build_web(self.settings, passwords=cheap())
        for name, role in PEOPLE:
            await ensure_user(
                web.sessions, name, f"{name}-演示", name.title(), role, (), "A", PASSWORD, cheap()
            )
        await web.close()
        if cases:
            await self._insert(cases, "a")

    async def _insert(self, count: int, mark: str) -> None:
        web = build_web(self.settings, passwords=cheap())
        rows = case_rows(web, count, mark, utc_now())
        for first in range(0, count, 1000):
            async with transaction(web.sessions) as session:
                await session.execute(insert(t.cases), rows[first : first + 1000])
        await web.close()


def case_rows(web: Web, count: int, mark: str, now: datetime) -> list[dict[str, Any]]:
    """Open cases strewn over the county's grids; every seventh waits, every fifth is late."""
    chance = Random(7)
    grids = web.county.grids
    rows = []
    for nth in range(count):
        box = chance.choice(grids).box
        lon, lat = chance.uniform(box.x0, box.x1), chance.uniform(box.y0, box.y1)
        place = Place(lon, lat)
        grid = grid_of(place, grids)
        category, subtype = KINDS[nth % 2]
        fresh, at = nth % 7 == 0, now - timedelta(seconds=30 + nth % 5400)
        rows.append(
            {
                "case_id": f"YT{mark}-{nth:06d}", "version": 1, "category": category,
                "state": "reported" if fresh else "pending_dispatch", "subtype": subtype,
                "severity": 2 if nth % 11 == 0 else 3 + nth % 2, "title_zh": "演示事项",
                "title_en": "demo matter", "place_zh": "演示路", "place_en": "Demo Road",
                "lon": lon, "lat": lat, "crs": "CGCS2000", "cell": "demo",
                "grid_code": grid.code if grid else None, "subject": f"{mark}/{nth}",
                "source": "camera_ai", "holder": None if fresh else "desk",
                "filed_by": None if fresh else "desk", "reported_at": at, "began_at": at,
                "last_seen_at": at, "filed_at": None if fresh else at, "updated_at": at,
                "due_at": now + timedelta(hours=-1 if nth % 5 == 0 else 4),
                "condition": "open", "incident_count": 1, "open_key": f"{mark}/{nth}",
            }
        )  # fmt: skip
    return rows
