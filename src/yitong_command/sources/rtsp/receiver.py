"""The receiver: one thread reads all cameras and keeps the newest keyframe of each."""

from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Callable
from datetime import datetime

import structlog

from yitong_command.errors import NotFound
from yitong_command.sources.keyframe import Keyframe, SourceStatus
from yitong_command.sources.rtsp.address import parse_address
from yitong_command.sources.rtsp.failure import Redirected, RtspFailure, explain
from yitong_command.sources.rtsp.link import Link
from yitong_command.sources.rtsp.resolver import Resolver
from yitong_command.sources.rtsp.steady import SteadyClock
from yitong_command.sources.rtsp.timing import Timing
from yitong_command.sources.rtsp.tls import TlsPolicy
from yitong_command.sources.rtsp.watch import Watch

_log = structlog.get_logger()


class RtspReceiver:
    """Receives keyframes of many cameras; a hung or hostile one does not hold up the others.

    All methods may be called from any thread.

    Args:
        clock: The current time, aware UTC; dates keyframes and states, whatever time a camera
            claims. Where it is set back, keyframes are dated onward all the same.
        timing: When to look, wait and give up.
        random_source: Source of jitter.
        tls: Whom to believe on ``rtsps`` addresses; the system's authorities if left out.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        timing: Timing | None = None,
        random_source: random.Random | None = None,
        tls: TlsPolicy | None = None,
    ) -> None:
        self._clock = SteadyClock(clock, time.monotonic)
        self._timing = timing or Timing()
        self._random = random_source or random.Random()  # noqa: S311 - jitter, no secret
        self._tls = tls or TlsPolicy()
        self._links: dict[str, Link] = {}
        self._active: set[Link] = set()
        self._orders: queue.SimpleQueue[tuple[Callable[[Link], None], Link]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._watch = Watch()
        self._resolver = Resolver()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rtsp-receiver", daemon=True)
        self._swept_at_s = time.monotonic()

    def start(self) -> None:
        """Start the receiving thread."""
        self._thread.start()

    def stop(self) -> None:
        """End all sessions and the thread; takes well under a second."""
        self._stopping.set()
        self._watch.wake()
        if self._thread.ident is not None:
            self._thread.join()
        self._resolver.stop()
        self._watch.close()

    @property
    def healthy(self) -> bool:
        """Whether the thread runs and has looked at its sockets within the last 5 seconds."""
        return self._thread.is_alive() and time.monotonic() - self._swept_at_s < 5.0

    def add(self, camera_id: str, url: str, credentials: tuple[str, str] | None = None) -> None:
        """Start receiving a camera; one that is known already is replaced.

        Args:
            camera_id: The camera.
            url: ``rtsp://`` or ``rtsps://`` address; a login in it is used, and never shown.
            credentials: User name and password; go before those in the address.

        Raises:
            ValueError: If the address is not one, or the login can't be written in UTF-8.
        """
        ":".join(credentials or ()).encode()
        address = parse_address(url)
        if address.tls and self._tls.unchecked(camera_id):
            _log.warning("camera_certificate_unchecked", camera_id=camera_id)
        link = Link(
            camera_id,
            address,
            credentials,
            self._clock,
            self._random,
            self._timing,
        )
        with self._lock:
            old, self._links[camera_id] = self._links.get(camera_id), link
            if old is not None:
                self._orders.put((self._forget, old))
            self._orders.put((self._welcome, link))
        self._watch.wake()

    def remove(self, camera_id: str) -> None:
        """Stop receiving a camera; one that is not known is none."""
        with self._lock:
            link = self._links.pop(camera_id, None)
            if link is not None:
                self._orders.put((self._forget, link))
        self._watch.wake()

    def take(self, camera_id: str) -> Keyframe | None:
        """The newest keyframe of a camera, or None if there is none since the last call."""
        link = self._links.get(camera_id)
        return link.take() if link is not None else None

    def status(self, camera_id: str) -> SourceStatus:
        """How a camera is doing.

        Raises:
            NotFound: If it was never added.
        """
        link = self._links.get(camera_id)
        if link is None:
            raise NotFound(f"没有摄像机 {camera_id}", f"there is no camera {camera_id}")
        return link.status()

    def _run(self) -> None:
        next_sweep_s = next_udp_s = time.monotonic()
        while not self._stopping.is_set():
            due_s = min(next_sweep_s, next_udp_s) if self._watch.any_udp else next_sweep_s
            for link in self._watch.talking(max(0.0, due_s - time.monotonic())):
                self._guarded(link, Link.talk)
            self._obey()
            now_s = time.monotonic()
            if now_s >= next_udp_s:
                next_udp_s = now_s + self._timing.udp_sweep_s
                for link in self._watch.receiving_udp():
                    self._guarded(link, Link.read_udp)
            if now_s >= next_sweep_s:
                next_sweep_s = now_s + self._timing.sweep_s
                self._sweep(now_s)
        for link in tuple(self._active):
            self._forget(link)

    def _sweep(self, now_s: float) -> None:
        """Read the cameras that play, and do what is due for every camera."""
        self._swept_at_s = now_s
        for link in self._watch.receiving():
            self._guarded(link, Link.read)
        for link in self._active:
            if link.connection is not None:
                self._guarded(link, Link.check)
            elif now_s >= link.retry_at_s:
                self._guarded(link, self._open)

    def _obey(self) -> None:
        while not self._orders.empty():
            act, link = self._orders.get()
            act(link)

    def _welcome(self, link: Link) -> None:
        self._active.add(link)
        self._guarded(link, self._open)

    def _forget(self, link: Link) -> None:
        self._active.discard(link)
        self._watch.forget(link)
        link.close()

    def _open(self, link: Link, now_s: float) -> None:
        link.open(self._resolver, self._tls, now_s)

    def _guarded(self, link: Link, act: Callable[[Link, float], None]) -> None:
        """Act on a camera; whatever it does wrong ends this attempt only."""
        now_s = time.monotonic()
        try:
            try:
                act(link, now_s)
            except Redirected as redirected:
                self._watch.forget(link)
                link.redirect(redirected.location, now_s)
            self._watch.follow(link)
        except (RtspFailure, OSError) as exc:
            failure = exc if isinstance(exc, RtspFailure) else explain(exc)
            self._watch.forget(link)
            if link.failed(failure, now_s):
                _log.info("camera_lost", camera_id=link.camera_id, reason=failure.en)
