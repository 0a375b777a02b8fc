"""The dialogue with one camera, from OPTIONS to TEARDOWN: bytes in, bytes and keyframes out."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum

from yitong_command.sources.rtsp.address import Address, join_control
from yitong_command.sources.rtsp.assembler import Picture
from yitong_command.sources.rtsp.auth import Authorizer
from yitong_command.sources.rtsp.failure import Redirected, RtspFailure, refusal
from yitong_command.sources.rtsp.framing import Framing, VideoInput
from yitong_command.sources.rtsp.keepalive import KeepAlive
from yitong_command.sources.rtsp.message import Message, build_message
from yitong_command.sources.rtsp.nal import CODECS
from yitong_command.sources.rtsp.rtp import ReceiverReport, parse_rtcp
from yitong_command.sources.rtsp.sdp import VideoTrack, parse_sdp
from yitong_command.sources.rtsp.transport import parse_transport

REPORT_EVERY_S = 5.0
MAX_UNSENT_BYTES = 64 * 1024
_AGENT = "yitong-command"
_NO_TCP = frozenset({400, 406, 415, 451, 461, 500, 501, 551})
"""What cameras without interleaved RTP answer to being asked for it."""
_NO_RANGE = 457
_ELSEWHERE = frozenset({301, 302, 303, 305, 307, 308})


class Step(Enum):
    """How far the dialogue is."""

    NEW = "new"
    OPTIONS = "OPTIONS"
    DESCRIBE = "DESCRIBE"
    SETUP_TCP = "SETUP"
    NEEDS_UDP = "needs udp"
    SETUP_UDP = "SETUP "
    PLAY = "PLAY"
    PLAYING = "playing"


class Session:
    """One RTSP session, without sockets or clocks.

    Args:
        address: The camera.
        credentials: User name and password, or None.
        own_ssrc: Our number in RTCP reports.
        on_picture: Takes each complete keyframe.
        on_time: Takes the time that the camera's reports tell, in seconds since 1900, wrapped at
            2**32; 0 if it does not know it.

    Attributes:
        step: How far the dialogue is; in ``NEEDS_UDP`` the owner opens two sockets and calls
            `use_udp`.
        outgoing: Bytes to send on the RTSP connection; the owner deletes what was sent.
        video: Set from the answer to DESCRIBE on.
        server_ports: The camera's RTP and RTCP ports, or None if it did not name them or RTP is
            interleaved.
        server_source: Another address that it says RTP comes from, or None.
    """

    def __init__(
        self,
        address: Address,
        credentials: tuple[str, str] | None,
        own_ssrc: int,
        on_picture: Callable[[Picture], None],
        on_time: Callable[[float], None] = lambda _: None,
    ) -> None:
        self._url = address.url
        self._auth = Authorizer(credentials)
        self._report = ReceiverReport(own_ssrc)
        self._on_picture = on_picture
        self._on_time = on_time
        self._framing = Framing(self._message, self.receive_rtcp, on_picture)
        self._track: VideoTrack | None = None
        self._session_id: str | None = None
        self._cseq = 0
        self._pending: tuple[int, str, str, dict[str, str]] | None = None
        self._keep_alive = KeepAlive()
        self._next_report_s = 0.0
        self._now_s = 0.0
        self._udp_packets = 0
        self._with_range = True
        self.step = Step.NEW
        self.outgoing = bytearray()
        self.video: VideoInput | None = None
        self.server_ports: tuple[int, int] | None = None
        self.server_source: str | None = None

    @property
    def packets(self) -> int:
        """RTP packets received so far."""
        return self._framing.packets + self._udp_packets

    @property
    def frames(self) -> int:
        """Messages and interleaved frames received so far, of whatever kind."""
        return self._framing.frames

    @property
    def damaged(self) -> int:
        """Keyframes that lost packets or were malformed."""
        return self.video.assembler.damaged if self.video else 0

    def start(self) -> None:
        """The connection stands: say the first word."""
        self.step = Step.OPTIONS
        self._send("OPTIONS", self._url, {})

    def receive(self, chunk: bytes, now_s: float) -> None:
        """Take bytes from the RTSP connection.

        Raises:
            RtspFailure: If the session can't go on.
        """
        self._now_s = now_s
        self._framing.feed(chunk)

    def receive_rtp(self, packet: bytes) -> None:
        """Take an RTP packet that came over UDP."""
        self._udp_packets += 1
        if self.video is not None:
            picture = self.video.push(packet)
            if picture is not None:
                self._on_picture(picture)

    def receive_rtcp(self, packet: bytes) -> None:
        """Take an RTCP packet.

        Raises:
            RtspFailure: If the camera ends the stream.
        """
        news = parse_rtcp(packet)
        self._report.reported(news, self._now_s)
        if news.ssrc is not None:
            self._on_time(news.ntp_s)
        if news.bye:
            raise RtspFailure("摄像机结束了视频流", "the camera ended the stream")

    def use_udp(self, rtp_port: int) -> None:
        """Ask for RTP over UDP, to this port and the next one."""
        self.step = Step.SETUP_UDP
        transport = f"RTP/AVP;unicast;client_port={rtp_port}-{rtp_port + 1}"
        self._send("SETUP", self._playable.control_url, {"Transport": transport})

    def tick(self, now_s: float) -> bytes | None:
        """Do what is due: keep-alive and receiver report.

        Returns:
            A report to send over UDP, or None; an interleaved one goes into `outgoing`.

        Raises:
            RtspFailure: If the camera reads nothing of what we send.
        """
        self._now_s = now_s
        if self.step is not Step.PLAYING:
            return None
        if len(self.outgoing) > MAX_UNSENT_BYTES:
            raise RtspFailure("摄像机不再接收数据", "the camera no longer reads what we send")
        method = self._keep_alive.due(now_s)
        if method is not None:
            self._send(method, self._playable.session_url, {})
        if now_s < self._next_report_s:
            return None
        self._next_report_s = now_s + REPORT_EVERY_S
        report = self._report.packet(now_s)
        channel = self._framing.rtcp_channel
        if channel is None:
            return report
        self.outgoing += bytes((0x24, channel)) + len(report).to_bytes(2, "big") + report
        return None

    def stop(self) -> None:
        """Say goodbye, if the camera knows us.

        Raises:
            RtspFailure: If its own words can't be said back to it.
        """
        if self._session_id is not None and self._track is not None:
            self._send("TEARDOWN", self._track.session_url, {})

    @property
    def _playable(self) -> VideoTrack:
        if self._track is None:
            raise RtspFailure("摄像机的应答顺序错误", "the camera answered out of turn")
        return self._track

    def _send(self, method: str, url: str, headers: dict[str, str]) -> None:
        self._cseq += 1
        self._pending = (self._cseq, method, url, headers)
        full = {"CSeq": str(self._cseq), "User-Agent": _AGENT}
        if self._session_id is not None:
            full["Session"] = self._session_id
        login = self._auth.header(method, url)
        if login is not None:
            full["Authorization"] = login
        self.outgoing += build_message(f"{method} {url} RTSP/1.0", full | headers)

    def _message(self, message: Message) -> None:
        if message.status == 0:
            self._refuse(message)
            return
        pending = self._pending
        if pending is None or message.cseq not in (pending[0], None):
            return
        self._pending = None
        if message.status == 401:
            self._auth.challenged(message.headers_named("www-authenticate"))
            self._send(*pending[1:])
            return
        if 200 <= message.status < 300:
            self._auth.accepted()
        self._answered(message)

    def _refuse(self, request: Message) -> None:
        """Cameras may ask things too; the only one that we do is to go elsewhere.

        Raises:
            Redirected: If it is that.
        """
        location = request.header("location")
        if request.start.startswith("REDIRECT ") and location:
            raise Redirected(location)
        cseq = request.cseq if request.cseq is not None else 0
        self.outgoing += build_message("RTSP/1.0 501 Not Implemented", {"CSeq": str(cseq)})

    def _answered(self, message: Message) -> None:
        if self.step is Step.SETUP_TCP and message.status in _NO_TCP:
            self.step = Step.NEEDS_UDP
            return
        if self.step is Step.PLAY and message.status == _NO_RANGE and self._with_range:
            self._with_range = False
            self._send("PLAY", self._playable.session_url, {})
            return
        location = message.header("location")
        if message.status in _ELSEWHERE and location:
            raise Redirected(location)
        tolerant = self.step in (Step.OPTIONS, Step.PLAYING)
        if not tolerant and not 200 <= message.status < 300:
            raise refusal(self.step.value.strip(), message.status)
        follow = {
            Step.OPTIONS: self._after_options,
            Step.DESCRIBE: self._after_describe,
            Step.SETUP_TCP: self._after_setup,
            Step.SETUP_UDP: self._after_setup,
            Step.PLAY: self._after_play,
            Step.PLAYING: self._after_keep_alive,
        }
        follow[self.step](message)

    def _after_options(self, message: Message) -> None:
        """Some cameras answer OPTIONS with an error and work all the same."""
        self._keep_alive.offers(message.header("public") or "")
        self.step = Step.DESCRIBE
        self._send("DESCRIBE", self._url, {"Accept": "application/sdp"})

    def _after_describe(self, message: Message) -> None:
        base = message.header("content-base") or message.header("content-location") or self._url
        track = parse_sdp(message.body, join_control(self._url, base))
        self._track = track
        self.video = VideoInput(
            CODECS[track.codec], track.payload_type, track.parameter_sets, self._report
        )
        self.step = Step.SETUP_TCP
        transport = "RTP/AVP/TCP;unicast;interleaved=0-1"
        self._send("SETUP", track.control_url, {"Transport": transport})

    def _after_setup(self, message: Message) -> None:
        self._take_session(message.header("session") or "")
        chosen = parse_transport(message.header("transport") or "")
        if self.step is Step.SETUP_TCP:
            if chosen.udp:
                self.step = Step.NEEDS_UDP
                return
            if self.video is not None:
                self._framing.interleave(self.video, *(chosen.channels or (0, 1)))
        else:
            self.server_ports, self.server_source = chosen.server_ports, chosen.source
        self.step = Step.PLAY
        self._send("PLAY", self._playable.session_url, {"Range": "npt=0.000-"})

    def _after_play(self, _message: Message) -> None:
        self.step = Step.PLAYING
        self._keep_alive.begin(self._now_s)
        self._next_report_s = self._now_s

    def _take_session(self, header: str) -> None:
        name, _, rest = header.partition(";")
        self._session_id = name.strip() or None
        timeout = re.search(r"timeout\s*=\s*(\d{1,6})", rest)
        if timeout:
            self._keep_alive.timeout(int(timeout[1]))

    def _after_keep_alive(self, message: Message) -> None:
        if message.status == 454:
            raise RtspFailure("摄像机已关闭会话", "the camera closed the session")
        self._keep_alive.answered(message.status)
