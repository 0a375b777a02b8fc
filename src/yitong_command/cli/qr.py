"""`yitong qr`: the QR codes that lead to the public report page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlsplit

import segno
import typer

from yitong_command.cli.options import ConfigOption, plain_errors, settings_for
from yitong_command.cli.platforms import partners_of
from yitong_command.errors import ConfigError

KINDS = {".png", ".svg", ".pdf", ".eps"}


def add_qr_command(app: typer.Typer) -> None:
    """Add ``yitong qr``."""
    app.command("qr")(qr)


def qr(
    spot: Annotated[str, typer.Argument(help="位置码; 空为不指定地点 / place code, or none")] = "",
    url: Annotated[
        str, typer.Option(help="控制台的公开地址 / public address of the console")
    ] = "http://127.0.0.1:8000",
    out: Annotated[
        Path | None, typer.Option(help=".png .svg .pdf; 默认显示在终端 / shown here if none")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """群众上报二维码 / a QR code for the public report page."""
    with plain_errors():
        settings = settings_for("qr", config=config)
        spots = partners_of(settings).spots
        if spot and spot not in spots:
            raise ConfigError(
                str(settings.config_dir / "platforms.yaml"), f"spots.{spot}",
                f"没有这个位置码 / no such place code: {', '.join(spots)}",
            )  # fmt: skip
        code = segno.make(address_of(url, spot), error="m")
        if out is None:
            code.terminal(compact=True)
            return
        if out.suffix.lower() not in KINDS:
            raise ConfigError(str(out), "", f"须为 / must be one of {', '.join(sorted(KINDS))}")
        try:
            code.save(str(out), scale=10, border=4)
        except OSError as exc:
            raise ConfigError(str(out), "", f"can't be written: {exc.strerror}") from exc
        print(f"{out}: {address_of(url, spot)}")


def address_of(url: str, spot: str) -> str:
    """What the QR code says.

    Raises:
        ConfigError: If the address of the console is none.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ConfigError("--url", "", "应为 http(s)://主机 / must be http(s)://host")
    page = f"{url.rstrip('/')}/report"
    return f"{page}?spot={quote(spot)}" if spot else page
