"""A real web service over a full database and a real broker, without cameras."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from argon2 import PasswordHasher
from sqlalchemy import Table, create_engine, insert
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.conftest import free_port
from yitong_command.bus.admin import ensure_topics
from yitong_command.bus.messages import AlertMessage
from yitong_command.bus.producer import Producer
from yitong_command.bus.topics import ALERTS
from yitong_command.settings.county import load_county
from yitong_command.settings.environment import Settings, load_settings
from yitong_command.storage import tables as t
from yitong_command.storage.migrate import upgrade
from yitong_command.storage.session import make_engine, make_sessions
from yitong_command.web.auth.passwords import Passwords
from yitong_command.web.auth.seed import ensure_user

PASSWORD = "a password for the desk"
SOURCES = ("camera_ai", "sensor", "hotline_12345", "partner", "resident_wechat", "worker")
KINDS = (
    ("cp_parking", "no_parking_zone", "禁停区停车", "Parking in a no-parking zone"),
    ("cp_municipal", "manhole_cover", "井盖异常", "Manhole cover out of order"),
)
SEVERITIES = (3, 4, 3, 4, 2, 3, 4, 3, 4, 3)
CHUNK = 1000


@dataclass
class Stage:
    """A running web process and what is needed to fill it."""

    settings: Settings
    process: subprocess.Popen[bytes]
    grids: tuple[str, ...]
    began: datetime

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.web_port}"

    def case(self, number: int, severity: int | None = None) -> dict[str, Any]:
        """A reported case as the database holds it; the same number is the same case."""
        category, subtype, zh, en = KINDS[number % len(KINDS)]
        at = self.began + timedelta(seconds=number % 3000)
        street = number % 400
        return {
            "case_id": f"YT20261123-{number:06d}", "version": 1, "state": "reported",
            "category": category, "subtype": subtype,
            "severity": severity or SEVERITIES[number % len(SEVERITIES)],
            "title_zh": f"{zh} · 示范路 {street} 号", "title_en": f"{en} · Model Road {street}",
            "place_zh": f"示范路 {street} 号", "place_en": f"Model Road {street}",
            "lon": 125.285 + (number % 97) * 0.00035, "lat": 43.333 + (number % 89) * 0.0003,
            "crs": "CGCS2000", "cell": f"c{number % 50}",
            "grid_code": self.grids[number % len(self.grids)], "subject": f"subject-{number}",
            "source": SOURCES[number % len(SOURCES)], "reported_at": at, "began_at": at,
            "last_seen_at": at, "updated_at": at, "condition": "open", "incident_count": 1,
            "open_key": f"key-{number}",
        }  # fmt: skip

    def fill(self, numbers: Sequence[int], severity: int | None = None) -> None:
        """Put cases and their alerts into the database, as intake leaves them."""
        url = self.settings.database_url.replace("+aiosqlite", "")
        engine = create_engine(url)
        with engine.begin() as connection:
            for at in range(0, len(numbers), CHUNK):
                cases = [self.case(number, severity) for number in numbers[at : at + CHUNK]]
                for table, rows in _rows(cases):
                    connection.execute(insert(table), rows)
        engine.dispose()

    def announce(
        self, numbers: Sequence[int], severity: int | None = None, state: str = "reported"
    ) -> None:
        """Send the alerts' messages over Kafka."""
        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, self._send(numbers, severity, state)).result()

    async def _send(self, numbers: Sequence[int], severity: int | None, state: str) -> None:
        producer = Producer(self.settings.kafka, self.settings.topic_prefix, "/yitong/test")
        messages = [_message(self.case(number, severity), state) for number in numbers]
        for at in range(0, len(messages), CHUNK):
            part = messages[at : at + CHUNK]
            await producer.send_all([(ALERTS, message, message.changed_at) for message in part])
        await producer.close()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


