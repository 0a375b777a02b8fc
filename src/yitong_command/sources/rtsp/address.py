"""Addresses of cameras: taken apart, and never with the password in them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from yitong_command.sources.rtsp.failure import RtspFailure

DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a camera is.

    Attributes:
        url: The request address, without user name and password.
        host: Name or IP address.
        port: TCP port.
        tls: Whether the connection is encrypted (``rtsps``).
        credentials: User name and password that stood in the address, or None.
    """

    url: str
    host: str
    port: int
    tls: bool
    credentials: tuple[str, str] | None


def parse_address(url: str) -> Address:
    """Take an RTSP address apart.

    Raises:
        ValueError: If it is not one; the text does not repeat the address.
    """
    if any(char.isspace() or not char.isprintable() for char in url):
        raise ValueError("the address has spaces or control characters")
    parts = urlsplit(url)
    host, port = parts.hostname, parts.port
    if parts.scheme not in DEFAULT_PORTS or not host:
        raise ValueError("the address does not start with rtsp://host or rtsps://host")
    credentials = None
    if parts.username is not None:
        credentials = (unquote(parts.username), unquote(parts.password or ""))
    place = parts.netloc.rpartition("@")[2]
    return Address(
        urlunsplit((parts.scheme, place, parts.path or "/", parts.query, "")),
        host,
        port or DEFAULT_PORTS[parts.scheme],
        parts.scheme == "rtsps",
        credentials,
    )


def join_control(base: str, control: str) -> str:
    """The address an SDP ``a=control`` means.

    Cameras put a query in their base address and still mean "append": so a relative control is
    appended after a slash, as live555 and FFmpeg do, and only a rooted path is resolved.

    Raises:
        RtspFailure: If the two make no address.
    """
    if not control or control == "*":
        return base
    if control.lower().startswith(("rtsp://", "rtsps://")):
        return _without_userinfo(control)
    if control.startswith("/"):
        try:
            return urljoin(base.replace("rtsp", "http", 1), control).replace("http", "rtsp", 1)
        except ValueError as exc:
            raise RtspFailure("摄像机给出的地址有误", "the camera gave a wrong address") from exc
    return f"{base.rstrip('/')}/{control}"


def _without_userinfo(url: str) -> str:
    scheme, _, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    return f"{scheme}://{place.rpartition('@')[2]}{slash}{path}"
