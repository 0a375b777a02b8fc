"""What a camera says of itself over ONVIF: profiles, stream addresses, presets, its clock."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientError
from onvif import ONVIFError
from zeep.exceptions import Error as ZeepError

from yitong_command.errors import SourceLost
from yitong_command.sources.onvif import DeviceClient, Preset

_NOT_ONVIF = (AttributeError, LookupError, TypeError, ValueError)
_FAILURES = (ONVIFError, ZeepError, ClientError, OSError, *_NOT_ONVIF)
DEFAULT_PATH = "/onvif/device_service"
MAX_ADDRESSES = 1024
_RANGE = re.compile(r"(.+\.)(\d{1,3})-(\d{1,3})")


@dataclass(frozen=True, slots=True)
class Profile:
    """One stream that a camera offers.

    Attributes:
        token: The camera's name for it.
        name: What people called it.
        codec: As the camera says, for example ``H264``.
        width: Pixels, 0 if not told.
        height: Pixels, 0 if not told.
        fps: Pictures a second, or None.
        gop: Pictures from one keyframe to the next, or None.
        url: RTSP address, without a login.
    """

    token: str
    name: str
    codec: str
    width: int
    height: int
    fps: float | None
    gop: int | None
    url: str


@dataclass(frozen=True, slots=True)
class Device:
    """What a camera said of itself.

    Attributes:
        url: Address of its device service.
        maker: Manufacturer and model.
        serial: Serial number.
        profiles: Its streams.
        presets: Directions it remembers; none for a fixed camera.
        has_ptz: Whether it can be turned.
        clock_offset_s: How far its clock is ahead of ours, or None if it did not tell.
    """

    url: str
    maker: str
    serial: str
    profiles: tuple[Profile, ...]
    presets: tuple[Preset, ...]
    has_ptz: bool
    clock_offset_s: float | None


def addresses(text: str) -> tuple[str, ...]:
    """Device addresses of ``192.0.2.10,192.0.2.11-20,http://camera/onvif/device_service``.

    Raises:
        ValueError: If a part is no address, or there are more than 1024 of them.
    """
    found: list[str] = []
    for part in (item.strip() for item in text.split(",")):
        if not part:
            continue
        if "://" in part:
            parts = urlsplit(part)
            if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
                raise ValueError(
                    f"http(s)://主机/路径, 不带登录 / without a login: {parts.hostname}"
                )
            found.append(part)
            continue
        found += [f"http://{host}{DEFAULT_PATH}" for host in _hosts(part)]
        if len(found) > MAX_ADDRESSES:
            raise ValueError(f"最多 {MAX_ADDRESSES} 个地址 / at most {MAX_ADDRESSES} addresses")
    if not found:
        raise ValueError("没有地址 / no address")
    return tuple(dict.fromkeys(found))


def _hosts(part: str) -> list[str]:
    base, _, port = part.partition(":")
    span = _RANGE.fullmatch(base)
    hosts = [base]
    if span:
        first, last = int(span[2]), int(span[3])
        if first > last:
            raise ValueError(f"起止颠倒 / begins after its end: {part}")
        hosts = [f"{span[1]}{number}" for number in range(first, last + 1)]
    for host in hosts:
        ipaddress.IPv4Address(host)
    if port and not (port.isdecimal() and 0 < int(port) < 65536):
        raise ValueError(f"端口无效 / no such port: {part}")
    return [f"{host}:{port}" if port else host for host in hosts]


async def probe_device(
    url: str,
    login: tuple[str, str] | None,
    clock: Callable[[], datetime],
    timeout_s: float = 10.0,
) -> Device:
    """Ask a camera what it is.

    Args:
        url: Address of its ONVIF device service.
        login: User name and password, or None.
        clock: The current time, aware UTC; the camera's is compared with it.
        timeout_s: How long it may take in all.

    Raises:
        SourceLost: If it does not answer, refuses, or does not speak ONVIF; says which.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    camera = DeviceClient(url, host, port, login)
    try:
        async with asyncio.timeout(timeout_s):
            return await _ask(camera, url, clock)
    except _FAILURES as exc:
        raise SourceLost(f"{host}: {_why(exc)}") from exc
    finally:
        await camera.close()


