from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yitong_command.sources.rtsp.failure import RtspFailure
from yitong_command.sources.rtsp.message import (
    MAX_BODY_BYTES,
    MAX_HEADER_BYTES,
    build_message,
    parse_message,
)

ANSWER = b"RTSP/1.0 200 OK\r\nCSeq: 3\r\nSession: 7;timeout=20\r\nContent-Length: 4\r\n\r\nv=0\n"


def test_a_response_is_read_whole() -> None:
    message, end = parse_message(ANSWER + b"$rest")
    assert message is not None
    assert (message.status, message.cseq, message.body) == (200, 3, b"v=0\n")
    assert message.header("session") == "7;timeout=20"
    assert end == len(ANSWER)


@pytest.mark.parametrize("length", range(len(ANSWER)))
def test_an_incomplete_response_waits(length: int) -> None:
    assert parse_message(ANSWER[:length]) == (None, 0)


def test_a_request_of_the_camera_has_no_status() -> None:
    message, _ = parse_message(b"OPTIONS rtsp://camera/ RTSP/1.0\r\nCSeq: 9\r\n\r\n")
    assert message is not None
    assert (message.status, message.cseq) == (0, 9)


def test_headers_that_come_twice_are_kept() -> None:
    message, _ = parse_message(
        b"RTSP/1.0 401 No\r\nWWW-Authenticate: Basic\r\nWWW-Authenticate: Digest\r\n\r\n"
    )
    assert message is not None
    assert message.headers_named("www-authenticate") == ("Basic", "Digest")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", id="http"),
        pytest.param(b"RTSP/1.0 OK\r\n\r\n", id="no status"),
        pytest.param(b"RTSP/1.0 20 OK\r\n\r\n", id="short status"),
        pytest.param(b"RTSP/1.0 -200 OK\r\n\r\n", id="negative status"),
        pytest.param(b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n", id="negative length"),
        pytest.param(b"RTSP/1.0 200 OK\r\nContent-Length: ten\r\n\r\n", id="no length"),
        pytest.param(
            b"RTSP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1), id="long body"
        ),
        pytest.param(b"RTSP/1.0 200 OK\r\nX: " + b"x" * MAX_HEADER_BYTES, id="endless header"),
    ],
)
def test_what_is_not_rtsp_or_too_big_is_refused(data: bytes) -> None:
    with pytest.raises(RtspFailure):
        parse_message(data)


def test_a_header_can_not_smuggle_a_second_request() -> None:
    with pytest.raises(RtspFailure):
        build_message("DESCRIBE rtsp://camera/ RTSP/1.0", {"Session": "1\r\n\r\nTEARDOWN x"})


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.binary(max_size=400) | st.binary(max_size=200).map(lambda tail: ANSWER[:40] + tail))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    try:
        message, end = parse_message(data)
    except RtspFailure:
        return
    assert (message is None) == (end == 0)
