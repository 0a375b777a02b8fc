from __future__ import annotations

import base64
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yitong_command.sources.rtsp.auth import Authorizer, parse_challenge
from yitong_command.sources.rtsp.failure import LoginRefused

# RFC 7616, section 3.9.1
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
RFC_7616 = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
# RFC 2617, section 3.5, without qop: the older digest most cameras use
RFC_2069 = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'


def authorizer(user: str = "Mufasa", password: str = "Circle of Life") -> Authorizer:
    return Authorizer((user, password), lambda: CNONCE)


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_digests_agree_with_the_standard(algorithm: str, expected: str) -> None:
    login = authorizer()
    login.challenged([RFC_7616.format(algorithm=algorithm)])
    header = login.header("GET", "/dir/index.html")
    assert header is not None
    assert f'response="{expected}"' in header
    assert "qop=auth, nc=00000001" in header


def test_the_older_digest_has_no_count() -> None:
    login = authorizer("Mufasa", "CircleOfLife")
    login.challenged([RFC_2069])
    header = login.header("GET", "/dir/index.html")
    assert header is not None
    assert 'response="1949323746fe6a43ef61f9606e7febea"' in header
    assert "nc=" not in header


def test_the_strongest_scheme_is_taken() -> None:
    login = authorizer()
    login.challenged(["Basic realm=x", RFC_2069, RFC_7616.format(algorithm="SHA-256")])
    assert "algorithm=SHA-256" in (login.header("PLAY", "rtsp://c/") or "")


def test_basic_is_taken_when_nothing_else_is_offered() -> None:
    login = Authorizer(("admin", "密码:1"))
    login.challenged(['Basic realm="camera"'])
    header = login.header("PLAY", "rtsp://c/") or ""
    assert base64.b64decode(header.removeprefix("Basic ")).decode() == "admin:密码:1"


def test_a_second_challenge_means_a_wrong_password() -> None:
    login = authorizer()
    login.challenged([RFC_2069])
    login.header("DESCRIBE", "rtsp://c/")
    with pytest.raises(LoginRefused, match="wrong"):
        login.challenged([RFC_2069])


@pytest.mark.parametrize("said_stale", [True, False])
def test_a_nonce_that_grew_old_is_replaced(said_stale: bool) -> None:
    login = authorizer()
    login.challenged([RFC_2069])
    login.header("DESCRIBE", "rtsp://c/")
    if not said_stale:
        login.accepted()
    login.challenged([RFC_2069.replace("dcd98", "fresh") + (", stale=TRUE" if said_stale else "")])
    assert 'nonce="fresh' in (login.header("OPTIONS", "rtsp://c/") or "")


def test_a_camera_that_wants_a_login_we_lack_is_said_so() -> None:
    with pytest.raises(LoginRefused, match="asks for a user name"):
        Authorizer(None).challenged([RFC_2069])


@pytest.mark.parametrize("header", ["Negotiate", "Digest algorithm=SHA-512-256, nonce=a", ""])
def test_schemes_we_lack_are_said_so(header: str) -> None:
    with pytest.raises(LoginRefused, match="unsupported"):
        authorizer().challenged([header] if header else [])


def test_quotes_in_names_can_not_break_the_header() -> None:
    login = authorizer('a"b\\c')
    login.challenged([RFC_2069])
    assert 'username="a\\"b\\\\c", realm=' in (login.header("PLAY", "rtsp://c/") or "")


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(max_size=200) | st.text(max_size=100).map(lambda text: f'Digest nonce="{text}'))
def test_no_challenge_raises_anything_else(header: str) -> None:
    parse_challenge(header)
    login = authorizer()
    try:
        login.challenged([header])
    except LoginRefused:
        return
    assert re.match(r"(Digest|Basic) ", login.header("PLAY", "rtsp://c/") or "")
