"""One RTSP client: its requests, its sessions and what is answered."""

from __future__ import annotations

import asyncio
import secrets
import socket
from typing import cast
from urllib.parse import unquote, urlsplit

import structlog

from yitong_command.demo.farm.camera import Viewer, VirtualCamera
from yitong_command.demo.farm.digest import Door
from yitong_command.demo.farm.faults import STORM_S, Fault
from yitong_command.demo.farm.rtsp_host import Gone, Refused, RtspHost, Session, place_of
from yitong_command.demo.farm.rtsp_messages import (
    BadRequest,
    Interleaved,
    Request,
    RequestReader,
    Transport,
    parse_transport,
    response,
)
from yitong_command.demo.farm.sdp import TRACK, describe
from yitong_command.demo.farm.viewers import MAX_WAITING_BYTES, TcpViewer

SERVER = "yitong-farm"
METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN"
_KNOWN_UNSERVED = ("ANNOUNCE", "PAUSE", "RECORD", "REDIRECT", "SET_PARAMETER")
SEND_BUFFER = 256 * 1024
_MAX_SESSIONS = 16

log = structlog.get_logger()


class RtspConnection(asyncio.Protocol):
    """Serves one client.

    Args:
        host: The server.
    """

    def __init__(self, host: RtspHost) -> None:
        self._host = host
        self._reader = RequestReader()
        self._door = Door()
        self._sessions: dict[str, Session] = {}
        self._transport: asyncio.Transport | None = None
        self.heard_at = 0.0

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The sessions set up on this connection."""
        return tuple(self._sessions.values())

    @property
    def timeout_s(self) -> float:
        """How long this client may be silent."""
        limits = [session.camera.manners.timeout_s for session in self._sessions.values()]
        return min((limit for limit in limits if limit), default=self._host.session_timeout_s)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        # uvloop's transports are no subclass of asyncio's, so this can't be checked.
        self._transport = cast(asyncio.Transport, transport)
        # Left alone, Linux keeps megabytes for a client that does not read: a minute of old video.
        self._transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER
        )
        self.heard_at = asyncio.get_running_loop().time()
        self._host.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        for session in self._sessions.values():
            session.camera.leave(session.viewer)
        self._sessions.clear()
        self._host.closed(self)

    def close(self) -> None:
        """Close at once; what was not sent yet is lost."""
        if self._transport:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Bytes of the client."""
        if not any(session.camera.manners.counts for session in self._sessions.values()):
            self.heard_at = asyncio.get_running_loop().time()
        transport = self._transport
        for item in self._reader.feed(data):
            if transport is None or transport.is_closing():
                return
            if isinstance(item, Interleaved):
                continue
            if transport.get_write_buffer_size() > 2 * MAX_WAITING_BYTES:
                self.close()
                return
            if isinstance(item, BadRequest):
                transport.write(response(400, None, {"Server": SERVER}))
                if item.lost:
                    transport.close()
                continue
            self._serve(item, transport)

    def _serve(self, request: Request, transport: asyncio.Transport) -> None:
        cseq = request.headers.get("cseq")
        try:
            self._check(request)
            serve = {
                "OPTIONS": self._options,
                "DESCRIBE": self._describe,
                "SETUP": self._setup,
                "PLAY": self._play,
                "GET_PARAMETER": self._get_parameter,
                "TEARDOWN": self._teardown,
            }[request.method]
            serve(request, transport)
        except Refused as refused:
            server = {"Server": SERVER}
            transport.write(response(refused.status, cseq, server, more=refused.headers))
        except Gone:
            transport.abort()

    def _check(self, request: Request) -> None:
        if request.version != "RTSP/1.0":
            raise Refused(505)
        cseq = request.headers.get("cseq", "")
        if not (cseq.isascii() and cseq.isdecimal() and len(cseq) < 11):
            raise Refused(400)
        if "require" in request.headers:
            raise Refused(551, (("Unsupported", request.headers["require"]),))
        if request.method in _KNOWN_UNSERVED:
            raise Refused(405, (("Allow", METHODS),))
        if request.method not in METHODS.split(", "):
            raise Refused(501, (("Public", METHODS),))
        self._check_manners(request)

    def _check_manners(self, request: Request) -> None:
        for session in self._sessions.values():
            if request.method in session.camera.manners.refuses:
                raise Refused(501)
            if request.method == session.camera.manners.counts:
                self.heard_at = asyncio.get_running_loop().time()

    def _camera(self, request: Request) -> VirtualCamera:
        found = self._host.find(_path(request.url).removesuffix(f"/{TRACK}"))
        if found is None:
            raise Refused(404)
        if isinstance(found, str):
            raise Refused(503)
        fault = found.fault(asyncio.get_running_loop().time())
        if fault is Fault.DROP:
            raise Gone
        challenges: tuple[str, ...] = ()
        if fault is Fault.REFUSE:
            challenges = self._door.challenges(found.manners)
        elif found.credentials:
            challenges = self._door.refusal(request, found.credentials, found.manners)
        if challenges:
            raise Refused(401, tuple(("WWW-Authenticate", text) for text in challenges))
        return found

    def _session(self, request: Request) -> Session:
        self._camera(request)
        session_id = request.headers.get("session", "").partition(";")[0].strip()
        if not session_id and not self._sessions:
            raise Refused(455)
        if session_id not in self._sessions:
            raise Refused(454)
        return self._sessions[session_id]

    def _answer(
        self,
        request: Request,
        transport: asyncio.Transport,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
    ) -> None:
        common = {"Server": SERVER, **(headers or {})}
        transport.write(response(200, request.headers["cseq"], common, body))

    def _options(self, request: Request, transport: asyncio.Transport) -> None:
        found = self._host.find(_path(request.url).removesuffix(f"/{TRACK}"))
        refused = found.manners.refuses if isinstance(found, VirtualCamera) else frozenset()
        known = ", ".join(method for method in METHODS.split(", ") if method not in refused)
        self._answer(request, transport, {"Public": known})

    def _get_parameter(self, request: Request, transport: asyncio.Transport) -> None:
        headers = None
        if "session" in request.headers:
            headers = {"Session": self._session(request).session_id}
        self._answer(request, transport, headers)

    def _describe(self, request: Request, transport: asyncio.Transport) -> None:
        camera = self._camera(request)
        wanted = request.headers.get("accept", "*/*")
        if "application/sdp" not in wanted and "*/*" not in wanted:
            raise Refused(406)
        if camera.manners.redirect:
            target = camera.manners.redirect.replace("{place}", place_of(transport))
            raise Refused(302, (("Location", target),))
        headers = {
            "Content-Base": request.url.rstrip("/") + "/",
            "Content-Type": "application/sdp",
        }
        self._answer(request, transport, headers, describe(camera, place_of(transport)))

    def _setup(self, request: Request, transport: asyncio.Transport) -> None:
        camera = self._camera(request)
        given = request.headers.get("session", "").partition(";")[0].strip()
        if given:
            raise Refused(459 if given in self._sessions else 454)
        manners = camera.manners
        wanted = parse_transport(request.headers.get("transport", ""), self._free_channel())
        if wanted and wanted.tcp and not manners.tcp:
            raise Refused(461)
        if wanted and wanted.tcp and manners.first_channel is not None:
            wanted = Transport(True, manners.first_channel, manners.first_channel + 1)
        if wanted is None or len(self._sessions) >= _MAX_SESSIONS or self._taken(wanted):
            raise Refused(461)
        session = self._make_session(camera, wanted, transport)
        self._sessions[session.session_id] = session
        ssrc = f"ssrc={camera.ssrc:08X};mode=play"
        if wanted.tcp:
            text = f"RTP/AVP/TCP;unicast;interleaved={wanted.rtp}-{wanted.rtcp};{ssrc}"
        else:
            mine = "-".join(str(port) for port in self._host.udp_ports())
            ports = f"client_port={wanted.rtp}-{wanted.rtcp};server_port={mine}"
            text = f"RTP/AVP;unicast;{ports};{ssrc}"
        timeout = f"{session.session_id};timeout={self.timeout_s:.0f}"
        self._answer(request, transport, {"Transport": text, "Session": timeout})

    def _free_channel(self) -> int:
        used = [s.transport.rtcp for s in self._sessions.values() if s.transport.tcp]
        return max(used, default=-1) + 1

    def _taken(self, wanted: Transport) -> bool:
        used = {
            channel
            for session in self._sessions.values()
            if session.transport.tcp
            for channel in (session.transport.rtp, session.transport.rtcp)
        }
        return wanted.tcp and not used.isdisjoint((wanted.rtp, wanted.rtcp))

    def _make_session(
        self, camera: VirtualCamera, wanted: Transport, transport: asyncio.Transport
    ) -> Session:
        session_id = secrets.token_hex(8)
        if wanted.tcp:
            viewer: Viewer = TcpViewer(
                transport, wanted.rtp, wanted.rtcp, self.close, camera.manners.other_tracks
            )
            return Session(session_id, camera, viewer, wanted)
        peer = transport.get_extra_info("peername")[0]
        rtcp = (peer, wanted.rtcp)
        network = camera.manners.network()
        viewer = self._host.udp_viewer((peer, wanted.rtp), rtcp, self.close, network)
        return Session(session_id, camera, viewer, wanted, rtcp)

    def _play(self, request: Request, transport: asyncio.Transport) -> None:
        session = self._session(request)
        sequence, timestamp = session.camera.first_of_group()
        url = request.url.removesuffix(TRACK).rstrip("/")
        headers = {
            "Session": session.session_id,
            "Range": "npt=now-",
            "RTP-Info": f"url={url}/{TRACK};seq={sequence};rtptime={timestamp}",
        }
        self._answer(request, transport, headers)
        session.camera.join(session.viewer)
        loop = asyncio.get_running_loop()
        stays_s = session.camera.manners.hangs_up_after_s
        if session.camera.fault(loop.time()) is Fault.STORM:
            stays_s = STORM_S
        if stays_s is not None:
            loop.call_later(stays_s, transport.close)
        log.debug("farm_client_plays", camera=session.camera.camera_id)

    def _teardown(self, request: Request, transport: asyncio.Transport) -> None:
        session = self._session(request)
        session.camera.leave(session.viewer)
        del self._sessions[session.session_id]
        self._answer(request, transport, {"Session": session.session_id})


def _path(url: str) -> str:
    if url == "*":
        return ""
    try:
        return unquote(urlsplit(url).path).strip("/")
    except ValueError:
        return ""