async def _ask(camera: DeviceClient, url: str, clock: Callable[[], datetime]) -> Device:
    await camera.update_xaddrs()
    device = await camera.create_devicemgmt_service()
    offset_s = _offset(await device.GetSystemDateAndTime(), clock())
    about = await device.GetDeviceInformation()
    media = await camera.create_media_service()
    profiles = await media.GetProfiles() or []
    host = urlsplit(url).hostname or ""
    streams = [await _stream(media, profile, host) for profile in profiles]
    turning = [p for p in profiles if getattr(p, "PTZConfiguration", None)]
    presets: tuple[Preset, ...] = ()
    if turning:
        ptz = await camera.create_ptz_service()
        found = await ptz.GetPresets({"ProfileToken": turning[0].token})
        presets = tuple(
            Preset(str(item.token), str(item.Name or item.token))
            for item in found or ()
            if item.token
        )
    maker = f"{about.Manufacturer or ''} {about.Model or ''}".strip()
    return Device(
        url, maker, str(about.SerialNumber or ""), tuple(s for s in streams if s), presets,
        bool(turning), offset_s,
    )  # fmt: skip


async def _stream(media: Any, profile: Any, host: str) -> Profile | None:
    """A profile with its address; None if it has no picture.

    The address gets the host that was asked: behind a router the camera's own leads nowhere, and a
    hostile one must not direct us, with our login, to another machine.
    """
    encoder = getattr(profile, "VideoEncoderConfiguration", None)
    if encoder is None:
        return None
    setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
    answer = await media.GetStreamUri({"StreamSetup": setup, "ProfileToken": profile.token})
    size = getattr(encoder, "Resolution", None)
    rate = getattr(encoder, "RateControl", None)
    coding = getattr(encoder, "H264", None) or getattr(encoder, "H265", None)
    limit = getattr(rate, "FrameRateLimit", None)
    gop = getattr(coding, "GovLength", None)
    parts = urlsplit(str(answer.Uri))
    own = f"{host}:{parts.port}" if parts.port else host
    plain = parts._replace(netloc=own).geturl()
    return Profile(
        token=str(profile.token),
        name=str(getattr(profile, "Name", None) or profile.token),
        codec=str(encoder.Encoding),
        width=int(getattr(size, "Width", 0) or 0),
        height=int(getattr(size, "Height", 0) or 0),
        fps=float(limit) if limit else None,
        gop=int(gop) if gop else None,
        url=plain,
    )


def best_profile(profiles: Sequence[Profile], stream: str = "sub") -> Profile | None:
    """The stream to watch: the largest, or the smallest that is at least 480 lines high."""
    if not profiles:
        return None
    ordered = sorted(profiles, key=lambda p: p.width * p.height)
    if stream == "main":
        return ordered[-1]
    return next((p for p in ordered if p.height >= 480), ordered[-1])


def _offset(answer: Any, now: datetime) -> float | None:
    told = getattr(answer, "UTCDateTime", None)
    date, time = getattr(told, "Date", None), getattr(told, "Time", None)
    if date is None or time is None:
        return None
    at = datetime(
        date.Year, date.Month, date.Day, time.Hour, time.Minute, min(time.Second, 59), tzinfo=UTC
    )
    return (at - now).total_seconds()


def _why(failure: Exception) -> str:
    if isinstance(failure, TimeoutError):
        return "应答超时 / no answer in time"
    text = str(failure)
    if any(word in text.lower() for word in ("notauthorized", "not authorized", "401", "403")):
        return "用户名或密码不对 / user name or password is wrong"
    if isinstance(failure, _NOT_ONVIF):
        return "应答不是ONVIF / does not answer in ONVIF"
    if isinstance(failure, (ClientError, OSError)) or "connect" in text.lower():
        return "连不上 / can't be reached"
    return f"调用失败 / the call failed: {text[:160]}"
