"""Migrations, sessions, people, audit and the outbox, on both databases."""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.conftest import free_port
from tests.kit import AT, county, incident
from yitong_command.errors import ConfigError, DatabaseDown
from yitong_command.storage import audit, outbox, users
from yitong_command.storage import tables as t
from yitong_command.storage.intake import take_incidents
from yitong_command.storage.locks import lock_names
from yitong_command.storage.migrate import downgrade, upgrade
from yitong_command.storage.session import (
    Sessions,
    make_engine,
    make_readers,
    make_sessions,
    transaction,
)
from yitong_command.storage.views import User

ANNA = User(
    username="anna", name_zh="安娜", name_en="Anna", role="worker", grid_codes=("1",),
    password_hash="hash",
)  # fmt: skip


def _differences(connection: Connection) -> list[object]:
    # The index of pieces of words is PostgreSQL's alone; the tables can't name it.
    known = {"include_name": lambda name, _kind, _parents: name != "ix_cases_words"}
    return list(compare_metadata(MigrationContext.configure(connection, opts=known), t.metadata))


async def test_the_migrations_make_the_tables_the_code_uses(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []


async def test_down_is_empty_and_up_again_is_whole(database_url: str) -> None:
    downgrade(database_url, "base")
    engine = make_engine(database_url)
    async with engine.connect() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    assert names == ["alembic_version"]
    upgrade(database_url)
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
    await engine.dispose()


async def test_several_that_migrate_at_once_wait_for_each_other(database_url: str) -> None:
    downgrade(database_url, "base")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(upgrade, [database_url] * 4))
    engine = make_engine(database_url)
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
    await engine.dispose()


def test_the_folder_of_a_new_database_is_made(tmp_path: Path) -> None:
    upgrade(f"sqlite+aiosqlite:///{tmp_path}/new/folder/yitong.db")
    assert (tmp_path / "new/folder/yitong.db").is_file()


async def test_no_database_is_a_failure_that_may_pass() -> None:
    url = f"postgresql+asyncpg://yitong@127.0.0.1:{free_port()}/none"
    engine = make_engine(url)
    with pytest.raises(DatabaseDown):
        async with transaction(make_sessions(engine)) as session:
            await session.execute(text("SELECT 1"))
    await engine.dispose()
    with pytest.raises(DatabaseDown):
        await asyncio.to_thread(upgrade, url)


def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(ConfigError, match="mysql"):
        make_engine("mysql+aiomysql://x/y")


