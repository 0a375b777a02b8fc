"""One camera: the attempts to reach it, and when to give one up."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime

from yitong_command.sources.keyframe import Keyframe, SourceStatus
from yitong_command.sources.rtsp.address import Address
from yitong_command.sources.rtsp.assembler import Picture
from yitong_command.sources.rtsp.backoff import Backoff
from yitong_command.sources.rtsp.connection import Connection
from yitong_command.sources.rtsp.failure import LoginRefused, RtspFailure
from yitong_command.sources.rtsp.progress import Progress
from yitong_command.sources.rtsp.redirect import Route
from yitong_command.sources.rtsp.resolver import Lookup, Resolver
from yitong_command.sources.rtsp.session import Session, Step
from yitong_command.sources.rtsp.timing import Timing
from yitong_command.sources.rtsp.tls import TlsPolicy


class Link:
    """One camera and whatever connects us to it.

    Args:
        camera_id: The camera.
        address: Where it is.
        credentials: User name and password, or None.
        clock: The current time, aware UTC.
        random_source: Source of jitter and SSRC.
        timing: When to give an attempt up.

    Attributes:
        connection: The sockets of the current attempt, or None between attempts.
        retry_at_s: When to try again, monotonic seconds.
    """

    def __init__(
        self,
        camera_id: str,
        address: Address,
        credentials: tuple[str, str] | None,
        clock: Callable[[], datetime],
        random_source: random.Random,
        timing: Timing,
    ) -> None:
        self.camera_id = camera_id
        self.connection: Connection | None = None
        self.retry_at_s = 0.0
        self._route = Route(address, credentials or address.credentials)
        self._random = random_source
        self._timing = timing
        self._backoff = Backoff(random_source, timing.retry_first_s, timing.retry_longest_s)
        self._lookup: Lookup | None = None
        self._progress = Progress(camera_id, clock)
        self._damaged_before = 0
        self._deadline_s = 0.0
        self._packets = 0
        self._packet_at_s = 0.0
        self._picture_at_s = 0.0
        self._picture_came = False

    def take(self) -> Keyframe | None:
        """The newest keyframe, once."""
        return self._progress.take()

    def status(self) -> SourceStatus:
        """How the camera is doing."""
        connection = self.connection
        damaged = connection.session.damaged if connection is not None else 0
        return self._progress.status(self._damaged_before + damaged)

    def open(self, resolver: Resolver, tls: TlsPolicy, now_s: float) -> None:
        """Start an attempt; while its name is being looked up, call this again.

        Raises:
            RtspFailure: If the name can't be resolved, or leads where it must not.
            OSError: If there is no way to the camera.
        """
        if self._lookup is None:
            self._lookup = resolver.look_up(self._route.address.host)
            self._deadline_s = now_s + self._timing.answer_s
        self._check_deadline(now_s)
        ip = self._lookup.address()
        if ip is None:
            return
        self._route.check(ip)
        session = Session(
            self._route.address,
            self._route.credentials,
            self._random.getrandbits(32),
            self._on_picture,
            self._progress.told_time,
        )
        self.connection = Connection(self.camera_id, self._route.address, ip, session, tls)
        self._packets = 0
        self._packet_at_s = self._picture_at_s = now_s

    def talk(self, now_s: float) -> None:
        """The RTSP connection is ready during the dialogue."""
        if self.connection is not None:
            self.connection.advance(now_s)

    def read(self, now_s: float) -> None:
        """The RTSP connection has data while the camera plays."""
        if self.connection is not None:
            self.connection.read(now_s)

    def read_udp(self, _now_s: float) -> None:
        """The UDP sockets have data."""
        if self.connection is not None:
            self.connection.read_udp()

    def check(self, now_s: float) -> None:
        """Look whether the camera still does what it should, and send what is due.

        Raises:
            RtspFailure: If it is too slow, silent, or sends no keyframes.
            OSError: If the connection is lost.
        """
        connection = self.connection
        if connection is None:
            return
        connection.tick(now_s)
        if connection.session.step is not Step.PLAYING:
            self._check_deadline(now_s)
            self._packet_at_s = self._picture_at_s = now_s
            return
        packets = connection.session.packets
        if packets != self._packets:
            self._packets, self._packet_at_s = packets, now_s
        if self._picture_came:
            self._picture_came, self._picture_at_s = False, now_s
        if now_s - self._packet_at_s > self._timing.silence_s:
            seconds = f"{self._timing.silence_s:g}"
            raise RtspFailure(f"摄像机{seconds}秒没有数据", f"nothing came for {seconds} s")
        if now_s - self._picture_at_s > self._timing.no_keyframe_s:
            seconds = f"{self._timing.no_keyframe_s:g}"
            raise RtspFailure(
                f"摄像机{seconds}秒没有完整关键帧", f"no complete keyframe for {seconds} s"
            )

    def redirect(self, location: str, now_s: float) -> None:
        """Go where the camera sent us, at the next look.

        Raises:
            RtspFailure: If we won't.
        """
        self.close()
        self._route.follow(location)
        self.retry_at_s = now_s

    def failed(self, failure: RtspFailure, now_s: float) -> bool:
        """End the attempt, note why, and choose when to try again.

        Returns:
            Whether this is news: the camera was not off before, or for another reason.
        """
        self.close()
        refused = isinstance(failure, LoginRefused)
        wait_s = self._backoff.longest_s() if refused else self._backoff.next_s()
        self.retry_at_s = now_s + wait_s
        self._route.reset()
        return self._progress.failed(failure)

    def close(self) -> None:
        """End the attempt."""
        connection, self.connection, self._lookup = self.connection, None, None
        if connection is not None:
            self._damaged_before += connection.session.damaged
            connection.close()

    def _check_deadline(self, now_s: float) -> None:
        if now_s > self._deadline_s:
            seconds = f"{self._timing.answer_s:g}"
            raise RtspFailure(
                f"摄像机{seconds}秒内没有应答", f"the camera did not answer within {seconds} s"
            )

    def _on_picture(self, picture: Picture) -> None:
        connection = self.connection
        if connection is None or connection.session.video is None:
            return
        self._picture_came = True
        self._backoff.succeeded()
        self._progress.came(connection.session.video.codec.name, picture)
