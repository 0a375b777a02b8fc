"""What one RTSP client's connection and the server know of each other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from yitong_command.demo.farm.camera import Viewer, VirtualCamera
from yitong_command.demo.farm.manners import Network
from yitong_command.demo.farm.rtsp_messages import Transport
from yitong_command.demo.farm.viewers import Address


class Client(Protocol):
    """A connection, as the server sees it."""

    def close(self) -> None:
        """Close at once; what was not sent yet is lost."""


class RtspHost(Protocol):
    """What a connection needs of the server."""

    session_timeout_s: float

    def find(self, camera_id: str) -> VirtualCamera | str | None:
        """The camera, the reason why it can't be served, or None if there is no such camera."""

    def udp_viewer(
        self, rtp: Address, rtcp: Address, gone: Callable[[], None], network: Network
    ) -> Viewer:
        """A viewer at UDP addresses."""

    def udp_ports(self) -> tuple[int, int]:
        """The server's ports for RTP and RTCP."""

    def opened(self, client: Client) -> None:
        """A client has connected."""

    def closed(self, client: Client) -> None:
        """A client has gone."""


@dataclass(slots=True)
class Session:
    """One SETUP: a camera on its way to one client."""

    session_id: str
    camera: VirtualCamera
    viewer: Viewer
    transport: Transport
    rtcp_from: Address | None = None


class Refused(Exception):
    """A request is answered with an error.

    Args:
        status: Of the answer.
        headers: Of the answer.
    """

    def __init__(self, status: int, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(status)
        self.status = status
        self.headers = headers


class Gone(Exception):
    """The camera is dropped: the connection is closed without an answer."""


def place_of(transport: asyncio.Transport) -> str:
    """Our own host and port, as the client reached us."""
    host, port = transport.get_extra_info("sockname")[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