async def test_a_locked_sqlite_is_a_failure_that_may_pass(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/yitong.db"
    upgrade(url)
    engine = make_engine(url, busy_s=0.2)
    blocker = sqlite3.connect(tmp_path / "yitong.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseDown, match="locked"):
        async with transaction(make_sessions(engine)) as session:
            await users.create_user(session, ANNA)
    async with transaction(make_readers(engine)) as session:
        assert await users.list_users(session) == ()
    blocker.close()
    await engine.dispose()


async def test_a_locked_postgresql_is_a_failure_that_may_pass(postgres_server: str) -> None:
    url = f"postgresql+asyncpg://yitong@{postgres_server}/postgres"
    engine, waiting = make_engine(url), make_engine(url, busy_s=0.2)
    async with transaction(make_sessions(engine)) as session:
        await lock_names(session, ["one"])
        with pytest.raises(DatabaseDown, match="lock timeout"):
            async with transaction(make_sessions(waiting)) as other:
                await lock_names(other, ["one"])
        async with transaction(make_sessions(waiting)) as other:
            await lock_names(other, ["two"])
    await engine.dispose()
    await waiting.dispose()


@pytest.mark.parametrize(
    ("code", "passes"),
    [
        ("53100", True), ("53200", True), ("58030", True), ("57014", True), ("25006", True),
        ("40P01", True), ("22P02", False), ("22021", False), ("42P01", False), ("XX000", False),
    ],
)  # fmt: skip
async def test_what_postgresql_can_recover_from_is_waited_for(
    postgres_server: str, code: str, passes: bool
) -> None:
    engine = make_engine(f"postgresql+asyncpg://yitong@{postgres_server}/postgres")
    with pytest.raises(DatabaseDown if passes else DBAPIError, match="no luck"):
        async with transaction(make_sessions(engine)) as session:
            await session.execute(
                text(f"DO $$ BEGIN RAISE EXCEPTION 'no luck' USING ERRCODE = '{code}'; END $$")
            )
    await engine.dispose()


async def test_sqlite_runs_as_promised(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/yitong.db"
    upgrade(url)
    engine = make_engine(url)
    async with transaction(make_sessions(engine)) as session:
        for pragma, value in (("journal_mode", "wal"), ("foreign_keys", 1), ("synchronous", 2)):
            assert await session.scalar(text(f"PRAGMA {pragma}")) == value
        with pytest.raises(IntegrityError):
            await users.create_session(session, "t", "nobody", AT)
    await engine.dispose()


async def test_times_come_back_aware_and_naive_ones_are_refused(sessions: Sessions) -> None:
    china = AT.astimezone(timezone(timedelta(hours=8)))
    async with transaction(sessions) as session:
        await audit.record(session, china, "desk", "operator", "looked", "x", {"why": "测试"})
        row = (await session.execute(select(t.audit))).mappings().one()
        assert row["at"] == AT
        assert row["at"].tzinfo is UTC
        assert row["detail"] == {"why": "测试"}
    with pytest.raises(Exception, match="zone"):
        async with transaction(sessions) as session:
            await audit.record(session, datetime(2026, 1, 1), "d", "o", "a", "x")  # noqa: DTZ001


async def test_people_and_their_sessions(sessions: Sessions) -> None:
    async with transaction(sessions) as session:
        await users.create_user(session, ANNA)
        await users.create_session(session, "token", "anna", AT + timedelta(hours=1))
    async with transaction(sessions) as session:
        assert await users.get_user(session, "anna") == ANNA
        assert await users.get_user(session, "nobody") is None
        found = await users.find_session(session, "token", AT)
        assert found is not None
        assert (found.user, found.session.expires_at) == (ANNA, AT + timedelta(hours=1))
        assert await users.find_session(session, "token", AT + timedelta(hours=1)) is None
        assert await users.find_session(session, "other", AT) is None
        assert "hash" not in repr(ANNA)
        assert [user.username for user in await users.list_users(session)][:2] == ["admin", "anna"]
    async with transaction(sessions) as session:
        await users.create_session(session, "old", "anna", AT - timedelta(hours=1))
        await users.delete_expired(session, AT)
        assert await users.find_session(session, "token", AT) is not None
        await users.delete_session(session, "token")
        assert await users.find_session(session, "token", AT) is None
        await users.create_session(session, "again", "anna", AT + timedelta(hours=1))
        await users.create_user(session, ANNA)
        assert await users.find_session(session, "again", AT) is None
    for wrong in (
        User(**{**_fields(), "role": "king"}),
        User(**{**_fields(), "password_hash": ""}),
    ):
        with pytest.raises(ValueError, match=r"role|hash"):
            async with transaction(sessions) as session:
                await users.create_user(session, wrong)


def _fields() -> dict[str, object]:
    return {name: getattr(ANNA, name) for name in ANNA.__slots__}


async def test_one_relay_has_the_lease_until_it_runs_out_or_is_dropped(sessions: Sessions) -> None:
    async def take(owner: str, after_s: float) -> bool:
        async with transaction(sessions) as session:
            return await outbox.take_lease(session, owner, AT + timedelta(seconds=after_s), 4)

    assert await take("a", 0)
    assert not await take("b", 1)
    assert await take("a", 3)
    assert not await take("b", 6.9)
    assert await take("b", 7)
    assert not await take("a", 8)
    async with transaction(sessions) as session:
        await outbox.drop_lease(session, "a")
    assert not await take("a", 8)
    async with transaction(sessions) as session:
        await outbox.drop_lease(session, "b")
    assert await take("a", 8)


async def test_the_outbox_is_sent_in_order_and_forgotten_later(sessions: Sessions) -> None:
    async with transaction(sessions) as session:
        batch = [incident(f"cam-{n}/main/x", pictures="1") for n in range(3)]
        await take_incidents(session, batch, county(), AT)
    async with transaction(sessions) as session:
        assert await outbox.backlog(session) == (6, AT)
        first = await outbox.waiting(session, 4)
        assert [row.topic for row in first] == ["cases", "alerts"] * 2
        assert all(row.key == row.payload["case_id"] for row in first)
        await outbox.mark_relayed(session, [row.id for row in first], AT)
    async with transaction(sessions) as session:
        rest = await outbox.waiting(session, 4)
        assert [row.id > first[-1].id for row in rest] == [True, True]
        await outbox.mark_relayed(session, [row.id for row in rest], AT + timedelta(hours=2))
        assert await outbox.backlog(session) == (0, None)
        await outbox.forget(session, AT + timedelta(hours=1))
        assert len((await session.execute(select(t.outbox.c.id))).all()) == 2
