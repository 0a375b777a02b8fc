"""A busy county: many open cases on PostgreSQL, a desk that works, messages that come in."""

from __future__ import annotations

import asyncio
import secrets
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select

from yitong_command.bench.case_desk import USERNAME, DeskClient
from yitong_command.bench.case_seed import PATTERNS, seed_cases
from yitong_command.bench.case_stream import Stream, measure_stream
from yitong_command.bench.machine import Say, machine, now, versions
from yitong_command.bench.postgres import find_postgres, postgres
from yitong_command.bench.processes import broker, child, is_ok, ports, wait_for, yitong
from yitong_command.bench.worker import forget_topics
from yitong_command.bus.admin import ensure_topics
from yitong_command.demo.simulation.people import settle, staff_of
from yitong_command.domain.case import OPEN
from yitong_command.errors import ConfigError, YitongError
from yitong_command.settings.county import load_county
from yitong_command.settings.environment import Settings
from yitong_command.storage import tables as t
from yitong_command.storage.migrate import upgrade
from yitong_command.storage.session import make_engine, make_readers, make_sessions, transaction
from yitong_command.web.auth.seed import ensure_user

READY_S = 120.0


@dataclass(frozen=True, slots=True)
class CaseOptions:
    """What is measured.

    Attributes:
        cases: Open cases there are.
        database_url: An empty PostgreSQL, or None for a server of our own.
        kafka: A broker, or None for one of our own.
    """

    cases: int
    database_url: str | None
    kafka: str | None


def bench_cases(options: CaseOptions, settings: Settings, folder: Path, say: Say) -> dict[str, Any]:
    """Measure, and return the figures.

    Raises:
        YitongError: If a part does not come up, answers wrongly, or messages are lost.
    """
    begun = machine()
    with ExitStack() as stack:
        url = options.database_url
        if url is None:
            url = f"postgresql+asyncpg://yitong@{stack.enter_context(_server())}/postgres"
        if not url.startswith("postgresql"):
            raise ConfigError("yitong bench cases", "--database-url", "须为 PostgreSQL / must be")
        password = secrets.token_urlsafe(18)
        say(f"造 {options.cases} 件未结案件 / seeding {options.cases} open cases ...")
        seeded_s = time.monotonic()
        upgrade(url)
        found = asyncio.run(_seed(url, settings, options.cases, password, say))
        seeded_s = time.monotonic() - seeded_s
        kafka, _ = stack.enter_context(broker(options.kafka, folder, say))
        prefix = f"bench{uuid4().hex[:8]}"
        asyncio.run(ensure_topics(kafka, prefix))
        if options.kafka:
            stack.callback(lambda: asyncio.run(forget_topics(kafka, prefix)))
        env = {
            "YITONG_CONFIG": str(settings.config_dir), "YITONG_DATA": str(folder / "data"),
            "YITONG_KAFKA": kafka, "YITONG_TOPIC_PREFIX": prefix, "YITONG_DATABASE_URL": url,
        }  # fmt: skip
        desk = _desk(env, folder, password, say)
        stream = Stream(kafka, prefix, url, env, folder, say)
        flow = measure_stream(stream)
    return {
        "open_cases": found,
        "list_p95_ms": desk["list"]["p95"],
        "search_p95_ms": desk["search"]["p95"],
        "case_p95_ms": desk["case"]["p95"],
        "transition_p95_ms": desk["transition"]["p95"],
        "steady_per_s": flow["steady"]["per_s"],
        "burst_per_s": flow["burst"]["per_s"],
        "lost": flow["lost"],
        "desk_ms": desk,
        "stream": flow,
        "seeding_s": round(seeded_s, 1),
        "measured": "HTTP on loopback, one client; Kafka to PostgreSQL, one route worker",
        "machine": begun | {"load_1m_end": machine()["load_1m"]},
        "versions": versions(),
    }


def _server() -> Any:
    programs = find_postgres()
    if programs is None:
        raise ConfigError(
            "yitong bench cases", "--database-url",
            "本机没有 PostgreSQL 程序 / no PostgreSQL programs (initdb, postgres) here",
        )  # fmt: skip
    return postgres(programs, durable=True)


async def _seed(url: str, settings: Settings, count: int, password: str, say: Say) -> int:
    engine = make_engine(url)
    sessions = make_sessions(engine)
    try:
        async with transaction(make_readers(engine)) as session:
            if await session.scalar(select(func.count()).select_from(t.cases)):
                raise ConfigError("yitong bench cases", "--database-url", "非空 / not empty")
        county = load_county(settings)
        staff = staff_of(county)
        at = now()
        await settle(sessions, staff, at)
        await ensure_user(sessions, USERNAME, "压测员", "Bench", "operator", (), None, password)
        county = replace(county, roster=staff.duties)
        await seed_cases(engine, sessions, county, staff, max(count, PATTERNS), at, say)
        async with transaction(make_readers(engine)) as session:
            states = sorted(state.value for state in OPEN)
            query = select(func.count()).where(t.cases.c.state.in_(states))
            return int(await session.scalar(query) or 0)
    finally:
        await engine.dispose()


def _desk(env: dict[str, str], folder: Path, password: str, say: Say) -> dict[str, Any]:
    say("值班台 / the desk ...")
    chosen = ports("cases-web")["cases-web"]
    url = f"http://127.0.0.1:{chosen}"
    with child("web", yitong("web", "--port", str(chosen)), env, folder) as web:
        if not wait_for(lambda: is_ok(f"{url}/health/live"), READY_S, web):
            raise web.failure("未就绪 / not ready")
        client = DeskClient(url, password)
        try:
            return client.measure()
        except YitongError as exc:
            raise web.failure(str(exc)) from exc
        finally:
            client.close()
