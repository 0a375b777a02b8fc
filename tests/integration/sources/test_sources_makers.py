"""Cameras of every maker's ways, all watched at once by one receiver, over real sockets."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.integration.sources.clips import write_clip
from tests.integration.sources.conftest import RunningFarm, Watcher
from yitong_command.demo.farm.manners import Clock, Control, Login, Manners, Parameters
from yitong_command.demo.farm.options import FarmOptions
from yitong_command.sources.decoder import KeyframeDecoder
from yitong_command.sources.keyframe import SourceState
from yitong_command.sources.rtsp import RtspReceiver
from yitong_command.sources.rtsp.timing import Timing
from yitong_command.sources.rtsp.tls import TlsPolicy

SUB, MAIN = (352, 288), (1920, 1080)
YEAR_S = 365 * 86_400.0
CLIPS: dict[str, dict[str, Any]] = {
    "sub-h264": {"codec": "h264", "size": SUB},
    "sub-h265": {"codec": "h265", "size": SUB},
    "main-h264": {"codec": "h264", "size": MAIN},
    "main-h265": {"codec": "h265", "size": MAIN},
    "b-h264": {"codec": "h264", "size": SUB, "b_frames": 3},
    "b-h265": {"codec": "h265", "size": SUB, "b_frames": 3},
    "long": {"codec": "h264", "size": SUB, "group_s": 10.0, "seconds": 10.0},
}
UDP = Manners(tcp=False)
CAMERAS: dict[str, tuple[str, Manners]] = {
    **{f"tcp-{clip}": (clip, Manners()) for clip in CLIPS},
    **{f"udp-{clip}": (clip, UDP) for clip in CLIPS if clip != "long"},
    "udp-shuffled-h264": ("main-h264", Manners(tcp=False, shuffled=12)),
    "udp-shuffled-h265": ("main-h265", Manners(tcp=False, shuffled=12)),
    "udp-lossy-h264": ("main-h264", Manners(tcp=False, loss=0.003, shuffled=3)),
    "udp-lossy-h265": ("main-h265", Manners(tcp=False, loss=0.003, shuffled=3)),
    "login-md5": ("sub-h264", Manners()),
    "login-sha256": ("sub-h264", Manners(login=Login.DIGEST_SHA256)),
    "login-basic": ("sub-h264", Manners(login=Login.BASIC)),
    "login-any": ("sub-h264", Manners(login=Login.ANY)),
    "login-stale": ("sub-h264", Manners(login=Login.DIGEST_SHA256, nonce_uses=1, timeout_s=3)),
    "clock-wrapping": ("sub-h264", Manners(clock=Clock.WRAPPING, ntp_offset_s=3 * YEAR_S)),
    "clock-jumping": ("sub-h265", Manners(clock=Clock.JUMPING, ntp_offset_s=-26 * YEAR_S)),
    "clock-standing": ("sub-h264", Manners(clock=Clock.STANDING, ntp_offset_s=None)),
    "described-h264": ("sub-h264", Manners(parameters=Parameters.DESCRIBED)),
    "described-h265": ("sub-h265", Manners(parameters=Parameters.DESCRIBED)),
    "in-band-h264": ("sub-h264", Manners(parameters=Parameters.IN_BAND)),
    "in-band-h265": ("sub-h265", Manners(parameters=Parameters.IN_BAND)),
    "redirect-path": ("sub-h264", Manners(redirect="/tcp-sub-h265")),
    "redirect-url": ("sub-h264", Manners(redirect="rtsp://{place}/redirect-path")),
    "redirect-round": ("sub-h264", Manners(redirect="rtsp://{place}/redirect-round")),
    "alive-options": ("sub-h264", Manners(counts="OPTIONS", timeout_s=3)),
    "alive-get": ("sub-h264", Manners(counts="GET_PARAMETER", timeout_s=3)),
    "alive-refuses": ("sub-h264", Manners(refuses=frozenset({"GET_PARAMETER"}), timeout_s=3)),
    "hangs-up": ("sub-h264", Manners(hangs_up_after_s=1.5)),
    "renumbered": ("sub-h264", Manners(first_channel=10)),
    "tracks": ("sub-h265", Manners(other_tracks=True, control=Control.ABSOLUTE)),
    "rooted": ("sub-h264", Manners(control=Control.ROOTED)),
}
LOGIN = ("viewer", '密码:p\\a"ss')
WAIT_S = 20.0
TIMING = Timing(silence_s=4.0, answer_s=6.0, retry_first_s=0.2, retry_longest_s=0.5)


def certificate(folder: Path, name: str) -> Path:
    """A self-signed certificate of 127.0.0.1 with its key in one file."""
    path = folder / f"{name}.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
        + ["-subj", "/CN=camera", "-addext", "subjectAltName=IP:127.0.0.1"]
        + ["-keyout", str(path), "-out", f"{path}.crt"],
        check=True,
        capture_output=True,
    )
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls"), "farm")


@pytest.fixture(scope="module")
def makers(tmp_path_factory: pytest.TempPathFactory, pem: Path) -> Iterator[RunningFarm]:
    folder = tmp_path_factory.mktemp("makers")
    for name, kind in CLIPS.items():
        write_clip(folder / f"{name}.mp4", **kind)
    lines = [f"  - {{id: {name}, clip: {clip}}}" for name, (clip, _) in CAMERAS.items()]
    lines += [
        "  - id: zoom",
        "    home: near",
        "    presets: {near: {clip: sub-h264}, far: {clip: main-h264}}",
    ]
    programme = folder / "programme.yaml"
    programme.write_text("cameras:\n" + "\n".join(lines))
    options = FarmOptions(
        rtsp_port=0, control_port=0, onvif_port=0, clips_dir=folder, programme=programme,
        credentials={name: LOGIN for name in CAMERAS if name.startswith("login")},
        manners={name: manners for name, (_, manners) in CAMERAS.items()},
        rtsps_port=0, certificate=pem,
    )  # fmt: skip
    running = RunningFarm(options)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def watching(makers: RunningFarm) -> Iterator[Watcher]:
    watcher = Watcher(TIMING)
    for name in (*CAMERAS, "zoom"):
        login = LOGIN if name.startswith("login") else None
        watcher.receiver.add(name, makers.farm.rtsp_url(name), login)
    yield watcher
    watcher.receiver.stop()


STEADY = sorted(set(CAMERAS) - {"redirect-round", "hangs-up"})


@pytest.mark.parametrize("name", STEADY)
def test_every_maker_is_watched_and_its_pictures_decode(watching: Watcher, name: str) -> None:
    clip = "sub-h265" if name.startswith("redirect") else CAMERAS[name][0]
    kind = CLIPS[clip]
    keyframe = watching.keyframe(name, WAIT_S)
    width, height = kind["size"]
    assert keyframe.codec == kind["codec"]
    assert KeyframeDecoder().decode(keyframe).shape == (height, width, 3)
    status = watching.receiver.status(name)
    assert status.state is SourceState.LIVE
    assert status.damaged == 0 or "lossy" in name


def test_a_network_that_loses_packets_loses_pictures_and_none_is_damaged(
    watching: Watcher,
) -> None:
    for name in ("udp-lossy-h264", "udp-lossy-h265"):
        watching.until(lambda name=name: watching.receiver.status(name).damaged > 0, name, WAIT_S)
        KeyframeDecoder().decode(watching.keyframe(name, WAIT_S))


def test_a_redirect_that_goes_round_is_given_up(watching: Watcher) -> None:
    watching.state("redirect-round", SourceState.OFF, WAIT_S)
    assert watching.receiver.status("redirect-round").reason_en == (
        "the camera redirects us again and again"
    )


def test_a_camera_that_hangs_up_without_a_word_is_called_again(watching: Watcher) -> None:
    for _ in range(2):
        watching.state("hangs-up", SourceState.LIVE, WAIT_S)
        watching.state("hangs-up", SourceState.OFF, WAIT_S)
    assert watching.receiver.status("hangs-up").reason_en == "the camera closed the connection"


def test_a_picture_size_that_changes_is_followed(makers: RunningFarm, watching: Watcher) -> None:
    async def turn(preset: str) -> None:
        makers.farm.ball("zoom").goto(preset)

    decoder, since = KeyframeDecoder(), None
    for preset, (width, height) in (("near", SUB), ("far", MAIN), ("near", SUB)):
        makers.call(turn(preset))
        shape = (0, 0, 0)
        end_s = time.monotonic() + WAIT_S
        while shape[:2] != (height, width):
            assert time.monotonic() < end_s
            shape = decoder.decode(watching.keyframe("zoom", WAIT_S)).shape
        since = since or watching.receiver.status("zoom").since
        assert watching.receiver.status("zoom").since == since


@pytest.mark.parametrize("name", sorted(name for name in CAMERAS if name.startswith("alive")))
def test_the_session_lives_on_whatever_request_counts(watching: Watcher, name: str) -> None:
    watching.state(name, SourceState.LIVE, WAIT_S)
    watching.until(lambda: watching.receiver.status(name).keyframes >= 8, "8 keyframes", WAIT_S)
    status = watching.receiver.status(name)
    assert status.last_keyframe_at is not None
    assert (status.last_keyframe_at - status.since).total_seconds() > 5


OFFSETS = {"tcp-sub-h264": 0.0, "clock-wrapping": 3 * YEAR_S, "clock-jumping": -26 * YEAR_S}


@pytest.mark.parametrize("name", sorted(n for n in CAMERAS if n.startswith("clock")))
def test_no_camera_clock_dates_a_keyframe(watching: Watcher, name: str) -> None:
    taken = [watching.keyframe(name, WAIT_S) for _ in range(3)]
    times = [keyframe.received_at for keyframe in taken]
    assert times == sorted(set(times))
    assert abs((datetime.now(UTC) - times[-1]).total_seconds()) < 2
    if CAMERAS[name][1].clock is Clock.JUMPING:
        steps = [
            (b.rtp_timestamp - a.rtp_timestamp) & 0xFFFFFFFF
            for a, b in zip(taken, taken[1:], strict=False)
        ]
        assert max(steps) > 90_000 * 3600


def test_how_far_a_camera_clock_is_off_is_told(watching: Watcher) -> None:
    for name, offset_s in OFFSETS.items():
        watching.keyframe(name, WAIT_S)
        told_s = watching.receiver.status(name).clock_offset_s
        assert told_s is not None, name
        assert abs(told_s - offset_s) < 1.5, name
    assert watching.receiver.status("clock-standing").clock_offset_s is None


def policies(pem: Path, other: Path) -> dict[str, tuple[TlsPolicy, str]]:
    der = subprocess.run(
        ["openssl", "x509", "-in", f"{pem}.crt", "-outform", "DER"], check=True, capture_output=True
    )
    pin = subprocess.run(
        ["openssl", "dgst", "-sha256", "-hex"], input=der.stdout, check=True, capture_output=True
    ).stdout.split()[-1]
    certificate = "the camera's certificate is not"
    return {
        "ca file": (TlsPolicy(Path(f"{pem}.crt")), ""),
        "pinned": (TlsPolicy(pins={"cam": pin.decode()}), ""),
        "insecure": (TlsPolicy(insecure=True), ""),
        "default": (TlsPolicy(), f"{certificate} trusted"),
        "other ca": (TlsPolicy(Path(f"{other}.crt")), f"{certificate} trusted"),
        "other pin": (TlsPolicy(None, {"cam": "0" * 64}, True), f"{certificate} the pinned one"),
    }


def test_an_encrypted_camera_must_show_who_it_is(
    makers: RunningFarm, pem: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = policies(pem, certificate(tmp_path, "other"))
    receivers = {
        name: RtspReceiver(lambda: datetime.now(UTC), TIMING, tls=policy)
        for name, (policy, _) in cases.items()
    }
    try:
        for receiver in receivers.values():
            receiver.start()
            receiver.add("cam", makers.farm.rtsps_url("tcp-main-h265"))
        for name, receiver in receivers.items():
            reason = cases[name][1]
            wanted = SourceState.OFF if reason else SourceState.LIVE
            end_s = time.monotonic() + WAIT_S
            while receiver.status("cam").state is not wanted:
                assert time.monotonic() < end_s, (name, receiver.status("cam"))
                time.sleep(0.02)
            assert receiver.status("cam").reason_en == reason, name
            if not reason:
                keyframe = receiver.take("cam")
                assert keyframe is not None
                assert KeyframeDecoder().decode(keyframe).shape == (1080, 1920, 3)
    finally:
        for receiver in receivers.values():
            receiver.stop()
    assert capsys.readouterr().out.count("camera_certificate_unchecked") == 1


def test_a_camera_with_a_keyframe_every_ten_seconds_is_live_and_says_so(
    watching: Watcher,
) -> None:
    watching.until(
        lambda: watching.receiver.status("tcp-long").keyframe_interval_s is not None,
        "the third keyframe",
        25.0,
    )
    status = watching.receiver.status("tcp-long")
    assert status.state is SourceState.LIVE
    assert status.keyframe_interval_s == pytest.approx(10.0, abs=1.0)
    often = watching.receiver.status("tcp-sub-h264").keyframe_interval_s
    assert often == pytest.approx(1.0, abs=0.4)
    assert watching.receiver.status("tcp-long").since == status.since
