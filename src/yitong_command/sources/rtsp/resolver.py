"""Names to addresses on threads of their own: a slow name server stalls no camera."""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
from dataclasses import dataclass, field

from yitong_command.sources.rtsp.failure import RtspFailure


@dataclass(slots=True)
class Lookup:
    """A name being looked up.

    Attributes:
        host: The name.
        done: Set when `result` or `failed` stands.
        result: The first address that was found.
    """

    host: str
    done: threading.Event = field(default_factory=threading.Event)
    result: str | None = None

    def address(self) -> str | None:
        """The address, or None while the look-up goes on.

        Raises:
            RtspFailure: If there is no such name.
        """
        if not self.done.is_set():
            return None
        if self.result is None:
            raise RtspFailure("找不到摄像机的主机名", "the camera's host name can't be resolved")
        return self.result


class Resolver:
    """Looks names up, each at most once at a time.

    Args:
        threads: How many names at once; they are daemons, as a look-up can't be cut short.
    """

    def __init__(self, threads: int = 4) -> None:
        self._queue: queue.SimpleQueue[Lookup | None] = queue.SimpleQueue()
        self._running: dict[str, Lookup] = {}
        self._lock = threading.Lock()
        self._threads = threads
        for number in range(threads):
            threading.Thread(target=self._work, name=f"resolver-{number}", daemon=True).start()

    def look_up(self, host: str) -> Lookup:
        """Start a look-up, or join the one that is under way; IP addresses are done at once."""
        if _is_ip(host):
            lookup = Lookup(host, result=host)
            lookup.done.set()
            return lookup
        with self._lock:
            lookup = self._running.get(host) or Lookup(host)
            if host not in self._running:
                self._running[host] = lookup
                self._queue.put(lookup)
            return lookup

    def stop(self) -> None:
        """Let the threads end after what they are doing."""
        for _ in range(self._threads):
            self._queue.put(None)

    def _work(self) -> None:
        while (lookup := self._queue.get()) is not None:
            try:
                found = socket.getaddrinfo(lookup.host, None, type=socket.SOCK_STREAM)
                lookup.result = str(found[0][4][0])
            except (OSError, UnicodeError):
                lookup.result = None
            with self._lock:
                self._running.pop(lookup.host, None)
            lookup.done.set()


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
