from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yitong_command.sources.rtsp.failure import RtspFailure
from yitong_command.sources.rtsp.sdp import parse_sdp

BASE = "rtsp://c/live/"
SPS, PPS, VPS = b"\x67sps", b"\x68pps", b"\x40\x01vps"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


H264 = f"""v=0
o=- 1 1 IN IP4 0.0.0.0
s=camera
a=control:*
m=audio 0 RTP/AVP 8
a=control:trackID=0
m=video 0 RTP/AVP 97 96
a=rtpmap:97 JPEG/90000
a=rtpmap:96 H264/90000
a=fmtp:96 packetization-mode=1; sprop-parameter-sets={b64(SPS)},{b64(PPS)}
a=control:trackID=1
"""
H265 = f"""v=0
m=video 0 RTP/AVP 98
a=rtpmap:98 H265/90000
a=fmtp:98 sprop-vps={b64(VPS)};sprop-sps={b64(SPS)};sprop-pps={b64(PPS)}
a=control:rtsp://c/live/video
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_h264_is_found_among_other_media(newline: str) -> None:
    track = parse_sdp(H264.replace("\n", newline).encode(), BASE)
    assert (track.codec, track.payload_type) == ("h264", 96)
    assert track.control_url == "rtsp://c/live/trackID=1"
    assert track.session_url == BASE
    assert track.parameter_sets == (SPS, PPS)


def test_h265_brings_three_parameter_sets() -> None:
    track = parse_sdp(H265.encode(), BASE)
    assert (track.codec, track.control_url) == ("h265", "rtsp://c/live/video")
    assert track.parameter_sets == (VPS, SPS, PPS)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="empty"),
        pytest.param("m=audio 0 RTP/AVP 8\n", id="audio only"),
        pytest.param("m=video 0 RTP/AVP 26\n", id="jpeg only"),
        pytest.param("m=video 0 RTP/AVP 200\na=rtpmap:200 H264/90000\n", id="no such type"),
        pytest.param(H264.replace("packetization-mode=1", "packetization-mode=2"), id="mode 2"),
    ],
)
def test_a_description_without_usable_video_is_refused(body: str) -> None:
    with pytest.raises(RtspFailure):
        parse_sdp(body.encode(), BASE)


def test_parameter_sets_that_are_no_base64_are_left_out() -> None:
    body = H264.replace(b64(SPS), "%%%").encode()
    assert parse_sdp(body, BASE).parameter_sets == (PPS,)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.binary(max_size=300), st.integers(0, len(H264)))
def test_no_description_raises_anything_else(noise: bytes, at: int) -> None:
    body = H264.encode()
    for candidate in (noise, body[:at] + noise + body[at:], body[:at] + noise):
        try:
            parse_sdp(candidate, BASE)
        except RtspFailure:
            continue
