"""`yitong topics`: the Kafka topics, what is in them, and the contract about them."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from yitong_command.bus.contract.shapes import fields_of, schema_of
from yitong_command.bus.contract.words import TOPIC_WORDS
from yitong_command.bus.topics import DAY_MS, TOPICS, Topic, topic_name
from yitong_command.cli.options import ConfigOption, KafkaOption, plain_errors, say, settings_for
from yitong_command.errors import BrokerDown, ConfigError
from yitong_command.settings.environment import Settings

topics = typer.Typer(help="消息主题与接口契约 / topics and their contract", no_args_is_help=True)
TopicArgument = Annotated[str, typer.Argument(metavar="TOPIC", help=" | ".join(TOPICS))]


def topic_called(name: str) -> Topic:
    """The topic of this name.

    Raises:
        ConfigError: If there is none; names those that there are.
    """
    if name not in TOPICS:
        known = ", ".join(TOPICS)
        raise ConfigError("topics", name, f"没有这个主题, 有 / no such topic; there are: {known}")
    return TOPICS[name]


def _settings(kafka: str | None, config: Path | None = None) -> Settings:
    settings = settings_for("topics", kafka, config)
    # A broker that is down is said once, by us.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    return settings


@topics.command("list")
def list_topics(kafka: KafkaOption = None) -> None:
    """列出主题, 以及代理上的现状 / every topic, and how it stands on the broker."""
    from yitong_command.bus.topic_state import read_states

    with plain_errors():
        settings = _settings(kafka)
        states, problem = {}, ""
        try:
            states = asyncio.run(read_states(settings.kafka, settings.topic_prefix))
        except BrokerDown as exc:
            problem = str(exc)
        table = Table(box=None, pad_edge=False)
        for head in ("主题\ntopic", "用途\npurpose", "分区\nparts", "保留\nkept",
                     "记录\nrecords", "未读\nlag"):  # fmt: skip
            table.add_column(head, overflow="fold")
        for topic in TOPICS.values():
            state = states.get(topic.name)
            lag = "-" if state is None or state.lag is None else str(state.lag)
            there = str(state.records) if state else "?" if problem else "没有 / none"
            table.add_row(
                topic_name(topic, settings.topic_prefix),
                f"{TOPIC_WORDS[topic.name]}\n{topic.purpose}", str(topic.partitions),
                "压缩\ncompacted" if topic.compacted else f"{topic.retention_ms // DAY_MS} d",
                there, lag,
            )  # fmt: skip
        Console(soft_wrap=False).print(table)
        if problem:
            say(problem)


@topics.command()
def create(kafka: KafkaOption = None) -> None:
    """创建缺少的主题; 已有的不改 / make the missing topics; those that are there stay."""
    from yitong_command.bus.admin import ensure_topics
    from yitong_command.bus.topic_state import differs, read_states

    with plain_errors():
        settings = _settings(kafka)
        where = (settings.kafka, settings.topic_prefix)
        made = asyncio.run(ensure_topics(*where, settings.replication))
        for name in made:
            print(f"已创建 / created: {name}")
        states = asyncio.run(read_states(*where))
        for topic in TOPICS.values():
            name = topic_name(topic, settings.topic_prefix)
            wrong = differs(topic, states[topic.name]) if topic.name in states else ()
            for line in wrong:
                print(f"不同 / differs: {name}: {line}")
            if not wrong and name not in made:
                print(f"已有 / there: {name}")


@topics.command()
def describe(topic: TopicArgument) -> None:
    """字段、类型、含义、键和示例 / fields, types, meaning, key and an example."""
    from yitong_command.bus.contract.samples import sample
    from yitong_command.bus.wire import event_type

    with plain_errors():
        found = topic_called(topic)
        console = Console(soft_wrap=False)
        console.print(f"{found.name}: {TOPIC_WORDS[found.name]} / {found.purpose}", style="bold")
        console.print(f"键 / key: {found.key}    ce_type: {event_type(found.payload)}")
        table = Table(box=None, pad_edge=False)
        for head in ("字段 field", "类型 type", "必有 required", "含义 meaning"):
            table.add_column(head, overflow="fold")
        for field in fields_of(schema_of(found)):
            needed = "是 / yes" if field.required else ""
            table.add_row(field.path, field.type, needed, f"{field.zh}\n{field.en}")
        console.print(table, markup=False)
        console.print("示例 / example:")
        print(sample(found).model_dump_json(indent=2))


@topics.command()
def tail(
    topic: TopicArgument,
    begin: Annotated[
        Literal["beginning", "now"],
        typer.Option("--from", help="从最早或从现在 / from the oldest kept, or from now on"),
    ] = "now",
    key: Annotated[str | None, typer.Option(help="只看此键 / this key only")] = None,
    json: Annotated[bool, typer.Option("--json", help="每行一个 JSON / JSON lines")] = False,
    count: Annotated[
        int | None, typer.Option(min=1, help="读多少条后结束 / end after so many")
    ] = None,
    until_end: Annotated[
        bool, typer.Option("--until-end", help="读到现在的末尾为止 / end at the present end")
    ] = False,
    kafka: KafkaOption = None,
    config: ConfigOption = None,
) -> None:
    """读出消息, 不影响任何读者 / print messages; nobody's position moves.

    What can't be decoded is printed with the reason. Ctrl-C ends it.
    """
    from yitong_command.cli.tail import Wanted, show
    from yitong_command.settings.rules import load_rules

    with plain_errors():
        settings = _settings(kafka, config)
        load_rules(settings)  # An installation's own incident kinds are words on the wire too.
        wanted = Wanted(begin == "beginning", key, json, count, until_end)
        asyncio.run(show(settings, topic_called(topic), wanted))


@topics.command()
def contract(
    write: Annotated[bool, typer.Option("--write", help="写入文件 / write the files")] = False,
    publish: Annotated[
        bool, typer.Option("--publish", help="作为已发布版本 / make it the published version")
    ] = False,
    folder: Annotated[
        Path | None, typer.Option("--to", help="目录 / folder instead of streams/")
    ] = None,
) -> None:
    """接口契约文件是否与代码一致 / whether the contract's files are those of the code.

    Exit code 1 if a file differs, or the code breaks readers of the published version.
    """
    from importlib.util import find_spec

    from yitong_command.bus.contract import files

    with plain_errors():
        spec = find_spec("streams")
        where = folder or Path(str(spec and spec.origin)).parent
        if write or publish:
            for name in files.write(where):
                print(f"已更新 / updated: {where / name}")
        if publish:
            for name in files.publish(where):
                print(f"已发布 / published: {name}")
        stale, wrong = files.differences(where), files.broken(where)
        for name in stale:
            print(f"与代码不符 / differs from the code: {where / name}")
        for line in wrong:
            print(f"破坏兼容 / breaks readers: {line}")
        if stale or wrong:
            raise typer.Exit(1)
        print(f"契约与代码一致 / the contract is that of the code: {where}")
