from __future__ import annotations

import base64
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yitong_command.sources.rtsp.address import parse_address
from yitong_command.sources.rtsp.assembler import Picture
from yitong_command.sources.rtsp.failure import LoginRefused, Redirected, RtspFailure
from yitong_command.sources.rtsp.message import Message, parse_message
from yitong_command.sources.rtsp.session import MAX_UNSENT_BYTES, Session, Step

SPROP = ",".join(base64.b64encode(unit).decode() for unit in (b"\x67s", b"\x68p"))
SDP = f"""v=0
m=video 0 RTP/AVP 96
a=rtpmap:96 H264/90000
a=fmtp:96 packetization-mode=1;sprop-parameter-sets={SPROP}
a=control:trackID=1
"""
CHALLENGE = {"WWW-Authenticate": 'Digest realm="camera", nonce="n1"'}
TCP = {"Session": "abc;timeout=20", "Transport": "RTP/AVP/TCP;unicast;interleaved=2-3"}
UDP = {
    "Session": "abc",
    "Transport": "RTP/AVP;unicast;client_port=6000-6001;server_port=7000-7001",
}


class Dialogue:
    """Plays the camera against a session."""

    def __init__(self, credentials: tuple[str, str] | None = None) -> None:
        self.pictures: list[Picture] = []
        address = parse_address("rtsp://camera/live")
        self.session = Session(address, credentials, 0x1234, self.pictures.append)
        self.now_s = 0.0
        self.session.start()

    def asked(self) -> Message:
        """The one request that waits to be sent; takes it."""
        data = bytes(self.session.outgoing)
        self.session.outgoing.clear()
        message, end = parse_message(data)
        assert message is not None
        assert end == len(data)
        return message

    def answer(
        self, status: int = 200, headers: dict[str, str] | None = None, body: str = ""
    ) -> Message:
        """Answer the request that waits, and return it."""
        request = self.asked()
        lines = [f"RTSP/1.0 {status} Because", f"CSeq: {request.cseq}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.session.receive(("\r\n".join(lines) + "\r\n\r\n" + body).encode(), self.now_s)
        return request

    def play(self) -> Dialogue:
        """Go through the whole opening over TCP."""
        self.answer(headers={"Public": "OPTIONS, DESCRIBE, GET_PARAMETER"})
        self.answer(body=SDP)
        self.answer(headers=TCP)
        self.answer()
        return self


def key_packet(sequence: int = 1, timestamp: int = 0) -> bytes:
    return struct.pack("!BBHII", 0x80, 0xE0, sequence, timestamp, 0xCAFE) + b"\x65\x80picture"


def test_the_opening_over_tcp() -> None:
    camera = Dialogue()
    starts = [
        camera.answer(headers={"Public": "OPTIONS"}).start,
        camera.answer(headers={"Content-Base": "rtsp://camera/live/"}, body=SDP).start,
    ]
    setup = camera.answer(headers=TCP)
    assert setup.header("transport") == "RTP/AVP/TCP;unicast;interleaved=0-1"
    play = camera.answer()
    assert [*starts, setup.start, play.start] == [
        "OPTIONS rtsp://camera/live RTSP/1.0",
        "DESCRIBE rtsp://camera/live RTSP/1.0",
        "SETUP rtsp://camera/live/trackID=1 RTSP/1.0",
        "PLAY rtsp://camera/live/ RTSP/1.0",
    ]
    assert play.header("session") == "abc"
    assert camera.session.step is Step.PLAYING


def test_keyframes_come_on_the_channel_the_camera_chose() -> None:
    camera = Dialogue().play()
    packet = key_packet()
    camera.session.receive(b"$\2" + struct.pack("!H", len(packet)) + packet, 1.0)
    assert camera.pictures == [Picture(b"\0\0\0\1\x67s\0\0\0\1\x68p\0\0\0\1\x65\x80picture", 0)]
    assert camera.session.packets == 1


def test_udp_is_asked_for_when_tcp_is_refused() -> None:
    camera = Dialogue()
    camera.answer()
    camera.answer(body=SDP)
    camera.answer(461)
    assert camera.session.step is Step.NEEDS_UDP
    camera.session.use_udp(6000)
    setup = camera.answer(headers=UDP)
    assert setup.header("transport") == "RTP/AVP;unicast;client_port=6000-6001"
    assert camera.session.server_ports == (7000, 7001)
    camera.answer()
    camera.session.receive_rtp(key_packet())
    assert len(camera.pictures) == 1
    report = camera.session.tick(0.0)
    assert report is not None
    assert report[1] == 201


def test_a_camera_that_answers_tcp_with_udp_is_taken_at_its_word() -> None:
    camera = Dialogue()
    camera.answer()
    camera.answer(body=SDP)
    camera.answer(headers=UDP)
    assert camera.session.step is Step.NEEDS_UDP


def test_the_login_is_given_when_it_is_asked_for() -> None:
    camera = Dialogue(("viewer", "secret"))
    assert camera.answer(401, CHALLENGE).header("authorization") is None
    again = camera.answer()
    assert (again.header("authorization") or "").startswith('Digest username="viewer"')
    describe = camera.answer(body=SDP)
    assert (describe.header("authorization") or "").count("secret") == 0


def test_a_wrong_login_ends_the_session() -> None:
    camera = Dialogue(("viewer", "wrong"))
    camera.answer(401, CHALLENGE)
    with pytest.raises(LoginRefused):
        camera.answer(401, CHALLENGE)


def test_a_nonce_that_grew_old_is_renewed_by_the_keep_alive() -> None:
    camera = Dialogue(("viewer", "secret"))
    camera.answer(401, CHALLENGE)
    camera.play()
    camera.session.tick(10.0)
    camera.session.outgoing[:] = camera.session.outgoing.split(b"$")[0]
    camera.answer(401, {"WWW-Authenticate": 'Digest realm="camera", nonce="n2"'})
    assert 'nonce="n2"' in (camera.asked().header("authorization") or "")


def kept_alive(camera: Dialogue, status: int, seconds: int) -> list[tuple[int, str]]:
    """Keep-alive requests of so many seconds, each answered with this status."""
    camera.session._next_report_s = 1e9
    asked = []
    for second in range(1, seconds):
        camera.session.tick(float(second))
        if camera.session.outgoing:
            asked.append((second, camera.answer(status).start.partition(" ")[0]))
    return asked


def test_the_session_is_kept_alive_three_times_per_timeout_by_turns() -> None:
    assert kept_alive(Dialogue().play(), 200, 29) == [
        (7, "GET_PARAMETER"), (14, "OPTIONS"), (21, "GET_PARAMETER"), (28, "OPTIONS"),
    ]  # fmt: skip


@pytest.mark.parametrize("status", [400, 405, 501, 551])
def test_a_refused_way_of_keeping_alive_is_left_out(status: int) -> None:
    asked = [method for _, method in kept_alive(Dialogue().play(), status, 36)]
    assert asked == ["GET_PARAMETER", "OPTIONS", "OPTIONS", "OPTIONS", "OPTIONS"]


@pytest.mark.parametrize("status", [301, 302, 303, 305, 307, 308])
def test_a_redirect_says_where_to_go(status: int) -> None:
    camera = Dialogue()
    camera.answer()
    with pytest.raises(Redirected) as caught:
        camera.answer(status, {"Location": "rtsp://elsewhere/"})
    assert caught.value.location == "rtsp://elsewhere/"


def test_a_camera_may_send_us_elsewhere_while_it_plays() -> None:
    camera = Dialogue().play()
    with pytest.raises(Redirected):
        camera.session.receive(
            b"REDIRECT rtsp://camera/live RTSP/1.0\r\nCSeq: 5\r\nLocation: rtsp://b/\r\n\r\n", 0.0
        )


@pytest.mark.parametrize("status", [400, 406, 461, 500, 501])
def test_however_tcp_is_refused_udp_is_asked_for(status: int) -> None:
    camera = Dialogue()
    camera.answer()
    camera.answer(body=SDP)
    camera.answer(status)
    assert camera.session.step is Step.NEEDS_UDP


def test_a_range_that_is_refused_is_left_out() -> None:
    camera = Dialogue()
    camera.answer()
    camera.answer(body=SDP)
    camera.answer(headers=TCP)
    assert camera.answer(457).header("range")
    assert camera.answer().header("range") is None
    assert camera.session.step is Step.PLAYING


def test_the_time_that_the_camera_tells_is_handed_on() -> None:
    told: list[float] = []
    session = Session(parse_address("rtsp://c/"), None, 1, lambda _: None, told.append)
    session.receive_rtcp(struct.pack("!BBHIIIIII", 0x80, 200, 6, 1, 77, 1 << 31, 0, 0, 0))
    session.receive_rtcp(struct.pack("!BBHI", 0x80, 201, 1, 1))
    assert told == [77.5]


def test_reports_are_interleaved_every_five_seconds() -> None:
    camera = Dialogue().play()
    sent = []
    for second in range(7):
        assert camera.session.tick(float(second)) is None
        if camera.session.outgoing:
            sent.append((second, bytes(camera.session.outgoing[:2])))
            camera.session.outgoing.clear()
    assert sent == [(0, b"$\3"), (5, b"$\3")]


def test_goodbye_is_said_to_a_camera_that_knows_us() -> None:
    stranger = Dialogue()
    stranger.asked()
    stranger.session.stop()
    assert not stranger.session.outgoing
    camera = Dialogue().play()
    camera.session.stop()
    assert camera.asked().start == "TEARDOWN rtsp://camera/live RTSP/1.0"


def test_the_camera_ending_the_stream_ends_the_session() -> None:
    camera = Dialogue().play()
    bye = struct.pack("!BBHI", 0x81, 203, 1, 0xCAFE)
    with pytest.raises(RtspFailure, match="ended the stream"):
        camera.session.receive(b"$\3\0\x08" + bye, 1.0)


def test_requests_of_the_camera_are_declined() -> None:
    camera = Dialogue().play()
    camera.session.receive(b"ANNOUNCE rtsp://x RTSP/1.0\r\nCSeq: 77\r\n\r\n", 0.0)
    assert bytes(camera.session.outgoing) == b"RTSP/1.0 501 Not Implemented\r\nCSeq: 77\r\n\r\n"


def test_a_camera_that_reads_nothing_is_given_up() -> None:
    camera = Dialogue().play()
    camera.session.outgoing += bytes(MAX_UNSENT_BYTES + 1)
    with pytest.raises(RtspFailure, match="no longer reads"):
        camera.session.tick(1.0)


@pytest.mark.parametrize(
    ("status", "reason"), [(404, "no such address"), (302, "nowhere"), (500, "refuses")]
)
def test_refusals_are_told_apart(status: int, reason: str) -> None:
    camera = Dialogue()
    camera.answer()
    with pytest.raises(RtspFailure, match=reason) as caught:
        camera.answer(status)
    assert f"DESCRIBE {status}" in caught.value.zh


def test_a_session_the_camera_forgot_is_given_up() -> None:
    camera = Dialogue().play()
    camera.session._next_report_s = 100.0
    camera.session.tick(50.0)
    with pytest.raises(RtspFailure, match="closed the session"):
        camera.answer(454)


def test_an_answer_to_another_request_is_passed_over() -> None:
    camera = Dialogue()
    camera.session.receive(b"RTSP/1.0 404 No\r\nCSeq: 99\r\n\r\n", 0.0)
    assert camera.session.step is Step.OPTIONS


@pytest.mark.parametrize(
    "transport", ["RTP/AVP/TCP;interleaved=300-301", "RTP/AVP/TCP", "interleaved=;", ""]
)
def test_odd_transports_leave_the_channels_we_asked_for(transport: str) -> None:
    camera = Dialogue()
    camera.answer()
    camera.answer(body=SDP)
    camera.answer(headers={"Transport": transport})
    camera.answer()
    packet = key_packet()
    camera.session.receive(b"$\0" + struct.pack("!H", len(packet)) + packet, 1.0)
    assert len(camera.pictures) == 1


ANSWERS = st.tuples(
    st.sampled_from([200, 200, 200, 200, 401, 404, 454, 461, 302, 551]),
    st.dictionaries(
        st.sampled_from(["Session", "Transport", "WWW-Authenticate", "Content-Base", "Public"]),
        st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=30)
        | st.sampled_from([*TCP.values(), *UDP.values(), *CHALLENGE.values(), "rtsp://[x/"]),
        max_size=4,
    ),
    st.sampled_from([SDP, SDP, SDP, "", "v=0", f"a=control:/x\n{SDP}", f"a=control://[x\n{SDP}"]),
)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(answers=st.lists(ANSWERS, max_size=9), credentials=st.none() | st.just(("a", "b")))
def test_no_dialogue_raises_anything_else(
    answers: list[tuple[int, dict[str, str], str]], credentials: Any
) -> None:
    camera = Dialogue(credentials)
    try:
        for number, (status, headers, body) in enumerate(answers):
            if camera.session.step is Step.NEEDS_UDP:
                camera.session.use_udp(6000)
            cseq = camera.session._cseq
            lines = [f"RTSP/1.0 {status} x", f"CSeq: {cseq}"]
            lines += [f"{name}: {value}" for name, value in headers.items()]
            lines.append(f"Content-Length: {len(body.encode())}")
            camera.session.receive(("\r\n".join(lines) + "\r\n\r\n" + body).encode(), 0.0)
            camera.session.tick(number * 40.0)
        camera.session.stop()
    except RtspFailure:
        return
