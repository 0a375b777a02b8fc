"""The RTSP server: one TCP port, one pair of UDP ports, any number of cameras."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import ssl
from collections.abc import Callable, Mapping

import structlog
from prometheus_client import Gauge

from yitong_command.demo.farm.camera import Viewer, VirtualCamera
from yitong_command.demo.farm.manners import Network
from yitong_command.demo.farm.rtsp_connection import RtspConnection
from yitong_command.demo.farm.rtsp_host import Client
from yitong_command.demo.farm.viewers import Address, UdpViewer
from yitong_command.errors import ConfigError

SEND_BUFFER = 4 * 1024 * 1024
_PAIR_ATTEMPTS = 50

CONNECTIONS = Gauge("yitong_farm_connections_count", "RTSP clients connected")

log = structlog.get_logger()


def port_taken(host: str, port: int, key: str, exc: OSError) -> ConfigError:
    """What is said when a port can't be listened on."""
    why_zh = "已被占用" if exc.errno == errno.EADDRINUSE else "无法监听"
    why_en = "is taken by another program" if exc.errno == errno.EADDRINUSE else f"failed: {exc}"
    return ConfigError(
        "FarmOptions", key, f"{host} 的端口 {port} {why_zh} / port {port} of {host} {why_en}"
    )


class RtspServer:
    """Serves cameras by their id as path.

    Args:
        host: Address to listen on.
        port: TCP port; 0 takes a free one.
        cameras: By id.
        failed: Cameras that can't be served, with the reason.
        session_timeout_s: Silent clients are closed after this time.
        tls_port: A second TCP port, for encrypted connections; 0 takes a free one, None has none.
        tls: What those are made with.
    """

    def __init__(
        self,
        host: str,
        port: int,
        cameras: Mapping[str, VirtualCamera],
        failed: Mapping[str, str],
        session_timeout_s: float,
        tls_port: int | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._host = host
        self.port = port
        self.session_timeout_s = session_timeout_s
        self._cameras = cameras
        self._failed = failed
        self._connections: set[RtspConnection] = set()
        self._empty = asyncio.Event()
        self._stopping = False
        self.tls_port = tls_port
        self._tls = tls
        self._servers: list[asyncio.Server] = []
        self._sockets: tuple[socket.socket, socket.socket] | None = None
        self._reaper: asyncio.Task[None] | None = None

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._connections)

    async def start(self) -> None:
        """Listen.

        Raises:
            ConfigError: If the port is taken; names it.
        """
        loop = asyncio.get_running_loop()
        self.port = await self._listen(self.port, "rtsp_port", None)
        if self.tls_port is not None:
            self.tls_port = await self._listen(self.tls_port, "rtsps_port", self._tls)
        self._sockets = _udp_pair(self._servers[0].sockets[0].family, self._host)
        for index, udp in enumerate(self._sockets):
            loop.add_reader(udp, self._heard, udp, index == 1)
        self._reaper = asyncio.create_task(self._reap(), name="farm-rtsp-reaper")

    async def _listen(self, port: int, key: str, tls: ssl.SSLContext | None) -> int:
        try:
            server = await asyncio.get_running_loop().create_server(
                lambda: RtspConnection(self), self._host, port, backlog=1024, ssl=tls
            )
        except OSError as exc:
            raise port_taken(self._host, port, key, exc) from exc
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close every connection and socket."""
        self._stopping = True
        if self._reaper:
            self._reaper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reaper
        for server in self._servers:
            server.close()
        for connection in tuple(self._connections):
            connection.close()
        for server in self._servers:
            await server.wait_closed()
        sockets, self._sockets = self._sockets or (), None
        for udp in sockets:
            asyncio.get_running_loop().remove_reader(udp)
            udp.close()
        if self._connections:
            await self._empty.wait()

    def find(self, camera_id: str) -> VirtualCamera | str | None:
        """The camera, the reason why it can't be served, or None if there is no such camera."""
        return self._cameras.get(camera_id) or self._failed.get(camera_id)

    def udp_viewer(
        self, rtp: Address, rtcp: Address, gone: Callable[[], None], network: Network
    ) -> Viewer:
        """A viewer at UDP addresses."""
        if self._sockets is None:
            raise RuntimeError("the server was not started")
        return UdpViewer(*self._sockets, rtp, rtcp, gone, network)

    def udp_ports(self) -> tuple[int, int]:
        """The server's ports for RTP and RTCP."""
        if self._sockets is None:
            raise RuntimeError("the server was not started")
        rtp, rtcp = self._sockets
        return rtp.getsockname()[1], rtcp.getsockname()[1]

    def opened(self, client: Client) -> None:
        """A client has connected."""
        if isinstance(client, RtspConnection):
            self._connections.add(client)
        if self._stopping:
            client.close()
        self._empty.clear()
        CONNECTIONS.inc()

    def closed(self, client: Client) -> None:
        """A client has gone."""
        if isinstance(client, RtspConnection):
            self._connections.discard(client)
        if not self._connections:
            self._empty.set()
        CONNECTIONS.dec()

    def _heard(self, udp: socket.socket, rtcp: bool) -> None:
        """Datagrams of clients: hole punching is ignored, RTCP keeps a session alive."""
        now = asyncio.get_running_loop().time()
        for _ in range(64):
            try:
                _, sender = udp.recvfrom(2048)
            except OSError:
                return
            if rtcp:
                self._keep_alive(sender[:2], now)

    def _keep_alive(self, sender: Address, now: float) -> None:
        for connection in self._connections:
            if any(session.rtcp_from == sender for session in connection.sessions):
                connection.heard_at = now

    async def _reap(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            shortest = min((c.timeout_s for c in self._connections), default=60.0)
            await asyncio.sleep(min(5.0, self.session_timeout_s / 4, shortest / 4))
            for connection in tuple(self._connections):
                if connection.heard_at < loop.time() - connection.timeout_s:
                    log.info("farm_client_silent", timeout_s=connection.timeout_s)
                    connection.close()


def _udp_pair(family: socket.AddressFamily, host: str) -> tuple[socket.socket, socket.socket]:
    """An even port for RTP and the next for RTCP, as RFC 3550 wishes."""
    for _ in range(_PAIR_ATTEMPTS):
        rtp = _udp_socket(family, host, 0)
        port = rtp.getsockname()[1]
        if port % 2 == 0 and port < 65535:
            try:
                return rtp, _udp_socket(family, host, port + 1)
            except OSError:
                rtp.close()
        else:
            rtp.close()
    raise ConfigError(
        "FarmOptions", "host", f"{host} 没有可用的 UDP 端口对 / no free pair of UDP ports on {host}"
    )


def _udp_socket(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    udp = socket.socket(family, socket.SOCK_DGRAM)
    try:
        udp.setblocking(False)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        udp.bind((host, port))
    except OSError:
        udp.close()
        raise
    return udp
