"""Which sockets the receiver watches, and how often."""

from __future__ import annotations

import contextlib
import selectors
import socket

from yitong_command.sources.rtsp.link import Link
from yitong_command.sources.rtsp.session import Step


class Watch:
    """Three groups of sockets: dialogues (served at once), playing TCP, and UDP (both swept).

    Sockets are known by their number, which stays the same when TLS wraps them.
    """

    def __init__(self) -> None:
        self._talking = selectors.DefaultSelector()
        self._playing = selectors.DefaultSelector()
        self._udp = selectors.DefaultSelector()
        self._tcp_of: dict[Link, tuple[selectors.BaseSelector, int, int]] = {}
        self._udp_of: dict[Link, tuple[int, ...]] = {}
        self._waker, self._woken = socket.socketpair()
        self._waker.setblocking(False)
        self._woken.setblocking(False)
        self._talking.register(self._woken, selectors.EVENT_READ)

    @property
    def any_udp(self) -> bool:
        """Whether any camera sends over UDP."""
        return bool(self._udp_of)

    def wake(self) -> None:
        """End the wait in `talking`; may be called from any thread, and after `close`."""
        with contextlib.suppress(OSError):
            self._waker.send(b"!")

    def talking(self, timeout_s: float) -> list[Link]:
        """Links whose dialogue can go on; waits for one, at most so many seconds."""
        ready = self._talking.select(timeout_s)
        if any(key.fileobj is self._woken for key, _ in ready):
            self._woken.recv(4096)
        return [key.data for key, _ in ready if key.data is not None]

    def receiving(self) -> list[Link]:
        """Playing links whose RTSP connection has data now."""
        return [key.data for key, _ in self._playing.select(0)]

    def receiving_udp(self) -> set[Link]:
        """Links whose UDP sockets have data now."""
        return {key.data for key, _ in self._udp.select(0)}

    def follow(self, link: Link) -> None:
        """Watch what the link has open now."""
        connection = link.connection
        if connection is None:
            self.forget(link)
            return
        playing = connection.session.step is Step.PLAYING
        selector = self._playing if playing else self._talking
        wanted = (selector, connection.socket.fileno(), connection.events)
        if self._tcp_of.get(link) != wanted:
            self._forget_tcp(link)
            selector.register(wanted[1], wanted[2], link)
            self._tcp_of[link] = wanted
        if connection.udp and link not in self._udp_of:
            self._udp_of[link] = tuple(sock.fileno() for sock in connection.udp)
            for number in self._udp_of[link]:
                self._udp.register(number, selectors.EVENT_READ, link)

    def forget(self, link: Link) -> None:
        """Watch nothing of a link; to be called before its sockets are closed."""
        self._forget_tcp(link)
        for number in self._udp_of.pop(link, ()):
            self._udp.unregister(number)

    def close(self) -> None:
        """Watch nothing any more."""
        for selector in (self._talking, self._playing, self._udp):
            selector.close()
        self._waker.close()
        self._woken.close()

    def _forget_tcp(self, link: Link) -> None:
        watched = self._tcp_of.pop(link, None)
        if watched is not None:
            watched[0].unregister(watched[1])
