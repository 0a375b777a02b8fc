"""Sockets of one attempt to reach one camera; nothing here waits."""

from __future__ import annotations

import errno
import selectors
import socket
import ssl
from enum import Enum

from yitong_command.sources.rtsp.address import Address
from yitong_command.sources.rtsp.failure import RtspFailure
from yitong_command.sources.rtsp.session import Session, Step
from yitong_command.sources.rtsp.tls import TlsPolicy

READ_BYTES = 256 * 1024
MAX_BYTES_PER_READ = 1024 * 1024
MAX_FRAMES_PER_READ = 4096
MAX_DATAGRAMS_PER_READ = 2048
UDP_BUFFER_BYTES = 4 * 1024 * 1024
_UDP_ATTEMPTS = 20


class _Stage(Enum):
    CONNECTING = "connecting"
    SECURING = "securing"
    OPEN = "open"


class Connection:
    """The RTSP connection of a session, and its UDP sockets if it needs them.

    Every method raises `RtspFailure` or OSError when the camera is lost; then call `close`.

    Args:
        camera_id: The camera.
        address: Where it is.
        ip: Its resolved address.
        session: The dialogue; it is started when the connection stands.
        tls: Whom to believe on ``rtsps`` addresses.

    Attributes:
        udp: RTP and RTCP socket, or () while RTP is interleaved.
    """

    def __init__(
        self, camera_id: str, address: Address, ip: str, session: Session, tls: TlsPolicy
    ) -> None:
        self._camera_id = camera_id
        self.session = session
        self.udp: tuple[socket.socket, ...] = ()
        self._address = address
        self._ip = ip
        self._tls = tls
        self._stage = _Stage.CONNECTING
        self._tls_wants = selectors.EVENT_READ
        family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        failure = self.socket.connect_ex((ip, address.port))
        if failure not in (0, errno.EINPROGRESS, errno.EWOULDBLOCK):
            self.socket.close()
            raise OSError(failure, "connect")

    @property
    def events(self) -> int:
        """Which events of `socket` to wait for now."""
        if self._stage is _Stage.CONNECTING:
            return selectors.EVENT_WRITE
        return self._tls_wants if self._stage is _Stage.SECURING else selectors.EVENT_READ

    def advance(self, now_s: float) -> None:
        """The socket is ready: connect, secure or read, whichever is next."""
        if self._stage is _Stage.CONNECTING:
            failure = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if failure:
                raise OSError(failure, "connect")
            self._connected()
        elif self._stage is _Stage.SECURING:
            self._secure()
        else:
            self.read(now_s)
        self.flush()

    def read(self, now_s: float) -> None:
        """Hand what came to the session, up to a limit, so that no camera starves the others."""
        total, frames = 0, self.session.frames
        while total < MAX_BYTES_PER_READ or self._pending():
            try:
                chunk = self.socket.recv(READ_BYTES)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            if not chunk:
                raise RtspFailure("摄像机关闭了连接", "the camera closed the connection")
            self.session.receive(chunk, now_s)
            if self.session.step is Step.NEEDS_UDP:
                self._open_udp()
            if self.session.frames - frames > MAX_FRAMES_PER_READ:
                raise RtspFailure("摄像机发送的数据包过多", "the camera floods us with packets")
            total += len(chunk)
            if len(chunk) < READ_BYTES and not self._address.tls:
                return

    def read_udp(self) -> None:
        """Hand the datagrams that came to the session."""
        for number, sock in enumerate(self.udp):
            for _ in range(MAX_DATAGRAMS_PER_READ):
                try:
                    packet, sender = sock.recvfrom(65536)
                except ConnectionRefusedError:
                    continue
                except BlockingIOError:
                    break
                if sender[0] not in (self._ip, self.session.server_source):
                    continue
                if number == 0:
                    self.session.receive_rtp(packet)
                else:
                    self.session.receive_rtcp(packet)

    def tick(self, now_s: float) -> None:
        """Send what is due."""
        report = self.session.tick(now_s)
        if report is not None and self.udp:
            self._send_udp(report)
        self.flush()

    def flush(self) -> None:
        """Send what the session has to say, as far as the camera takes it."""
        outgoing = self.session.outgoing
        while outgoing and self._stage is _Stage.OPEN:
            try:
                sent = self.socket.send(bytes(outgoing))
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            del outgoing[:sent]

    def close(self) -> None:
        """Say goodbye if that goes at once, and close all sockets."""
        try:
            self.session.stop()
            self.flush()
        except (OSError, RtspFailure):
            pass
        for sock in (self.socket, *self.udp):
            sock.close()

    def _connected(self) -> None:
        if not self._address.tls:
            self._stage = _Stage.OPEN
            self.session.start()
            return
        try:
            self.socket = self._tls.context(self._camera_id).wrap_socket(
                self.socket, server_hostname=self._address.host, do_handshake_on_connect=False
            )
        except ValueError as exc:
            raise RtspFailure(
                "主机名不能用于加密连接", "the host name can't be used with TLS"
            ) from exc
        self._stage = _Stage.SECURING
        self._secure()

    def _secure(self) -> None:
        if not isinstance(self.socket, ssl.SSLSocket):
            return
        try:
            self.socket.do_handshake()
        except ssl.SSLWantReadError:
            self._tls_wants = selectors.EVENT_READ
        except ssl.SSLWantWriteError:
            self._tls_wants = selectors.EVENT_WRITE
        else:
            self._tls.check(self._camera_id, self.socket.getpeercert(binary_form=True))
            self._stage = _Stage.OPEN
            self.session.start()

    def _pending(self) -> bool:
        """Whether TLS holds decrypted bytes that no selector would tell of."""
        return isinstance(self.socket, ssl.SSLSocket) and self.socket.pending() > 0

    def _open_udp(self) -> None:
        local = self.socket.getsockname()[0]
        for _ in range(_UDP_ATTEMPTS):
            pair = _port_pair(self.socket.family, local)
            if pair is not None:
                self.udp = pair
                self.session.use_udp(pair[0].getsockname()[1])
                return
        raise RtspFailure("本机没有空闲的UDP端口", "this machine has no free UDP ports")

    def _send_udp(self, report: bytes) -> None:
        """Send a report, and an empty packet that opens the way for RTP through firewalls."""
        ports = self.session.server_ports
        if ports is None:
            return
        empty = b"\x80" + bytes(11)
        for sock, packet, port in zip(self.udp, (empty, report), ports, strict=True):
            try:
                sock.sendto(packet, (self._ip, port))
            except (BlockingIOError, ConnectionRefusedError):
                continue


def _port_pair(family: socket.AddressFamily, local: str) -> tuple[socket.socket, ...] | None:
    """Sockets on an even port and the next one, as RTP wants, or None if one is taken."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.bind((local, 0))
        even = probe.getsockname()[1] & ~1
    pair = tuple(socket.socket(family, socket.SOCK_DGRAM) for _ in range(2))
    try:
        for sock, port in zip(pair, (even, even + 1), strict=True):
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, UDP_BUFFER_BYTES)
            sock.bind((local, port))
    except OSError:
        for sock in pair:
            sock.close()
        return None
    return pair
