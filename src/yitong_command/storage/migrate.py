"""Bringing a database to the newest tables, from whatever it has."""

from __future__ import annotations

import asyncio
import fcntl
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # it ships no types
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import create_async_engine

from yitong_command.errors import DatabaseDown
from yitong_command.storage.session import sqlite_file

SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = zlib.crc32(b"yitong migrations")
_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to a revision; two that do so at once wait for each other.

    Args:
        url: ``sqlite:///…`` or ``postgresql://…``, with or without a driver. The folder of an
            SQLite file is made.
        revision: Where to; the newest by default.

    Raises:
        DatabaseDown: If the database can't be reached.
    """
    _run(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str) -> None:
    """Take the database back to an older revision; ``base`` is the empty one.

    Raises:
        DatabaseDown: If the database can't be reached.
    """
    _run(url, lambda config: command.downgrade(config, revision))


def _run(url: str, action: Callable[[Config], None]) -> None:
    """Run in a thread with a loop of its own: the caller may be inside a running loop."""
    with _file_lock(url), ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, _migrate(url, action)).result()


async def _migrate(url: str, action: Callable[[Config], None]) -> None:
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    engine = create_async_engine(parsed.set(drivername=_DRIVERS.get(backend, backend)))
    try:
        async with engine.connect() as connection:
            if backend == "postgresql":
                await connection.execute(text(f"SELECT pg_advisory_lock({_LOCK})"))
            else:
                await connection.execute(text("PRAGMA journal_mode=WAL"))
            await connection.commit()
            await connection.run_sync(_with_connection, action)
    except (OperationalError, InterfaceError, OSError, asyncpg.PostgresError) as exc:
        raise DatabaseDown(f"database: {exc}") from exc
    finally:
        await engine.dispose()


def _with_connection(connection: Connection, action: Callable[[Config], None]) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    action(config)
    connection.commit()


@contextmanager
def _file_lock(url: str) -> Iterator[None]:
    file = sqlite_file(url)
    if file is None:
        yield
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_name(f"{file.name}.migrating").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
