"""Cameras that hang, lie or flood must not hold up the others, nor fill the memory."""

from __future__ import annotations

import random
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from yitong_command.sources.keyframe import SourceState
from yitong_command.sources.rtsp import RtspReceiver
from yitong_command.sources.rtsp import receiver as receiver_module
from yitong_command.sources.rtsp.timing import Timing
from yitong_command.sources.rtsp.tls import TlsPolicy

Behaviour = Callable[[socket.socket], None]
TIMING = Timing(answer_s=0.6, silence_s=0.6, retry_first_s=0.2, retry_longest_s=0.4)
SDP = b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:t\r\n"


class Peer:
    """A server that treats every client by one behaviour."""

    def __init__(self, behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self._behaviour = behaviour
        self._tls = tls
        self._server = socket.create_server(("127.0.0.1", 0))
        self._clients: list[socket.socket] = []
        self.port = self._server.getsockname()[1]
        self.visits = 0
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            self.visits += 1
            self._clients.append(client)
            threading.Thread(target=self._treat, args=(client,), daemon=True).start()

    def _treat(self, client: socket.socket) -> None:
        try:
            if self._tls is not None:
                client = self._tls.wrap_socket(client, server_side=True)
                self._clients.append(client)
            self._behaviour(client)
        except OSError:
            client.close()

    def stop(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()
        for client in self._clients:
            client.close()


@pytest.fixture
def peers() -> Iterator[Callable[..., Peer]]:
    made: list[Peer] = []

    def make(behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> Peer:
        made.append(Peer(behaviour, tls))
        return made[-1]

    yield make
    for peer in made:
        peer.stop()


def serve(client: socket.socket, after_play: Behaviour | None = None) -> None:
    """Answer as a camera does until PLAY, then do as told."""
    while True:
        request = b""
        while b"\r\n\r\n" not in request:
            data = client.recv(4096)
            if not data:
                return
            request += data
        method, cseq = request.split()[0], request.split(b"CSeq: ")[1].split(b"\r\n")[0]
        head = b"RTSP/1.0 200 OK\r\nCSeq: " + cseq + b"\r\nSession: 1\r\n"
        body = SDP if method == b"DESCRIBE" else b""
        client.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        if method == b"PLAY" and after_play is not None:
            after_play(client)


def hang(client: socket.socket) -> None:
    client.recv(1)
    time.sleep(5)


def drip(client: socket.socket) -> None:
    for byte in b"RTSP/1.0 200 OK\r\nX-Slow: " + b"x" * 1000:
        client.sendall(bytes((byte,)))
        time.sleep(0.02)


def endless_header(client: socket.socket) -> None:
    client.sendall(b"RTSP/1.0 200 OK\r\n")
    while True:
        client.sendall(b"X: " + b"x" * 60_000)


def web_page(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n<html>")


def flood_of_empty_frames(client: socket.socket) -> None:
    while True:
        client.sendall(b"$\0\0\0" * 20_000)


def flood_of_answers(client: socket.socket) -> None:
    while True:
        client.sendall(b"RTSP/1.0 200 OK\r\n\r\n" * 5_000)


def flood_of_newlines(client: socket.socket) -> None:
    while True:
        client.sendall(b"\r\n" * 50_000)


def endless_picture(client: socket.socket) -> None:
    for number in range(10_000_000):
        packet = (
            struct.pack("!BBHII", 0x80, 96, number & 0xFFFF, 7, 1) + b"\x7c\x05" + bytes(50_000)
        )
        client.sendall(b"$\0" + struct.pack("!H", len(packet)) + packet)


def silence(client: socket.socket) -> None:
    time.sleep(5)


HOSTILE = {
    "hangs": hang,
    "drips": drip,
    "endless header": endless_header,
    "web page": web_page,
    "closes": lambda client: client.close(),
    "empty frames": lambda client: serve(client, flood_of_empty_frames),
    "answers": flood_of_answers,
    "newlines": flood_of_newlines,
    "endless picture": lambda client: serve(client, endless_picture),
    "silent": lambda client: serve(client, silence),
    "garbage": lambda client: client.sendall(random.Random(1).randbytes(100_000)),
}


def test_hostile_cameras_do_not_hold_up_an_honest_one(
    farm: Any, peers: Callable[..., Peer]
) -> None:
    receiver = RtspReceiver(lambda: datetime.now(UTC), TIMING, random.Random(1))
    receiver.start()
    try:
        for name, behaviour in HOSTILE.items():
            receiver.add(name, f"rtsp://127.0.0.1:{peers(behaviour).port}/x")
        receiver.add("cam-001", farm.farm.rtsp_url("cam-001"))
        gaps, last_s, end_s = [], time.monotonic(), time.monotonic() + 5.0
        while time.monotonic() < end_s:
            if receiver.take("cam-001") is not None:
                gaps.append(time.monotonic() - last_s)
                last_s = time.monotonic()
            time.sleep(0.01)
        statuses = {name: receiver.status(name) for name in HOSTILE}
    finally:
        receiver.stop()
    assert len(gaps) >= 4
    assert max(gaps) < 2.0, "a keyframe a second is sent"
    for name, status in statuses.items():
        if name != "endless picture":
            assert status.state is SourceState.OFF, name
            assert status.reason_zh, name
            assert status.reason_en, name
    assert statuses["endless picture"].keyframes == 0


def test_a_silent_camera_is_tried_again_and_stays_off_since_the_first_failure(
    peers: Callable[..., Peer],
) -> None:
    peer = peers(HOSTILE["silent"])
    receiver = RtspReceiver(lambda: datetime.now(UTC), TIMING, random.Random(1))
    receiver.start()
    try:
        receiver.add("quiet", f"rtsp://127.0.0.1:{peer.port}/x")
        since = set()
        end_s = time.monotonic() + 8.0
        while peer.visits < 3 and time.monotonic() < end_s:
            status = receiver.status("quiet")
            if status.state is SourceState.OFF:
                since.add(status.since)
                assert status.reason_en == "nothing came for 0.6 s"
            time.sleep(0.02)
    finally:
        receiver.stop()
    assert peer.visits >= 3
    assert len(since) == 1


def test_a_port_nobody_listens_on_and_a_name_nobody_has() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    receiver = RtspReceiver(lambda: datetime.now(UTC), TIMING, random.Random(1))
    receiver.start()
    try:
        receiver.add("closed", f"rtsp://127.0.0.1:{port}/x")
        receiver.add("nameless", "rtsp://camera.invalid/x")
        end_s = time.monotonic() + 8.0
        reasons: dict[str, str] = {}
        while len(reasons) < 2 and time.monotonic() < end_s:
            for name in ("closed", "nameless"):
                if receiver.status(name).state is SourceState.OFF:
                    reasons[name] = receiver.status(name).reason_en
            time.sleep(0.02)
    finally:
        receiver.stop()
    assert reasons["closed"] == "the camera refuses the connection"
    assert reasons["nameless"]


def test_a_camera_that_stays_away_is_logged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[Any] = []
    log = SimpleNamespace(info=lambda event, **fields: logged.append((event, fields)))
    monkeypatch.setattr(receiver_module, "_log", log)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    receiver = RtspReceiver(lambda: datetime.now(UTC), TIMING, random.Random(1))
    receiver.start()
    receiver.add("closed", f"rtsp://viewer:secret@127.0.0.1:{port}/x")
    time.sleep(1.0)
    receiver.stop()
    receiver.remove("closed")
    fields = {"camera_id": "closed", "reason": "the camera refuses the connection"}
    assert logged == [("camera_lost", fields)]


def test_stopping_is_quick_whatever_cameras_do(peers: Callable[..., Peer]) -> None:
    receiver = RtspReceiver(lambda: datetime.now(UTC), Timing(), random.Random(1))
    receiver.start()
    for name, behaviour in HOSTILE.items():
        receiver.add(name, f"rtsp://127.0.0.1:{peers(behaviour).port}/x")
    time.sleep(0.3)
    began_s = time.monotonic()
    receiver.stop()
    assert time.monotonic() - began_s < 1.5


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "camera.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
        + ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
        + ["-keyout", str(path), "-out", f"{path}.crt"],
        check=True,
        capture_output=True,
    )
    return path


@pytest.mark.parametrize("trusted", [True, False])
def test_rtsps_wants_a_certificate_it_trusts(
    peers: Callable[..., Peer], certificate: Path, trusted: bool
) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(f"{certificate}.crt", str(certificate))
    key = b"\x65\x80" + bytes(40_000)

    def play(client: socket.socket) -> None:
        units = [b"\x67sps", b"\x68pps", key]
        for number, unit in enumerate(units):
            marker = 0x80 if unit is key else 0
            packet = struct.pack("!BBHII", 0x80, marker | 96, number, 7, 1) + unit
            client.sendall(b"$\0" + struct.pack("!H", len(packet)) + packet)
        time.sleep(3)

    peer = peers(lambda client: serve(client, play), server)
    client = TlsPolicy(Path(f"{certificate}.crt")) if trusted else None
    receiver = RtspReceiver(lambda: datetime.now(UTC), Timing(), random.Random(1), client)
    receiver.start()
    try:
        receiver.add("cam-001", f"rtsps://127.0.0.1:{peer.port}/x")
        wanted = SourceState.LIVE if trusted else SourceState.OFF
        end_s = time.monotonic() + 8.0
        while receiver.status("cam-001").state is not wanted and time.monotonic() < end_s:
            time.sleep(0.02)
        status, keyframe = receiver.status("cam-001"), receiver.take("cam-001")
    finally:
        receiver.stop()
    assert status.state is wanted
    if trusted:
        assert keyframe is not None
        assert keyframe.annexb.endswith(key)
    else:
        assert status.reason_en == "the camera's certificate is not trusted"
