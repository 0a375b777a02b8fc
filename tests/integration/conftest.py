"""Databases for the store's tests: the same tests run on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.kit import find_postgres, postgres
from yitong_command.storage import tables as t
from yitong_command.storage.migrate import upgrade
from yitong_command.storage.session import Sessions, make_engine, make_sessions, transaction


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server for the whole run."""
    programs = find_postgres()
    if programs is None:
        pytest.skip("no PostgreSQL programs (initdb, postgres) on this machine")
    with postgres(programs) as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a database with all tables and nothing in them."""
    if request.param == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path}/yitong.db"
        await asyncio.to_thread(upgrade, url)
        return url
    server = request.getfixturevalue("postgres_server")
    url = f"postgresql+asyncpg://yitong@{server}/postgres"
    await asyncio.to_thread(upgrade, url)
    engine = make_engine(url)
    async with engine.begin() as connection:
        names = ", ".join(f'"{name}"' for name in t.metadata.tables)
        # Audit rows can't be taken out, except by who owns the database server.
        await connection.execute(text("SET session_replication_role = replica"))
        await connection.execute(text(f"TRUNCATE {names}"))
        await connection.execute(text("SET session_replication_role = DEFAULT"))
    await engine.dispose()
    return url


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on that database."""
    engine = make_engine(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def sessions(engine: AsyncEngine) -> Sessions:
    """Sessions on that database, with the demo's people in it."""
    sessions = make_sessions(engine)
    people = [
        ("desk", "operator"),
        ("desk2", "operator"),
        ("leader", "supervisor"),
        ("admin", "admin"),
    ]
    people += [(f"worker{n}", "worker") for n in range(1, 5)]
    async with transaction(sessions) as session:
        await session.execute(
            insert(t.users),
            [
                {
                    "username": name, "name_zh": f"{name} 号", "name_en": name.title(),
                    "role": role, "password_hash": "x", "grid_codes": [], "post": "A",
                }
                for name, role in people
            ],
        )  # fmt: skip
    return sessions
