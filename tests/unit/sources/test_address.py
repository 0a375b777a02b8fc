from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yitong_command.sources.rtsp.address import join_control, parse_address
from yitong_command.sources.rtsp.failure import RtspFailure


def test_the_login_is_taken_out_of_the_address() -> None:
    address = parse_address("rtsp://admin:p%40ss@10.0.0.8/Streaming/Channels/102?a=1")
    assert address.url == "rtsp://10.0.0.8/Streaming/Channels/102?a=1"
    assert address.credentials == ("admin", "p@ss")
    assert (address.host, address.port, address.tls) == ("10.0.0.8", 554, False)


def test_ports_and_tls_are_read() -> None:
    assert parse_address("rtsps://cam.example/").port == 322
    assert parse_address("rtsps://cam.example/").tls
    assert parse_address("rtsp://[::1]:8554/x").host == "::1"
    assert parse_address("rtsp://cam.example:8554").url == "rtsp://cam.example:8554/"


@pytest.mark.parametrize(
    "url",
    [
        "http://u:secret@10.0.0.8/",
        "rtsp:///u:secret",
        "rtsp://u:secret@:1/",
        "rtsp://u:secret@h:99999/",
        "rtsp://u:secret@h/ x",
        "rtsp://u:secret@h/\r\nTEARDOWN",
        "",
    ],
)
def test_a_wrong_address_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ValueError, match=".") as caught:
        parse_address(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("base", "control", "expected"),
    [
        ("rtsp://c/live/", "trackID=1", "rtsp://c/live/trackID=1"),
        ("rtsp://c/live", "trackID=1", "rtsp://c/live/trackID=1"),
        ("rtsp://c/live?ch=1", "track1", "rtsp://c/live?ch=1/track1"),
        ("rtsp://c/live", "*", "rtsp://c/live"),
        ("rtsp://c/live", "", "rtsp://c/live"),
        ("rtsp://c/live", "/other/1", "rtsp://c/other/1"),
        ("rtsps://c/live", "/other/1", "rtsps://c/other/1"),
        ("rtsp://c/live", "rtsp://u:p@c/live/1", "rtsp://c/live/1"),
    ],
)
def test_control_addresses_are_joined_as_cameras_mean_them(
    base: str, control: str, expected: str
) -> None:
    assert join_control(base, control) == expected


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(max_size=60), st.sampled_from(["rtsp://", "rtsps://", ""]))
def test_no_address_raises_anything_else(text: str, scheme: str) -> None:
    try:
        parse_address(scheme + text)
    except ValueError:
        return


ADDRESS_LIKE = st.text("/[]:@%.?#rtspx\u2100", max_size=20)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(ADDRESS_LIKE, ADDRESS_LIKE)
def test_no_camera_can_raise_anything_else(base: str, control: str) -> None:
    for hostile in (control, f"/{control}", f"//[{control}"):
        try:
            join_control(f"rtsp://{base}", hostile)
        except RtspFailure:
            continue


def test_a_control_that_is_no_address_ends_this_camera_only() -> None:
    with pytest.raises(RtspFailure, match="wrong address"):
        join_control("rtsp://c/live", "//[x")
