"""Options that several commands share, and how errors reach a person."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from yitong_command.errors import YitongError
from yitong_command.log import configure_logging
from yitong_command.settings.environment import Settings, load_settings

EXIT_BAD_INPUT = 2

KafkaOption = Annotated[
    str | None, typer.Option("--kafka", metavar="HOST:PORT", help="消息代理地址 / broker address")
]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="配置目录 / folder with the county's files")
]
DataOption = Annotated[
    Path | None, typer.Option("--data", help="数据目录 / folder this installation writes to")
]


def say(message: str) -> None:
    """One line of progress for a person, on standard error."""
    print(message, file=sys.stderr, flush=True)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Errors made on purpose end the command with one clear line and exit code 2."""
    try:
        yield
    except YitongError as exc:
        say(f"错误 / error: {exc}")
        raise typer.Exit(EXIT_BAD_INPUT) from exc


def settings_for(
    part: str, kafka: str | None = None, config: Path | None = None, data: Path | None = None
) -> Settings:
    """Settings from the environment and the command line, with logging configured.

    Args:
        part: Name of the part, for its log lines.
        kafka: Overrides ``YITONG_KAFKA``.
        config: Overrides ``YITONG_CONFIG``.
        data: Overrides ``YITONG_DATA``.
    """
    overrides = {"YITONG_KAFKA": kafka, "YITONG_CONFIG": config, "YITONG_DATA": data}
    env = dict(os.environ) | {key: str(value) for key, value in overrides.items() if value}
    settings = load_settings(env)
    configure_logging(json=settings.log_json, part=part)
    return settings
