"""Where a camera's packets go: an RTSP connection or a pair of UDP addresses."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable

from prometheus_client import Counter

from yitong_command.demo.farm.camera import Sent
from yitong_command.demo.farm.manners import Network
from yitong_command.demo.farm.packets import on_channel

MAX_WAITING_BYTES = 512 * 1024

DROPPED = Counter(
    "yitong_farm_dropped_pictures_total", "Pictures left out because a client did not keep up"
)
BYTES = Counter("yitong_farm_sent_bytes_total", "Bytes of packets sent to clients")

Address = tuple[str, int]

_OTHER = b"\0\x30\x80\x88" + bytes(46)


class TcpViewer:
    """Packets interleaved on the RTSP connection.

    Whoever has more than ``MAX_WAITING_BYTES`` waiting gets nothing until the next key picture,
    so a client that stops reading costs a bounded amount of memory.

    Args:
        transport: The connection.
        rtp: Channel for RTP.
        rtcp: Channel for RTCP.
        gone: Called when the camera sends the viewer away.
        others: Whether audio and metadata are sent unasked on the two pairs of channels after.
    """

    def __init__(
        self,
        transport: asyncio.WriteTransport,
        rtp: int,
        rtcp: int,
        gone: Callable[[], None],
        others: bool = False,
    ) -> None:
        self._others = (rtp + 2, rtp + 4) if others else ()
        self._transport = transport
        self._rtp = rtp
        self._rtcp = rtcp
        self._gone = gone
        self._waits_for_key = True

    def show(self, sent: Sent, block: bytearray) -> None:
        """Send a picture, or leave it out if the client does not keep up."""
        if self._transport.get_write_buffer_size() > MAX_WAITING_BYTES:
            self._waits_for_key = True
        elif sent.key:
            self._waits_for_key = False
        if self._waits_for_key:
            DROPPED.inc()
            return
        BYTES.inc(len(block))
        for channel in self._others:
            self._transport.write(bytes((0x24, channel)) + _OTHER)
        self._transport.write(on_channel(block, sent.packets.starts, self._rtp))

    def report(self, packet: bytes) -> None:
        """Send an RTCP packet."""
        if self._transport.get_write_buffer_size() <= MAX_WAITING_BYTES:
            head = bytes([0x24, self._rtcp]) + len(packet).to_bytes(2, "big")
            self._transport.write(head + packet)

    def close(self) -> None:
        """The camera is gone."""
        self._gone()


class UdpViewer:
    """Packets as datagrams from the server's pair of ports.

    Args:
        rtp_socket: Non-blocking socket RTP is sent from.
        rtcp_socket: The same for RTCP.
        rtp: Client address for RTP.
        rtcp: Client address for RTCP.
        gone: Called when the camera sends the viewer away.
        network: What lies between.
    """

    def __init__(
        self,
        rtp_socket: socket.socket,
        rtcp_socket: socket.socket,
        rtp: Address,
        rtcp: Address,
        gone: Callable[[], None],
        network: Network,
    ) -> None:
        self._network = network
        self._rtp_socket = rtp_socket
        self._rtcp_socket = rtcp_socket
        self._rtp = rtp
        self._rtcp = rtcp
        self._gone = gone
        self._waits_for_key = True

    def show(self, sent: Sent, block: bytearray) -> None:
        """Send a picture; if the socket is full, nothing more until the next key picture."""
        if sent.key:
            self._waits_for_key = False
        if self._waits_for_key:
            DROPPED.inc()
            return
        try:
            for packet in self._network.carry(list(sent.packets.packets(block))):
                self._rtp_socket.sendto(packet, self._rtp)
        except OSError:
            self._waits_for_key = True
            DROPPED.inc()
        else:
            BYTES.inc(len(block))

    def report(self, packet: bytes) -> None:
        """Send an RTCP packet; a full socket loses it, as the network may."""
        with contextlib.suppress(OSError):
            self._rtcp_socket.sendto(packet, self._rtcp)

    def close(self) -> None:
        """The camera is gone."""
        self._gone()
