"""Reading requests: anything may come, nothing may raise."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yitong_command.demo.farm.digest import Door
from yitong_command.demo.farm.rtsp_messages import (
    MAX_BODY,
    MAX_HEAD,
    BadRequest,
    Interleaved,
    Request,
    RequestReader,
    Transport,
    parse_transport,
    response,
)

GOOD = b"OPTIONS * RTSP/1.0\r\nCSeq: 7\r\nX-Name:  a b \r\n\r\n"


def test_a_request_is_read() -> None:
    (request,) = RequestReader().feed(GOOD)
    assert isinstance(request, Request)
    assert (request.method, request.url, request.version) == ("OPTIONS", "*", "RTSP/1.0")
    assert request.headers == {"cseq": "7", "x-name": "a b"}


@given(st.lists(st.sampled_from([GOOD, b"$\x01\x00\x03abc", b"\r\n"]), max_size=6), st.data())
def test_any_cutting_of_the_stream_gives_the_same(items, data) -> None:
    stream = b"".join(items)
    whole = list(RequestReader().feed(stream))
    reader = RequestReader()
    parts = []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        parts.extend(reader.feed(stream[:size]))
        stream = stream[size:]
    assert parts == whole
    assert len(whole) == sum(item != b"\r\n" for item in items)


pieces = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([GOOD, b"PLAY x RTSP/1.0\r\n", b"\r\n\r\n", b"$\x00\xff\xff", b"CSeq: 1\r\n"]),
    st.sampled_from([b"Content-Length: 3\r\n", b"Content-Length: \xb2\r\n", b": \r\n"]),
)


@given(st.lists(pieces, max_size=12))
def test_garbage_never_raises_and_never_piles_up(chunks) -> None:
    reader = RequestReader()
    for chunk in chunks:
        for item in reader.feed(chunk):
            assert isinstance(item, Request | Interleaved | BadRequest)
            if isinstance(item, BadRequest) and item.lost:
                return
    assert len(reader._buffer) <= MAX_HEAD + MAX_BODY + 4


def test_a_wrong_header_does_not_lose_the_next_request() -> None:
    first, second = RequestReader().feed(b"OPTIONS * RTSP/1.0\r\nnothing\r\n\r\n" + GOOD)
    assert isinstance(first, BadRequest)
    assert not first.lost
    assert isinstance(second, Request)


def test_what_makes_slow_readers_slow_is_read_at_once() -> None:
    spaces = b"OPTIONS * RTSP/1.0\r\nA:" + b" " * 15_000 + b"\n\r\n\r\n"
    zeros = b"OPTIONS * RTSP/1.0\r\nContent-Length: " + b"0" * 9000 + b"\r\n\r\n"
    started = time.perf_counter()
    assert isinstance(next(RequestReader().feed(spaces)), Request)
    assert isinstance(next(RequestReader().feed(zeros)), BadRequest)
    login = Request("PLAY", "*", "RTSP/1.0", {"authorization": "Digest " + "a" * 16_000})
    assert Door().refusal(login, ("u", "p"))
    assert time.perf_counter() - started < 0.5


def test_a_body_is_skipped() -> None:
    text = b"GET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 4\r\n\r\nbody"
    assert [type(item) for item in RequestReader().feed(text + GOOD)] == [Request, Request]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("RTP/AVP/TCP;unicast;interleaved=2-3", Transport(True, 2, 3)),
        ("RTP/AVP/TCP;unicast", Transport(True, 8, 9)),
        ("RTP/AVP;unicast;client_port=5000-5001", Transport(False, 5000, 5001)),
        ("RTP/AVP/UDP;unicast;client_port=5000", Transport(False, 5000, 5001)),
        ("RTP/AVP;multicast, RTP/AVP/TCP;interleaved=0-1", Transport(True, 0, 1)),
        ("RTP/AVP;unicast", None),
        ("RTP/AVP;client_port=0-1", None),
        ("RTP/AVP;client_port=70000-70001", None),
        ("RTP/AVP/TCP;interleaved=255", None),
        ("RTP/AVP/TCP;interleaved=x-y", None),
        ("RAW/RAW/UDP", None),
        ("", None),
    ],
)
def test_transports(header: str, expected: Transport | None) -> None:
    assert parse_transport(header, 8) == expected


@given(st.text(max_size=80))
def test_no_transport_header_raises(header: str) -> None:
    parse_transport(header, 0)


def test_an_answer_carries_its_length() -> None:
    text = response(200, "3", {"A": "b"}, b"body")
    assert text == b"RTSP/1.0 200 OK\r\nCSeq: 3\r\nA: b\r\nContent-Length: 4\r\n\r\nbody"
