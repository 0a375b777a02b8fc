"""`yitong webhooks`: who is told of changes."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from yitong_command.cli.options import ConfigOption, DataOption, plain_errors, say, settings_for
from yitong_command.errors import ConfigError

webhooks = typer.Typer(help="变更推送 / webhooks", no_args_is_help=True)
Number = Annotated[str, typer.Argument(metavar="ID", help="订阅编号 / number of the webhook")]
Several = Annotated[list[str] | None, typer.Option(help="可多次 / may be given again")]
BY = ("shell", "shell")
WAIT_S = 15.0


@webhooks.command("list")
def list_webhooks(config: ConfigOption = None, data: DataOption = None) -> None:
    """订阅、状态和未送达数 / subscriptions, their state, and what waits."""
    from yitong_command.cli.camera_store import with_session
    from yitong_command.storage.webhooks import list_all

    with plain_errors():
        settings = settings_for("webhooks", config=config, data=data)
        for hook in with_session(settings, list_all):
            print(f"{hook.webhook_id}  {hook.state}  {hook.name}  {hook.url}")
            print(f"  未送达 / waiting: {hook.waiting}")
            if why := hook.reason_en and f"{hook.reason_zh} / {hook.reason_en}" or hook.problem:
                print(f"  {why}")


@webhooks.command()
def add(
    url: Annotated[str, typer.Argument(help="接收网址 / where to send")],
    name: Annotated[str, typer.Option(help="名称 / what people call it")] = "",
    kind: Several = None,
    category: Several = None,
    grid: Several = None,
    state: Several = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """新订阅, 密钥只显示这一次 / subscribe; the secret is shown this once.

    Kinds: case, task, alert. Categories: codes, or key_population for the bare fact that there is
    a case of a protected person, which is never told otherwise.
    """
    from yitong_command.cli.camera_store import with_session
    from yitong_command.domain.webhook import KINDS, Wanted
    from yitong_command.settings.taxonomy import load_taxonomy
    from yitong_command.web.webhooks.service import make

    with plain_errors():
        settings = settings_for("webhooks", config=config, data=data)
        for word in kind or ():
            if word not in KINDS:
                raise ConfigError("--kind", word, f"应为 / must be one of {', '.join(KINDS)}")
        taxonomy = load_taxonomy(settings.config_dir / "taxonomy.yaml")
        wanted = Wanted(*(tuple(words or ()) for words in (kind, category, grid, state)))
        now = datetime.now(UTC)
        hook, secret = with_session(
            settings,
            lambda session: make(
                session, settings, taxonomy, name or url[:80], url, wanted, BY, now
            ),
        )
        print(f"id: {hook.webhook_id}\nsecret: {secret}")


@webhooks.command()
def remove(number: Number, config: ConfigOption = None, data: DataOption = None) -> None:
    """取消订阅, 未送达的不再发送 / end a subscription; what waits is not sent."""
    from sqlalchemy.ext.asyncio import AsyncSession

    from yitong_command.cli.camera_store import with_session
    from yitong_command.storage import audit
    from yitong_command.storage.webhooks import remove as take_away

    async def act(session: AsyncSession) -> None:
        await take_away(session, number)
        await audit.record(session, datetime.now(UTC), *BY, "webhook_removed", number)

    with plain_errors():
        with_session(settings_for("webhooks", config=config, data=data), act)
        say("已取消 / removed")


@webhooks.command("test")
def try_it(number: Number, config: ConfigOption = None, data: DataOption = None) -> None:
    """发一条试验消息并等结果 / send a trial message and wait for it; exit 1 if it fails."""
    from yitong_command.cli.camera_store import with_session
    from yitong_command.storage.deliveries import queue_test, result_of

    with plain_errors():
        settings = settings_for("webhooks", config=config, data=data)
        now = datetime.now(UTC)
        delivery = with_session(settings, lambda session: queue_test(session, number, now))
        arrived, problem, end = False, "", time.monotonic() + WAIT_S
        while not arrived and not problem and time.monotonic() < end:
            time.sleep(0.5)
            arrived, problem = with_session(settings, lambda s: result_of(s, delivery))
    if arrived:
        say("已送达 / it arrived")
        return
    say(problem or "还没有送出; yitong route 是否在运行? / not sent yet; is yitong route running?")
    raise typer.Exit(1)


@webhooks.command()
def replay(
    number: Number,
    since: Annotated[datetime, typer.Option("--from", help="从何时起, UTC / from when on, in UTC")],
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """从某时起重新推送, 编号不变 / send again from a time on; wakes a dead subscription.

    As far back as the topics are kept: cases and tasks 90 days, alerts 7.
    """
    from sqlalchemy.ext.asyncio import AsyncSession

    from yitong_command.cli.camera_store import with_session
    from yitong_command.storage import audit
    from yitong_command.storage.webhooks import ask_replay

    at = since.replace(tzinfo=UTC) if since.tzinfo is None else since

    async def act(session: AsyncSession) -> None:
        await ask_replay(session, number, at)
        await audit.record(session, datetime.now(UTC), *BY, "webhook_replayed", number)

    with plain_errors():
        with_session(settings_for("webhooks", config=config, data=data), act)
        say("已安排, yitong route 会发送 / asked for; yitong route sends it")
