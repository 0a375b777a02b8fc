"""`yitong platforms`: partners, the keys they sign with, and what was refused of theirs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from yitong_command.cli.options import ConfigOption, DataOption, plain_errors, settings_for
from yitong_command.errors import ConfigError
from yitong_command.settings.environment import Settings
from yitong_command.settings.platform_keys import OVERLAP, end_keys, make_key, read_keys
from yitong_command.settings.platforms import Platforms, load_platforms
from yitong_command.settings.taxonomy import load_taxonomy

platforms = typer.Typer(help="协同平台 / partner platforms", no_args_is_help=True)
DAYS = 7
Word = Annotated[str, typer.Argument(metavar="PLATFORM", help="平台 / its word in platforms.yaml")]


def partners_of(settings: Settings) -> Platforms:
    """What ``platforms.yaml`` says.

    Raises:
        ConfigError: Naming file and key.
    """
    from yitong_command.sources.adapters import ADAPTERS

    taxonomy = load_taxonomy(settings.config_dir / "taxonomy.yaml")
    return load_platforms(settings.config_dir, taxonomy, frozenset(ADAPTERS))


@platforms.command("list")
def list_platforms(config: ConfigOption = None, data: DataOption = None) -> None:
    """平台、适配器、密钥和近七天拒收 / partners, adapters, keys, refusals of seven days."""
    from yitong_command.cli.camera_store import with_session
    from yitong_command.storage.reports import refusals

    with plain_errors():
        settings = settings_for("platforms", config=config, data=data)
        now = datetime.now(UTC)
        keys = read_keys(settings.platform_keys)
        since = (now - timedelta(days=DAYS)).date()
        refused = with_session(settings, lambda session: refusals(session, since))
        for word, platform in partners_of(settings).partners.items():
            live = [key.kid for key in keys.get(word, ()) if key.works(now)]
            print(
                f"{word}  {platform.name.zh} / {platform.name.en}  {platform.adapter}  "
                f"{platform.source}"
            )
            print(
                f"  密钥 / keys: {', '.join(live) or '无, 拒绝一切 / none, everything is refused'}"
            )
            counts = [f"{code} {n}" for (name, code), n in sorted(refused.items()) if name == word]
            if counts:
                print(f"  拒收 / refused: {', '.join(counts)}")


@platforms.command("key")
def key(
    platform: Word,
    end_older: Annotated[
        bool, typer.Option(help="旧密钥立即失效 / older keys end now, not in 7 days")
    ] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """新密钥, 只显示这一次 / make a key; it is shown this once."""
    with plain_errors():
        settings = settings_for("platforms", config=config, data=data)
        _check_word(settings, platform)
        overlap = timedelta(0) if end_older else OVERLAP
        made = make_key(settings.platform_keys, platform, datetime.now(UTC), overlap)
        print(f"platform: {platform}\nkid: {made.kid}\nsecret: {made.secret}")


@platforms.command("end")
def end(platform: Word, config: ConfigOption = None, data: DataOption = None) -> None:
    """停用平台的全部密钥 / take all keys from a partner at once."""
    with plain_errors():
        settings = settings_for("platforms", config=config, data=data)
        _check_word(settings, platform)
        count = end_keys(settings.platform_keys, platform)
        print(f"已停用 / ended: {count}")


@platforms.command("token")
def token(
    platform: Word,
    body: Annotated[
        Path | None, typer.Option(help="要发送的文件; 不给则为查询 / file to send; none: to ask")
    ] = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """签一个一次性令牌, 用于联调 / sign a token for one request, to try it with curl."""
    from yitong_command.web.gateway.tokens import READ, WRITE, sign

    with plain_errors():
        settings = settings_for("platforms", config=config, data=data)
        now = datetime.now(UTC)
        live = [k for k in read_keys(settings.platform_keys).get(platform, ()) if k.works(now)]
        if not live:
            raise ConfigError(str(settings.platform_keys), platform, "没有密钥 / it has no key")
        try:
            sent = body.read_bytes() if body else None
        except OSError as exc:
            raise ConfigError(str(body), "", f"can't be read: {exc.strerror}") from exc
        scope = READ if sent is None else WRITE
        print(sign(platform, live[-1].kid, live[-1].secret, scope, uuid4().hex, now, sent))


def _check_word(settings: Settings, platform: str) -> None:
    known = partners_of(settings).partners
    if platform not in known:
        raise ConfigError(
            str(settings.config_dir / "platforms.yaml"), f"partners.{platform}",
            f"没有这个平台 / no such platform: {', '.join(known)}",
        )  # fmt: skip
