"""Ball cameras over ONVIF: presets, going to one, turning by hand, and whether it moves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from aiohttp import ClientError
from onvif import ONVIFCamera, ONVIFError, ONVIFService
from zeep.exceptions import Error as ZeepError

from yitong_command.errors import SourceLost

_T = TypeVar("_T")
_NOT_ONVIF = (AttributeError, LookupError, TypeError, ValueError)
"""What the client package raises on answers that lack what it expects."""
_FAILURES = (ONVIFError, ZeepError, ClientError, OSError, *_NOT_ONVIF)
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Preset:
    """A direction the camera remembers.

    Attributes:
        token: What `BallCamera.goto_preset` takes.
        name: What people called it; the token if they did not.
    """

    token: str
    name: str


class DeviceClient(ONVIFCamera):  # type: ignore[misc]  # the package ships no types
    """The client, with the device service at any path instead of the usual one."""

    def __init__(self, url: str, host: str, port: int, login: tuple[str, str] | None) -> None:
        user, password = login or ("", "")
        # Addresses a device returns get its own host: behind a router they lead nowhere, and a
        # hostile one must not direct us, with our login, to another machine.
        super().__init__(
            host, port, user, password, no_cache=True, adjust_time=True, nat_override=True
        )
        self._url = url

    def get_definition(self, name: str, port_type: str | None = None) -> tuple[str, str, str]:
        """Where a service is; the device service is where we were told, whatever is usual."""
        xaddr, wsdl, binding = super().get_definition(name, port_type)
        return (self._url if name == "devicemgmt" else xaddr), wsdl, binding


@dataclass(frozen=True, slots=True)
class _Open:
    """An open connection to a camera."""

    camera: DeviceClient
    ptz: ONVIFService
    profile: str


class BallCamera:
    """A pan-tilt-zoom camera; connects at the first call and again after a failure.

    Works without the internet: the service descriptions are part of the client package.

    Args:
        url: Address of its ONVIF device service, ``http://host:port/onvif/device_service``.
        credentials: User name and password, or None.
        timeout_s: How long one call may take in all.

    Raises:
        ValueError: If the address is not one.
    """

    def __init__(
        self, url: str, credentials: tuple[str, str] | None = None, timeout_s: float = 5.0
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.username:
            raise ValueError("an ONVIF address is http(s)://host[:port]/path, without a login")
        self._url = url
        self._host = parts.hostname
        self._port = parts.port or _DEFAULT_PORTS[parts.scheme]
        self._credentials = credentials
        self._timeout_s = timeout_s
        self._open: _Open | None = None
        self._lock = asyncio.Lock()
        self._position: object = None

    async def presets(self) -> tuple[Preset, ...]:
        """The presets the camera has.

        Raises:
            SourceLost: If the camera does not answer, or refuses.
        """
        found = await self._call(lambda to: to.ptz.GetPresets({"ProfileToken": to.profile}))
        tokens = [(_field(item, "token"), _field(item, "Name")) for item in found or ()]
        return tuple(Preset(str(token), str(name or token)) for token, name in tokens if token)

    async def goto_preset(self, token: str) -> None:
        """Start moving to a preset; `is_moving` tells when it has arrived.

        Raises:
            SourceLost: If the camera does not answer, or has no such preset.
        """
        await self._call(
            lambda to: to.ptz.GotoPreset({"ProfileToken": to.profile, "PresetToken": token})
        )

    async def is_moving(self) -> bool:
        """Whether the camera moves or zooms now.

        A camera that does not say is taken to move until it reports the same position twice.

        Raises:
            SourceLost: If the camera does not answer, or refuses.
        """
        status = await self._call(lambda to: to.ptz.GetStatus({"ProfileToken": to.profile}))
        said = _field(status, "MoveStatus")
        states = {_field(said, "PanTilt"), _field(said, "Zoom")}
        position = _position(status)
        before, self._position = self._position, position
        if "MOVING" in states:
            return True
        if "IDLE" in states:
            return False
        return position is None or position != before

    async def move(self, pan: float, tilt: float, zoom: float, for_s: float) -> None:
        """Turn and zoom at these speeds until told otherwise, or until the time is over.

        Args:
            pan: To the right, in [-1, 1].
            tilt: Upwards, in [-1, 1].
            zoom: Nearer, in [-1, 1].
            for_s: The camera stops by itself after so many seconds.

        Raises:
            SourceLost: If the camera does not answer, or can't turn.
        """
        velocity = {"PanTilt": {"x": pan, "y": tilt}, "Zoom": {"x": zoom}}
        timeout = timedelta(seconds=for_s)
        await self._call(
            lambda to: to.ptz.ContinuousMove(
                {"ProfileToken": to.profile, "Velocity": velocity, "Timeout": timeout}
            )
        )

    async def stop(self) -> None:
        """Stand still.

        Raises:
            SourceLost: If the camera does not answer, or refuses.
        """
        await self._call(
            lambda to: to.ptz.Stop({"ProfileToken": to.profile, "PanTilt": True, "Zoom": True})
        )

    async def close(self) -> None:
        """Close the connection; the next call opens it again."""
        async with self._lock:
            await self._close()

    async def _call(self, ask: Callable[[_Open], Awaitable[_T]]) -> _T:
        async with self._lock:
            try:
                async with asyncio.timeout(self._timeout_s):
                    if self._open is None:
                        self._open = await self._connect()
                    return await ask(self._open)
            except _FAILURES as exc:
                await self._close()
                raise SourceLost(self._text(exc)) from exc
            except asyncio.CancelledError:
                await self._close()
                raise

    async def _connect(self) -> _Open:
        camera = DeviceClient(self._url, self._host, self._port, self._credentials)
        try:
            await camera.update_xaddrs()
            media = await camera.create_media_service()
            profile = _ptz_profile(await media.GetProfiles())
            ptz = await camera.create_ptz_service()
        except BaseException:
            await camera.close()
            raise
        return _Open(camera, ptz, profile)

    async def _close(self) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            await opened.camera.close()

    def _text(self, failure: Exception) -> str:
        place = f"{self._host}:{self._port}"
        if isinstance(failure, _NOT_ONVIF):
            return f"球机 {place} 的应答不是ONVIF / ball camera {place} does not answer in ONVIF"
        if isinstance(failure, TimeoutError):
            return f"球机 {place} 应答超时 / ball camera {place} did not answer in time"
        why = str(failure).removeprefix("Unknown error: ") or type(failure).__name__
        return f"球机 {place} 调用失败 / ball camera {place}: {why[:200]}"


def _field(item: Any, name: str) -> Any:
    return getattr(item, name, None)


def _ptz_profile(profiles: Any) -> str:
    """Token of the first profile that has pan and tilt."""
    for profile in profiles or ():
        if _field(profile, "PTZConfiguration"):
            return str(_field(profile, "token"))
    raise ONVIFError("no profile with pan and tilt")


def _position(status: Any) -> tuple[float, float, float] | None:
    position = _field(status, "Position")
    pan_tilt, zoom = _field(position, "PanTilt"), _field(position, "Zoom")
    if pan_tilt is None:
        return None
    return pan_tilt.x, pan_tilt.y, _field(zoom, "x") or 0.0
