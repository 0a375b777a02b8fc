"""A web service over a real database: people, cases, and clients that are signed in."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import select

from yitong_command.domain.camera import Zone
from yitong_command.domain.geometry import Box
from yitong_command.domain.incident import Change, EvidenceRef, Incident, incident_id
from yitong_command.settings.environment import CHECKOUT, Settings, load_settings
from yitong_command.storage import tables as t
from yitong_command.storage.intake import take_incidents
from yitong_command.storage.migrate import upgrade
from yitong_command.storage.session import transaction
from yitong_command.web.app import create_app
from yitong_command.web.auth.passwords import Passwords
from yitong_command.web.auth.seed import ensure_user
from yitong_command.web.context import Web, build_web

NOON = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
OWN_HEADER = {"X-Yitong": "1"}
JPEG = b"\xff\xd8\xff\xe0 camera picture"


def password_of(username: str) -> str:
    return f"correct horse {username}"


@dataclass
class Time:
    """A clock that stands until a test moves it."""

    now: datetime = NOON

    def read(self) -> datetime:
        return self.now


@dataclass
class World:
    """One web service with its database, and a clock that tests move."""

    settings: Settings
    web: Web
    app: FastAPI
    stack: AsyncExitStack
    time: Time

    @property
    def now(self) -> datetime:
        return self.time.now

    async def client(self, username: str | None = None, **more: Any) -> httpx.AsyncClient:
        """A browser with our pages open, signed in if a name is given."""
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        client = await self.stack.enter_async_context(
            httpx.AsyncClient(
                transport=transport, base_url="http://test", headers=OWN_HEADER, **more
            )
        )
        if username is not None:
            body = {"username": username, "password": password_of(username)}
            answer = await client.post("/api/auth/session", json=body)
            assert answer.status_code == 200, answer.text
        return client

    async def report(self, camera_id: str = "cam-001", minutes: int = 0) -> str:
        """An incident of a camera's first zone; the id of the case it made."""
        zone = self.web.cameras[camera_id].zones[0]
        incident = self.incident(zone, self.now + timedelta(minutes=minutes))
        async with transaction(self.web.sessions) as session:
            taken = await take_incidents(session, [incident], self.web.county, self.now)
            assert taken.new_cases == 1
            return str(
                await session.scalar(
                    select(t.incidents.c.case_id).where(
                        t.incidents.c.incident_id == str(incident.incident_id)
                    )
                )
            )

    def incident(self, zone: Zone, began_at: datetime) -> Incident:
        sha = self.web.evidence.put(JPEG + zone.subject.encode() + began_at.isoformat().encode())
        return Incident(
            incident_id=incident_id(zone.kind, zone.subject, began_at),
            change=Change.OPENED,
            kind=zone.kind,
            category=zone.category,
            source="camera_ai",
            subject=zone.subject,
            camera_id=zone.camera_id,
            view_id=zone.view_id,
            zone_id=zone.zone_id,
            place=self.web.cameras[zone.camera_id].place,
            began_at=began_at,
            changed_at=began_at + timedelta(seconds=9),
            score=0.9,
            box=Box(0.4, 0.5, 0.6, 0.8),
            reason_zh="车辆停留 9 秒",
            reason_en="a car stood for 9 s",
            evidence=(EvidenceRef(sha, "a" * 64, began_at, 640, 360),),
        )

    async def grid_of(self, case_id: str) -> str:
        answer = await (await self.client("desk")).get(f"/api/cases/{case_id}")
        return str(answer.json()["grid_code"])


def web_settings(tmp_path: Path, **more: str) -> Settings:
    return load_settings(
        {
            "YITONG_CONFIG": str(CHECKOUT / "config"),
            "YITONG_MODELS": str(CHECKOUT / "models"),
            "YITONG_DATA": str(tmp_path / "data"),
            "YITONG_KAFKA": "127.0.0.1:1",
            **more,
        }
    )


def cheap_passwords() -> Passwords:
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


async def seed(web: Web) -> None:
    """Two operators, an admin, and two workers with one grid each side of the county."""
    codes = [grid.code for grid in web.county.grids]
    duty = {line.username: line for line in web.county.roster if line.role == "grid_worker"}
    people = [("desk", "operator", ()), ("desk2", "operator", ()), ("admin", "admin", ())]
    for name in ("worker1", "worker2", "worker3", "worker4"):
        grids = tuple(code for code in codes if name in duty and code in (duty[name].grids or ()))
        people.append((name, "worker", grids))
    passwords = cheap_passwords()
    for name, role, grids in people:
        await ensure_user(
            web.sessions, name, f"{name}-中文", name.title(), role, grids, "A",
            password_of(name), passwords,
        )  # fmt: skip


async def _seeded(settings: Settings) -> None:
    web = build_web(settings, passwords=cheap_passwords())
    await seed(web)
    await web.close()


@pytest.fixture(scope="session")
def seeded_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with all tables and people, to be copied."""
    settings = web_settings(tmp_path_factory.mktemp("seeded"))
    upgrade(settings.database_url)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, _seeded(settings)).result()
    return settings.data_dir


@pytest.fixture
async def world(tmp_path: Path, seeded_data: Path) -> AsyncIterator[World]:
    """A service without a broker; the clock stands until a test moves it."""
    settings = web_settings(tmp_path)
    shutil.copytree(seeded_data, settings.data_dir)
    time = Time()
    web = build_web(settings, clock=time.read, passwords=cheap_passwords())
    async with AsyncExitStack() as stack:
        yield World(settings, web, create_app(settings, web), stack, time)
    await web.close()


@pytest.fixture
def cheap() -> Passwords:
    """Password hashing that costs nothing."""
    return cheap_passwords()
