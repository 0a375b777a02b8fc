"""`yitong dead-letters`: what could not be handled, and sending it again."""

from __future__ import annotations

import asyncio
import getpass
import json as json_lib
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from yitong_command.bus.letters import Letter, LetterFilter, find_letter, home_of, read_letters
from yitong_command.cli.options import DataOption, KafkaOption, plain_errors, say, settings_for
from yitong_command.errors import ConfigError
from yitong_command.settings.environment import Settings
from yitong_command.storage.letter_replays import Replay

dead_letters = typer.Typer(
    help="死信: 无法处理的消息 / messages that could not be handled", no_args_is_help=True
)
TopicOption = Annotated[
    str | None, typer.Option("--topic", help="只看此来源主题 / of this source topic only")
]
ReasonOption = Annotated[
    str | None, typer.Option("--reason", help="原因含有此文字 / whose reason holds these words")
]
SinceOption = Annotated[
    datetime | None, typer.Option("--since", help="从此时起 (UTC) / from then on, UTC")
]
UntilOption = Annotated[
    datetime | None, typer.Option("--until", help="到此时止 (UTC) / before then, UTC")
]
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="分区-偏移 / partition-offset")]


@dead_letters.command("list")
def list_letters(
    topic: TopicOption = None,
    reason: ReasonOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    json: Annotated[bool, typer.Option("--json", help="每行一个 JSON / JSON lines")] = False,
    kafka: KafkaOption = None,
    data: DataOption = None,
) -> None:
    """列出死信, 以及是否已重放 / dead letters, and whether they were sent again."""
    with plain_errors():
        settings = _settings(kafka, data)
        found = asyncio.run(_read(settings, _filter(topic, reason, since, until)))
        done = asyncio.run(_replays(settings, found))
        if json:
            for letter in found:
                print(json_lib.dumps(_as_json(letter, done.get(letter.letter_id)),
                                     ensure_ascii=False))  # fmt: skip
            return
        table = Table(box=None, pad_edge=False)
        for head in ("编号\nid", "时间\nwhen (UTC)", "来源\nfrom", "原因\nreason", "重放\nreplay"):
            table.add_column(head, overflow="fold")
        for letter in found:
            table.add_row(*_as_cells(letter, done.get(letter.letter_id)))
        Console(soft_wrap=False).print(table, markup=False)
        say(f"{len(found)} 条 / dead letters")


@dead_letters.command()
def show(letter_id: IdArgument, kafka: KafkaOption = None, data: DataOption = None) -> None:
    """一条死信的全部内容 / one dead letter with its bytes, and what became of its replay."""
    with plain_errors():
        settings = _settings(kafka, data)
        letter = asyncio.run(find_letter(settings.kafka, settings.topic_prefix, letter_id))
        after = [
            one.letter_id
            for one in asyncio.run(_read(settings, LetterFilter()))
            if one.message.replay_of == letter_id
        ]
        done = asyncio.run(_replays(settings, [letter]))
        found = _as_json(letter, done.get(letter_id)) | {
            "value": letter.value.decode(errors="backslashreplace"),
            "failed_again_as": after,
        }
        print(json_lib.dumps(found, ensure_ascii=False, indent=2))


@dead_letters.command()
def replay(
    letter_ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="分区-偏移 / partition-offset")
    ] = None,
    topic: TopicOption = None,
    reason: ReasonOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    why: Annotated[
        str, typer.Option("--why", help="为何重放, 记入审计 / why; goes into the audit log")
    ] = "",
    again: Annotated[
        bool, typer.Option("--again", help="已重放的再次重放 / also those sent again before")
    ] = False,
    kafka: KafkaOption = None,
    data: DataOption = None,
) -> None:
    """把原始字节送回原主题 / send the original bytes to the topic they came from.

    Each carries a header that says of which dead letter it is a replay; one that fails again is a
    new dead letter that names the first. What was replayed before is left out.
    """
    with plain_errors():
        if not letter_ids and not any((topic, reason, since, until)):
            hint = "请给出编号或筛选条件 / name letters or give a filter"
            raise ConfigError("yitong dead-letters replay", "ID", hint)
        settings = _settings(kafka, data)
        wanted = _filter(topic, reason, since, until)
        sent, left = asyncio.run(_replay(settings, letter_ids or [], wanted, why, again))
        for letter in sent:
            print(f"已重放 / sent again: {letter.letter_id} -> {letter.message.source_topic}")
        for line in left:
            print(line)
        if letter_ids and not sent:
            raise typer.Exit(1)


