"""The chain over the audit log: nothing altered, nothing taken out, nothing left unsealed."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.kit import AT
from yitong_command.errors import ConfigError, DatabaseDown
from yitong_command.storage import audit, sealing
from yitong_command.storage.anchors import read_anchors, write_anchor
from yitong_command.storage.sealing import Head
from yitong_command.storage.session import Sessions, make_sessions, transaction

DETAIL = {"场": "旁", "n": 1.5, "list": [1, None, True]}


async def fill(sessions: Sessions, count: int, actor: str = "desk") -> None:
    async with transaction(sessions) as session:
        for number in range(count):
            at = AT + timedelta(seconds=number, microseconds=number)
            await audit.record(session, at, actor, "operator", "seen", f"case-{number}", DETAIL)


async def seal(sessions: Sessions) -> int:
    async with transaction(sessions) as session:
        return await sealing.seal(session)


async def verified(sessions: Sessions, *anchors: Head) -> sealing.Verified:
    async with transaction(sessions) as session:
        return await sealing.verify(session, anchors)


async def tamper(engine: AsyncEngine, statement: str) -> None:
    """As somebody with the rights of the database's owner would."""
    async with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            for name in ("audit_no_change", "audit_no_delete"):
                await connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
        else:
            await connection.execute(text("SET session_replication_role = replica"))
        done = await connection.execute(text(statement))
        assert done.rowcount >= 1
        if engine.dialect.name != "sqlite":
            await connection.execute(text("SET session_replication_role = DEFAULT"))


async def test_every_row_is_sealed_once_and_the_chain_is_whole(sessions: Sessions) -> None:
    assert (await verified(sessions)).head == Head()
    await fill(sessions, 5)
    before = await verified(sessions)
    assert (before.rows, before.waiting.count, before.waiting.oldest_at) == (0, 5, AT)
    assert (await seal(sessions), await seal(sessions)) == (5, 0)
    await fill(sessions, 3)
    await seal(sessions)
    after = await verified(sessions)
    assert (after.rows, after.waiting.count, after.broken, after.head.seq) == (8, 0, None, 8)


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("at", "'2026-11-23 01:00:02.000003+00'"), ("actor", "'desl'"), ("role", "'admin'"),
        ("action", "'seem'"), ("object", "'case-9'"),
        ("detail", '\'{"list"\\:[1,null,false]}\''), ("seq", "30"),
        ("previous", f"'{'1' * 64}'"), ("hash", f"'{'1' * 64}'"), ("id", "900"),
    ],
)  # fmt: skip
async def test_one_altered_column_is_found_and_its_row_named(
    engine: AsyncEngine, what: str, value: str
) -> None:
    sessions = make_sessions(engine)
    await fill(sessions, 6)
    await seal(sessions)
    if engine.dialect.name == "sqlite":
        value = value.replace("+00'", "'")
    await tamper(engine, f'UPDATE audit SET "{what}" = {value} WHERE seq = 3')
    found = await verified(sessions)
    assert found.broken is not None
    assert found.broken.seq == 3
    assert found.rows == 2
    assert (found.broken.row_id is None) == (what == "seq")


async def test_one_byte_of_the_database_file_is_found(engine: AsyncEngine, tmp_path: Path) -> None:
    if engine.dialect.name != "sqlite":
        return  # the file is the server's
    sessions = make_sessions(engine)
    await fill(sessions, 40)
    await seal(sessions)
    await engine.dispose()
    file = tmp_path / "yitong.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = file.read_bytes()
    place = data.index(b"operatorseencase-25")
    file.write_bytes(data[:place] + b"Operatorseencase-25" + data[place + 19 :])
    found = await verified(sessions)
    assert found.broken is not None
    assert found.broken.seq == 26


async def test_a_row_taken_out_of_the_middle_is_found(engine: AsyncEngine) -> None:
    sessions = make_sessions(engine)
    await fill(sessions, 6)
    await seal(sessions)
    await tamper(engine, "DELETE FROM audit WHERE seq = 4")
    found = await verified(sessions)
    assert found.broken is not None
    assert (found.broken.seq, found.broken.row_id) == (4, None)


