"""Taking tables of reports into the database, and answering every row."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from yitong_command.cli.options import say
from yitong_command.cli.platforms import partners_of
from yitong_command.errors import ConfigError, DatabaseDown
from yitong_command.settings.environment import Settings
from yitong_command.settings.platforms import Platform
from yitong_command.settings.taxonomy import load_taxonomy
from yitong_command.sources.adapters import ADAPTERS
from yitong_command.sources.adapters.base import Wrong, items_of
from yitong_command.sources.adapters.settle import Receipt
from yitong_command.storage.migrate import upgrade
from yitong_command.storage.session import Sessions, make_engine, make_sessions, transaction
from yitong_command.web.gateway.batch import read_all, write
from yitong_command.web.gateway.schemas import ItemAnswer

TABLES = {".csv", ".xlsx", ".xlsm"}
MOST_BYTES = 2 * 1024 * 1024
SETTLED_S = 2.0


def line_of(answer: ItemAnswer) -> str:
    """One row's answer as people read it."""
    words = {"accepted": "已接收 / taken", "repeated": "重复 / again", "refused": "拒收 / refused"}
    why = f"  {answer.field}: {answer.reason_zh} / {answer.reason_en}" if answer.code else ""
    return f"{answer.index + 1}  {answer.external_id or '-'}  {words[answer.status]}{why}"


def table_platform(settings: Settings, word: str) -> Platform:
    """The platform on whose behalf tables are taken.

    Raises:
        ConfigError: If there is none of this word that speaks in tables.
    """
    found = partners_of(settings).partners.get(word)
    if found is None or found.adapter != "table":
        raise ConfigError(
            "platforms.yaml", f"partners.{word}", "没有此表格平台 / no table platform"
        )
    return found


async def take_once(settings: Settings, platform: Platform, file: Path) -> list[ItemAnswer]:
    """Take one table; see :func:`take_file`."""
    await asyncio.to_thread(upgrade, settings.database_url)
    engine = make_engine(settings.database_url)
    try:
        return await take_file(settings, make_sessions(engine), platform, file)
    finally:
        await engine.dispose()


async def take_file(
    settings: Settings, sessions: Sessions, platform: Platform, file: Path
) -> list[ItemAnswer]:
    """Store the reports of a table; all of it in one transaction.

    Raises:
        ConfigError: If it can't be read as a table.
        DatabaseDown: If nothing could be stored.
    """
    items = await asyncio.to_thread(_rows, platform, file)
    taxonomy = load_taxonomy(settings.config_dir / "taxonomy.yaml")
    read = read_all(items, platform, taxonomy, Receipt(datetime.now(UTC)))
    async with transaction(sessions) as session:
        return await write(settings.key_file, session, platform.platform_id, read)


def _rows(platform: Platform, file: Path) -> Sequence[Any]:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise ConfigError(str(file), "", "超过2MB / larger than 2 MB")
        return items_of(ADAPTERS[platform.adapter], file.read_bytes())
    except OSError as exc:
        raise ConfigError(str(file), "", f"can't be read: {exc.strerror}") from exc
    except Wrong as exc:
        raise ConfigError(str(file), exc.field, f"{exc.zh} / {exc.en}") from exc


async def watch(
    settings: Settings, platform: Platform, folder: Path, every_s: float, once: bool
) -> None:
    """Take the tables of a folder until cancelled, or once."""
    await asyncio.to_thread(upgrade, settings.database_url)
    engine = make_engine(settings.database_url)
    try:
        while True:
            for file in await asyncio.to_thread(_tables, folder, once):
                await _take(settings, make_sessions(engine), platform, file)
            if once:
                return
            await asyncio.sleep(every_s)
    finally:
        await engine.dispose()


def _tables(folder: Path, all_of_them: bool) -> list[Path]:
    """Tables that nobody is still writing."""
    old = datetime.now(UTC).timestamp() - (0 if all_of_them else SETTLED_S)
    return [
        file
        for file in sorted(folder.iterdir())
        if file.suffix.lower() in TABLES and file.is_file() and file.stat().st_mtime <= old
    ]


async def _take(settings: Settings, sessions: Sessions, platform: Platform, file: Path) -> None:
    """Take a file and put it away; while the database is down it stays where it is."""
    try:
        answers = await take_file(settings, sessions, platform, file)
    except DatabaseDown as exc:
        say(f"{file.name}: 数据库不可用, 稍后再试 / the database is down, later: {exc}")
        return
    except ConfigError as exc:
        _put_away(file, "refused", f"file,{exc.message}\n")
        say(f"{file.name}: 拒收 / refused: {exc.message}")
        return
    refused = sum(answer.status == "refused" for answer in answers)
    _put_away(file, "refused" if refused else "done", _table(answers))
    say(f"{file.name}: {len(answers) - refused} 条接收 / taken, {refused} 条拒收 / refused")


def _table(answers: list[ItemAnswer]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["条", "编号", "结果", "字段", "原因", "reason"])
    for a in answers:
        writer.writerow([a.index + 1, a.external_id, a.status, a.field, a.reason_zh, a.reason_en])
    return text.getvalue()


def _put_away(file: Path, where: str, answers: str) -> None:
    target = file.parent / where
    target.mkdir(exist_ok=True)
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    file.rename(target / f"{stamp}-{file.name}")
    (target / f"{stamp}-{file.name}.answers.csv").write_text(answers, encoding="utf-8-sig")
