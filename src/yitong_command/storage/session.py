"""Engines, sessions and transactions, for SQLite and PostgreSQL alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import orjson
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from yitong_command.errors import ConfigError, DatabaseDown

Sessions = async_sessionmaker[AsyncSession]

BUSY_S = 5.0
ANSWER_S = 30.0
"""Longest wait for an answer: of PostgreSQL, since a connection that was cut off says nothing, or
of the other writers of this process on SQLite."""
_READING = "yitong_reading"
_TURNS: WeakKeyDictionary[Engine, asyncio.Lock] = WeakKeyDictionary()
_JSON: dict[str, Any] = {
    "json_serializer": lambda value: orjson.dumps(value).decode(),
    "json_deserializer": orjson.loads,
}
# PostgreSQL: by class, lost connection, out of disk, memory or connections, stopped by its
# keeper, trouble with its files; by code, serialisation failure, deadlock, lock not had in time,
# a standby not yet promoted.
_PASSING_CLASSES = {"08", "53", "57", "58"}
_PASSING = {"40001", "40P01", "55P03", "25006"}


def make_engine(url: str, busy_s: float = BUSY_S) -> AsyncEngine:
    """An engine for ``sqlite+aiosqlite:///file`` or ``postgresql+asyncpg://…``.

    SQLite runs in WAL mode with foreign keys on, and every writing transaction takes the write
    lock when it begins: two of them wait for each other instead of failing in the middle.

    Args:
        url: Which database.
        busy_s: Seconds to wait for a lock or a connection.

    Raises:
        ConfigError: If the URL names another database.
    """
    kind = make_url(url).get_backend_name()
    if kind == "sqlite":
        engine = create_async_engine(url, connect_args={"timeout": busy_s}, **_JSON)
        _prepare_sqlite(engine)
        return engine
    if kind == "postgresql":
        wait = {"lock_timeout": f"{busy_s * 1000:.0f}ms"}
        return create_async_engine(
            url,
            pool_pre_ping=True,
            pool_size=10,
            pool_timeout=busy_s,
            connect_args={
                "timeout": busy_s,
                "command_timeout": ANSWER_S,
                "server_settings": wait,
            },
            **_JSON,
        )
    raise ConfigError("environment", "YITONG_DATABASE_URL", f"no such database: {kind}")


def make_sessions(engine: AsyncEngine) -> Sessions:
    """Sessions that read and write."""
    return async_sessionmaker(engine, expire_on_commit=False)


def make_readers(engine: AsyncEngine) -> Sessions:
    """Sessions that only read; on SQLite they never wait for a writer."""
    return async_sessionmaker(engine.execution_options(**{_READING: True}), expire_on_commit=False)


@asynccontextmanager
async def transaction(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    """A session that commits at the end, or rolls back if anything was raised.

    Raises:
        DatabaseDown: If the database can't be reached, is locked for too long, or undid the
            transaction for the sake of another; trying again may help.
    """
    try:
        async with _turn(sessions), sessions() as session, session.begin():
            yield session
    except DBAPIError as exc:
        if is_passing(exc):
            raise DatabaseDown(f"database: {exc.orig}") from exc
        raise
    except (OSError, PoolTimeout, asyncpg.PostgresError) as exc:
        raise DatabaseDown(f"database: {exc}") from exc


@asynccontextmanager
async def _turn(sessions: Sessions) -> AsyncIterator[None]:
    """One writer of this process after the other, in the order they came.

    SQLite has one writer at a time, and whoever finds it busy sleeps and tries again; with several
    writers in a process that sleeps most of the time, and the unlucky one waits the longest.
    """
    engine = sessions.kw["bind"].sync_engine
    if engine.dialect.name != "sqlite" or engine.get_execution_options().get(_READING, False):
        yield
        return
    turn = _TURNS.setdefault(engine, asyncio.Lock())
    async with asyncio.timeout(ANSWER_S):
        await turn.acquire()
    try:
        yield
    finally:
        turn.release()


def is_passing(exc: DBAPIError) -> bool:
    """Whether the database itself failed, and not what it was asked."""
    if isinstance(exc, (OperationalError, InterfaceError)) or exc.connection_invalidated:
        return True
    code = getattr(exc.orig, "sqlstate", None) or ""
    return code in _PASSING or code[:2] in _PASSING_CLASSES


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite URL, or None for memory and for other databases."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in {None, "", ":memory:"}:
        return None
    return Path(str(parsed.database))


def _prepare_sqlite(engine: AsyncEngine) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        # The driver's own BEGIN comes too late for reads; transactions are begun below.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get(_READING, False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