async def test_a_cut_off_end_and_a_rewritten_chain_are_found_by_an_anchor(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    sessions, file = make_sessions(engine), tmp_path / "anchors.jsonl"
    await fill(sessions, 6)
    await seal(sessions)
    async with transaction(sessions) as session:
        head = await sealing.head(session)
    assert write_anchor(file, head, AT)
    assert not write_anchor(file, head, AT), "nothing new, nothing written"
    anchors = read_anchors(file)
    assert (await verified(sessions, *anchors)).broken is None
    await tamper(engine, "DELETE FROM audit WHERE seq > 4")
    assert (await verified(sessions)).broken is None, "the rest alone looks whole"
    found = await verified(sessions, *anchors)
    assert found.broken is not None
    assert (found.broken.seq, "cut off" in found.broken.reason_en) == (5, True)
    # Whoever writes the end anew makes a whole chain, but not the anchored one.
    await fill(sessions, 2, actor="somebody else")
    await seal(sessions)
    assert (await verified(sessions)).broken is None
    found = await verified(sessions, *anchors)
    assert found.broken is not None
    assert found.broken.seq == 6


def test_a_spoilt_anchor_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "anchors.jsonl"
    assert read_anchors(file) == ()
    file.write_text('{"seq": 1, "hash": "a"}\nnonsense\n')
    with pytest.raises(ConfigError, match="line 2"):
        read_anchors(file)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit", "UPDATE audit SET actor = 'x'", "UPDATE audit SET seq = 9",
        "UPDATE audit SET seq = NULL, previous = NULL, hash = NULL", "UPDATE audit SET hash = 'x'",
        "INSERT INTO audit (at, actor, role, action, object, detail, seq) "
        "VALUES ('2026-01-01', 'x', 'x', 'x', 'x', '{}', 7)",
    ],
)  # fmt: skip
async def test_the_database_itself_refuses_to_change_what_is_sealed(
    engine: AsyncEngine, statement: str
) -> None:
    sessions = make_sessions(engine)
    await fill(sessions, 2)
    await seal(sessions)
    with pytest.raises((DBAPIError, DatabaseDown), match="audit rows are"):
        async with transaction(sessions) as session:
            await session.execute(text(statement))
    assert (await verified(sessions)).rows == 2


async def test_what_is_not_sealed_yet_cannot_be_changed_or_taken_out_either(
    engine: AsyncEngine,
) -> None:
    sessions = make_sessions(engine)
    await fill(sessions, 2)
    tries = ["DELETE FROM audit", "UPDATE audit SET actor = 'x'",
             "UPDATE audit SET actor = 'x', seq = 1"]  # fmt: skip
    if engine.dialect.name == "postgresql":
        tries.append("TRUNCATE audit")
    for statement in tries:
        with pytest.raises((DBAPIError, DatabaseDown), match="audit rows are only added"):
            async with transaction(sessions) as session:
                await session.execute(text(statement))
    assert (await verified(sessions)).waiting.count == 2


async def test_writers_and_sealers_at_once_leave_no_row_unsealed(engine: AsyncEngine) -> None:
    """Transactions commit out of order and some are undone; the chain takes exactly the rest."""
    sessions, stop = make_sessions(engine), asyncio.Event()

    async def write(number: int) -> int:
        kept = 0
        for turn in range(12):
            try:
                async with transaction(sessions) as session:
                    await audit.record(session, AT, f"w{number}", "worker", "did", str(turn))
                    if engine.dialect.name == "postgresql":
                        await asyncio.sleep(0.001 * ((number * 7 + turn) % 5))
                    if turn % 4 == 3:
                        raise LookupError  # noqa: TRY301 - undone on purpose
                kept += 1
            except LookupError:
                pass
        return kept

    async def keep_sealing() -> int:
        done = 0
        while not stop.is_set():
            done += await seal(sessions)
            await asyncio.sleep(0.002)
        return done

    sealers = [asyncio.create_task(keep_sealing()) for _ in range(2)]
    kept = sum(await asyncio.gather(*(write(number) for number in range(6))))
    stop.set()
    sealed = sum([await task for task in sealers]) + await seal(sessions)
    found = await verified(sessions)
    assert kept == 54
    assert (sealed, found.rows, found.waiting.count, found.broken) == (kept, kept, 0, None)


def test_the_command_says_whole_or_names_the_row(tmp_path: Path) -> None:
    env = os.environ | {"YITONG_DATA": str(tmp_path)}

    def yitong(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "yitong_command", *words]
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    script = (
        "import asyncio\n"
        "from yitong_command.settings.environment import load_settings\n"
        "from yitong_command.storage.migrate import upgrade\n"
        "from yitong_command.storage.session import make_engine, make_sessions\n"
        "from tests.integration.test_audit_chain import fill\n"
        "url = load_settings().database_url\n"
        "upgrade(url)\n"
        "asyncio.run(fill(make_sessions(make_engine(url)), 4))\n"
    )
    subprocess.run([sys.executable, "-c", script], env=env, check=True, cwd=Path.cwd())
    sealed = yitong("audit", "seal")
    assert sealed.returncode == 0, sealed.stderr
    whole = yitong("audit", "verify", "--json")
    assert whole.returncode == 0, whole.stderr
    assert '"rows": 4' in whole.stdout
    assert '"anchors": 1' in whole.stdout
    script = (
        "import sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1])\n"
        "db.execute('DROP TRIGGER audit_no_change')\n"
        "db.execute(\"UPDATE audit SET object = 'case-x' WHERE seq = 2\")\n"
        "db.commit()\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "yitong.db")], check=True)
    broken = yitong("audit", "verify")
    assert broken.returncode == 1
    assert "第 2 行" in broken.stderr