def _rows(cases: list[dict[str, Any]]) -> list[tuple[Table, list[dict[str, Any]]]]:
    alerts = [
        {
            "alert_id": case["case_id"], "case_id": case["case_id"], "state": "open",
            "change": "opened", "change_id": str(_change(case, "reported")),
            "kind": "manhole_cover",
            "reason_zh": "画面里看到", "reason_en": "seen in the picture",
            "began_at": case["began_at"], "opened_at": case["reported_at"],
            "changed_at": case["reported_at"], "repeats": 0,
        }
        for case in cases
    ]  # fmt: skip
    steps = [
        {
            "case_id": case["case_id"], "seq": 1, "from_state": None, "to_state": "reported",
            "actor": "system", "role": "system", "at": case["reported_at"], "note": "",
        }
        for case in cases
    ]  # fmt: skip
    return [(t.cases, cases), (t.alerts, alerts), (t.transitions, steps)]


def _change(case: dict[str, Any], state: str) -> UUID:
    number = int(case["case_id"][-6:])
    return UUID(int=number * 2 + (state != "reported") + 1)


def _message(case: dict[str, Any], state: str) -> AlertMessage:
    ended = state != "reported"
    same = (
        "case_id", "severity", "source", "title_zh", "title_en", "place_zh", "place_en",
        "grid_code", "began_at",
    )  # fmt: skip
    return AlertMessage.model_validate(
        {name: case[name] for name in same}
        | {
            "change_id": _change(case, state), "alert_id": case["case_id"],
            "change": "rejected" if ended else "opened", "kind": "manhole_cover",
            "category": f"{case['category']}.{case['subtype']}",
            "place": {"lon": case["lon"], "lat": case["lat"]}, "opened_at": case["reported_at"],
            "changed_at": case["reported_at"] + timedelta(seconds=ended),
            "case_state": state, "case_version": 2 if ended else 1,
        }
    )  # fmt: skip


def start_stage(folder: Path, kafka: str) -> Stage:
    """Tables, people and topics, then `yitong web` on them."""
    environment = {
        "YITONG_DATA": str(folder), "YITONG_KAFKA": kafka,
        "YITONG_TOPIC_PREFIX": f"t{uuid4().hex[:8]}", "YITONG_WEB_PORT": str(free_port()),
    }  # fmt: skip
    settings = load_settings(environment)
    folder.mkdir(parents=True, exist_ok=True)
    upgrade(settings.database_url)
    county = load_county(settings)
    grids = tuple(grid.code for grid in county.grids)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, _prepare(settings, grids)).result()
    log = (folder / "web.log").open("ab")
    process = subprocess.Popen(
        [sys.executable, "-m", "yitong_command", "web"], stdin=subprocess.DEVNULL, stdout=log,
        stderr=log, env=os.environ | environment | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    log.close()
    stage = Stage(settings, process, grids, datetime.now(UTC) - timedelta(hours=1))
    _wait_until_ready(stage, folder / "web.log")
    return stage


async def _prepare(settings: Settings, grids: tuple[str, ...]) -> None:
    await ensure_topics(settings.kafka, settings.topic_prefix)
    engine: AsyncEngine = make_engine(settings.database_url)
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    people = [
        ("desk", "值班员一", "Desk One", "operator"), ("desk2", "值班员二", "Desk Two", "operator"),
        ("worker1", "示范网格员", "Model Worker", "worker"),
    ]  # fmt: skip
    for username, zh, en, role in people:
        area = grids if role == "worker" else ()
        await ensure_user(
            make_sessions(engine), username, zh, en, role, area, "A", PASSWORD, passwords,
            phone="0434-5550199" if role == "worker" else "",
        )  # fmt: skip
    await engine.dispose()


def _wait_until_ready(stage: Stage, log: Path, timeout_s: float = 60) -> None:
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        assert stage.process.poll() is None, log.read_text(encoding="utf-8")[-3000:]
        try:
            if httpx.get(f"{stage.url}/health/ready", trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise AssertionError(log.read_text(encoding="utf-8")[-3000:])
