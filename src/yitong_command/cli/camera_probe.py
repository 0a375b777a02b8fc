"""Asking cameras what they are, many at once, and the table rows that come of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Table

from yitong_command.errors import SourceLost
from yitong_command.settings.secrets import Login
from yitong_command.sources.probe import Device, best_profile, probe_device
from yitong_command.storage.camera_records import CameraRecord

AT_ONCE = 32


async def probe_all(
    urls: Sequence[str], login: Login | None, progress: Callable[[], None]
) -> dict[str, Device | str]:
    """What each address said, or why it did not; at most 32 are asked at a time.

    Args:
        urls: Device service addresses.
        login: User name and password for all of them.
        progress: Called after each.
    """
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(url: str) -> tuple[str, Device | str]:
        async with gate:
            try:
                found: Device | str = await probe_device(url, login, lambda: datetime.now(UTC))
            except SourceLost as exc:
                found = str(exc)
            progress()
            return url, found

    return dict(await asyncio.gather(*(one(url) for url in urls)))


def rows_of(
    found: Mapping[str, Device | str], known: Mapping[str, CameraRecord], stream: str, place: str
) -> list[dict[str, str]]:
    """Table rows of the devices that answered; a camera that is known keeps its id and place.

    Args:
        found: What the addresses said.
        known: All cameras there are.
        stream: ``main`` or ``sub``.
        place: ``lon,lat,crs`` for cameras that have none yet, or "".
    """
    by_stream = {r.camera.url: key for key, r in known.items() if not r.removed}
    rows = []
    for device in found.values():
        if isinstance(device, str):
            continue
        profile = best_profile(device.profiles, stream)
        if profile is None:
            continue
        camera_id = by_stream.get(profile.url) or _own_id(device)
        row = {"id": camera_id, "url": profile.url, "kind": "球机" if device.presets else "固定"}
        if camera_id not in known:
            row["name_zh"] = row["name_en"] = device.maker or camera_id
        if device.presets:
            row["onvif_url"] = device.url
            row["presets"] = ";".join(f"{p.token}={p.name}" for p in device.presets)
        if place and camera_id not in known:
            row |= dict(zip(("lon", "lat", "crs"), place.split(","), strict=False))
        rows.append(row)
    return rows


def _own_id(device: Device) -> str:
    parts = urlsplit(device.url)
    path = parts.path.removeprefix("/onvif").removesuffix("/device_service")
    text = f"onvif-{parts.hostname}{path}-{parts.port or ''}".lower()
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")[:64]


def show_devices(console: Console, found: Mapping[str, Device | str]) -> None:
    """A table of what was found; never a login."""
    table = Table(title="ONVIF 探测 / ONVIF probe", title_justify="left")
    for title in ("地址 / address", "设备 / device", "码流 / streams", "预置位 / presets"):
        table.add_column(title, overflow="fold")
    for url, device in found.items():
        host = urlsplit(url).netloc
        if isinstance(device, str):
            table.add_row(host, f"[red]✗[/] {device}".replace("[1", r"\[1"), "", "")
            continue
        streams = "\n".join(
            f"{p.codec} {p.width}×{p.height}"
            + (f" {p.fps:g} fps" if p.fps else "")
            + (f" GOP {p.gop}" if p.gop else "")
            for p in device.profiles
        )
        presets = ", ".join(p.name for p in device.presets)
        table.add_row(host, f"[green]✓[/] {device.maker}", streams, presets)
    console.print(table)