async def _replay(
    settings: Settings, letter_ids: list[str], wanted: LetterFilter, why: str, again: bool
) -> tuple[list[Letter], list[str]]:
    from yitong_command.bus.letters import resend
    from yitong_command.storage.letter_replays import hold, mark, replays
    from yitong_command.storage.migrate import upgrade
    from yitong_command.storage.session import make_engine, make_sessions, transaction

    await asyncio.to_thread(upgrade, settings.database_url)
    found = await _read(settings, wanted)
    known = {letter.letter_id for letter in found}
    left = [f"没有这条 / there is none: {one}" for one in letter_ids if one not in known]
    found = [letter for letter in found if not letter_ids or letter.letter_id in letter_ids]
    engine = make_engine(settings.database_url)
    sent: list[Letter] = []
    try:
        async with transaction(make_sessions(engine)) as session:
            await hold(session)
            done = await replays(session, [letter.letter_id for letter in found])
            for letter in found:
                before = done.get(letter.letter_id)
                if home_of(letter, settings.topic_prefix) is None:
                    left.append(f"不是来自主题 / never lay on a topic: {letter.letter_id}")
                elif before is not None and not again:
                    left.append(
                        f"已重放过 / sent again before: {letter.letter_id} "
                        f"({before.at:%Y-%m-%d %H:%M}Z, {before.by})"
                    )
                else:
                    sent.append(letter)
            if sent:
                pairs = [(one.letter_id, one.message.source_topic) for one in sent]
                await mark(session, pairs, datetime.now(UTC), _who(), why)
                await resend(settings.kafka, settings.topic_prefix, sent)
    finally:
        await engine.dispose()
    return sent, left


async def _read(settings: Settings, wanted: LetterFilter) -> list[Letter]:
    return [one async for one in read_letters(settings.kafka, settings.topic_prefix, wanted)]


async def _replays(settings: Settings, letters: list[Letter]) -> dict[str, Replay]:
    from yitong_command.storage.letter_replays import replays
    from yitong_command.storage.migrate import upgrade
    from yitong_command.storage.session import make_engine, make_readers, transaction

    await asyncio.to_thread(upgrade, settings.database_url)
    engine = make_engine(settings.database_url)
    try:
        async with transaction(make_readers(engine)) as session:
            return await replays(session, [letter.letter_id for letter in letters])
    finally:
        await engine.dispose()


def _filter(
    topic: str | None, reason: str | None, since: datetime | None, until: datetime | None
) -> LetterFilter:
    return LetterFilter(
        topic,
        reason,
        since.replace(tzinfo=UTC) if since else None,
        until.replace(tzinfo=UTC) if until else None,
    )


def _as_json(letter: Letter, done: Replay | None) -> dict[str, object]:
    message = letter.message
    return {
        "id": letter.letter_id,
        "at": message.at.isoformat(),
        "source_topic": message.source_topic,
        "partition": message.partition,
        "offset": message.offset,
        "reason": message.reason,
        "replay_of": message.replay_of or None,
        "replayed_at": done.at.isoformat() if done else None,
        "replayed_by": done.by if done else None,
        "value_b64": message.value_b64,
    }


def _as_cells(letter: Letter, done: Replay | None) -> tuple[str, ...]:
    message = letter.message
    state = f"{done.at:%m-%d %H:%M} {done.by}" if done else ""
    if message.replay_of:
        state = f"{state} (重放自 / replay of {message.replay_of})".strip()
    return (
        letter.letter_id,
        f"{message.at:%Y-%m-%d %H:%M:%S}",
        f"{message.source_topic} {message.partition}@{message.offset}",
        message.reason,
        state,
    )


def _settings(kafka: str | None, data: Path | None) -> Settings:
    settings = settings_for("dead-letters", kafka, data=data)
    # A broker that is down is said once, by us.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    return settings


def _who() -> str:
    try:
        return getpass.getuser()[:64]
    except (KeyError, OSError):
        return "unknown"
