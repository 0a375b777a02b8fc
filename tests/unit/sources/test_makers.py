"""What odd cameras say, read right: descriptions, clocks, redirects, transports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.sources.sdp_samples import SAMPLES, Sample
from yitong_command.sources.keyframe import SourceState
from yitong_command.sources.rtsp.address import parse_address
from yitong_command.sources.rtsp.assembler import Picture
from yitong_command.sources.rtsp.failure import RtspFailure
from yitong_command.sources.rtsp.message import parse_message
from yitong_command.sources.rtsp.progress import Progress
from yitong_command.sources.rtsp.redirect import MOST_HOPS, Route
from yitong_command.sources.rtsp.sdp import parse_sdp
from yitong_command.sources.rtsp.steady import SteadyClock
from yitong_command.sources.rtsp.transport import Transport, parse_transport

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
NTP_AT = (AT - datetime(1900, 1, 1, tzinfo=UTC)).total_seconds()


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("sample", SAMPLES.values(), ids=list(SAMPLES))
def test_descriptions_of_many_makers(sample: Sample, newline: str) -> None:
    body = sample.body.replace("\n", newline).encode("utf-8", "surrogateescape")
    track = parse_sdp(body, sample.base)
    assert (track.codec, track.payload_type) == (sample.codec, sample.payload_type)
    assert track.control_url == sample.control
    assert len(track.parameter_sets) == sample.parameter_sets


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("m=video 0 RTP/SAVP 96\na=rtpmap:96 H264/90000", "SRTP"),
        ("m=video 0 RTP/AVP 96\na=rtpmap:96 H265/90000\na=fmtp:96 sprop-max-don-diff=2", "interl"),
    ],
)
def test_what_we_can_not_read_is_said(line: str, reason: str) -> None:
    with pytest.raises(RtspFailure, match=reason):
        parse_sdp(f"v=0\n{line}\n".encode(), "rtsp://c/")


def test_a_message_may_end_its_lines_without_carriage_returns() -> None:
    message, end = parse_message(b"RTSP/1.0 200 OK\nCSeq: 4\nContent-Length: 2\n\nok$")
    assert message is not None
    assert (message.status, message.cseq, message.body, end) == (200, 4, b"ok", 45)


class Times:
    """A system clock that can be set, and one that can't."""

    def __init__(self) -> None:
        self.wall, self.elapsed_s = AT, 100.0

    def pass_by(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.elapsed_s += seconds


def test_our_clock_never_goes_back_and_catches_up() -> None:
    times = Times()
    clock = SteadyClock(lambda: times.wall, lambda: times.elapsed_s)
    seen = []
    for second in range(100):
        times.pass_by(1.0)
        if second == 10:
            times.wall -= timedelta(seconds=30)
        seen.append(clock())
    assert seen == sorted(set(seen))
    assert seen[9] == AT + timedelta(seconds=10)
    assert seen[20] - seen[19] == timedelta(seconds=0.5)
    assert seen[-1] == times.wall


@pytest.mark.parametrize(
    ("ntp_s", "offset_s"),
    [
        (NTP_AT, 0.0),
        (NTP_AT + 7.25, 7.25),
        (NTP_AT - 20 * 31_536_000.0, -20 * 31_536_000.0),
        (0.0, None),
        (3_600.0, None),
        (NTP_AT + 5 * 31_536_000.0, 5 * 31_536_000.0),
    ],
)
def test_how_far_a_camera_clock_is_ahead(ntp_s: float, offset_s: float | None) -> None:
    progress = Progress("cam-1", lambda: AT)
    progress.told_time(ntp_s)
    assert progress.status(0).clock_offset_s == offset_s
    progress.came("h264", Picture(b"", 0))
    assert progress.status(0).clock_offset_s == offset_s


def test_a_camera_clock_beyond_the_end_of_the_era_is_ahead() -> None:
    at = datetime(2036, 2, 1, tzinfo=UTC)
    progress = Progress("cam-1", lambda: at)
    ours_s = (at - datetime(1900, 1, 1, tzinfo=UTC)).total_seconds()
    progress.told_time((ours_s + 1.2e9) % 2**32)
    assert progress.status(0).clock_offset_s == 1.2e9


def test_the_usual_keyframe_interval_is_told_without_the_first_and_without_gaps() -> None:
    times = Times()
    progress = Progress("cam-1", lambda: times.wall)
    told = []
    for wait_s in (0.0, 0.3, 10.0, 10.0, 10.0, 20.0, 10.0):
        times.pass_by(wait_s)
        progress.came("h264", Picture(b"", 0))
        told.append(progress.status(0).keyframe_interval_s)
    assert told == [None, None, 10.0, 10.0, 10.0, 10.0, 10.0]
    times.pass_by(60.0)
    progress.failed(RtspFailure("断", "lost"))
    progress.came("h264", Picture(b"", 0))
    assert progress.status(0).keyframe_interval_s == 10.0
    assert progress.status(0).state is SourceState.LIVE


LOGIN = ("viewer", "secret")


def route(url: str = "rtsp://camera/live") -> Route:
    made = Route(parse_address(url), LOGIN)
    made.check("192.0.2.1")
    return made


@pytest.mark.parametrize(
    ("location", "url", "login"),
    [
        ("/other", "rtsp://camera/other", LOGIN),
        ("rtsp://camera:8554/x?y=1", "rtsp://camera:8554/x?y=1", LOGIN),
        ("rtsps://camera/x", "rtsps://camera/x", LOGIN),
        ("rtsp://elsewhere/x", "rtsp://elsewhere/x", None),
        ("rtsp://evil:pass@elsewhere/x", "rtsp://elsewhere/x", None),
    ],
)
def test_a_redirect_is_followed_and_the_login_stays(location: str, url: str, login: object) -> None:
    made = route()
    made.follow(location)
    assert (made.address.url, made.credentials) == (url, login)
    made.reset()
    assert (made.address.url, made.credentials) == ("rtsp://camera/live", LOGIN)


@pytest.mark.parametrize("location", ["http://camera/", "//x", "", "rtsp://", "rtsp://a b/", "x"])
def test_a_redirect_to_no_address_is_refused(location: str) -> None:
    with pytest.raises(RtspFailure, match="no address"):
        route().follow(location)


def test_an_encrypted_camera_can_not_send_us_to_a_plain_address() -> None:
    with pytest.raises(RtspFailure, match="unencrypted"):
        route("rtsps://camera/").follow("rtsp://camera/")


def test_redirects_end() -> None:
    made = route()
    for hop in range(MOST_HOPS):
        made.follow(f"/{hop}")
    with pytest.raises(RtspFailure, match="again and again"):
        made.follow("/more")


@pytest.mark.parametrize(
    "ip", ["127.0.0.1", "::1", "169.254.169.254", "0.0.0.0", "fe80::1%eth0", "::ffff:127.0.0.1"]
)
def test_a_camera_on_the_network_can_not_send_us_to_this_machine(ip: str) -> None:
    made = route()
    made.follow("rtsp://elsewhere/")
    with pytest.raises(RtspFailure, match="this machine"):
        made.check(ip)
    made.check("198.51.100.7")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            "RTP/AVP/TCP;unicast;interleaved=10-11;ssrc=1",
            Transport(False, (10, 11), None, None),
        ),
        ("RTP/AVP/TCP;interleaved=4", Transport(False, (4, 5), None, None)),
        (
            "RTP/AVP;unicast;source=192.0.2.9;client_port=6-7;server_port=8-9",
            Transport(True, None, (8, 9), "192.0.2.9"),
        ),
        ("RTP/AVP;client_port=6-7;server_port=99999", Transport(True, None, None, None)),
        ("RTP/AVP/TCP;interleaved=300-301", Transport(False, None, None, None)),
        ("", Transport(False, None, None, None)),
    ],
)
def test_the_transport_a_camera_chose(header: str, expected: Transport) -> None:
    assert parse_transport(header) == expected
