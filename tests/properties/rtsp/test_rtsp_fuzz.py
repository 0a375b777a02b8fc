"""Ten thousand malformed things a camera may send: nothing raises but what is meant to.

Each part counts how far its cases got, so that none of it runs on nothing.
"""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from tests.properties.rtsp.corpus import answers, interleaved, keyframes, stream
from tests.properties.rtsp.mutate import chunks, damage, disorder
from tests.unit.sources.sdp_samples import SAMPLES
from yitong_command.errors import CorruptMedia
from yitong_command.sources.decoder import KeyframeDecoder
from yitong_command.sources.keyframe import CodecName, Keyframe
from yitong_command.sources.rtsp.address import parse_address
from yitong_command.sources.rtsp.assembler import MAX_PICTURE_BYTES, Picture
from yitong_command.sources.rtsp.auth import Authorizer, parse_challenge
from yitong_command.sources.rtsp.failure import LoginRefused, Redirected, RtspFailure
from yitong_command.sources.rtsp.framing import VideoInput
from yitong_command.sources.rtsp.message import MAX_BODY_BYTES, MAX_HEADER_BYTES, build_message
from yitong_command.sources.rtsp.nal import CODECS
from yitong_command.sources.rtsp.redirect import Route
from yitong_command.sources.rtsp.rtp import ReceiverReport, parse_rtcp, parse_rtp
from yitong_command.sources.rtsp.sdp import parse_sdp
from yitong_command.sources.rtsp.session import Session, Step

AT = datetime(2026, 11, 23, tzinfo=UTC)
MOST_WAITING = MAX_HEADER_BYTES + MAX_BODY_BYTES + 65_540
DIALOGUES, PACKETS, DESCRIPTIONS, LOGINS, REPORTS, PICTURES = 3_000, 3_000, 2_000, 500, 400, 800
CODEC_NAMES: tuple[CodecName, ...] = ("h264", "h265")


def dialogue(source: random.Random, reached: Counter[str]) -> None:
    """One camera that is honest up to a point."""
    codec = source.choice(CODEC_NAMES)
    login = source.random() < 0.3
    pictures: list[Picture] = []
    times: list[float] = []
    session = Session(
        parse_address("rtsp://camera/live"), ("u", "p") if login else None, 1,
        pictures.append, times.append,
    )  # fmt: skip
    script = answers(codec, login)
    bad = source.randrange(len(script) + 3)
    session.start()
    now_s = 0.0
    try:
        for number, answer in enumerate(script):
            now_s += source.choice((0.0, 0.1, 30.0))
            if number == bad and source.random() < 0.2:
                answer = b"RTSP/1.0 302 Moved\r\nCSeq: CSEQ\r\nLocation: rtsp://camera/2\r\n\r\n"
            text = answer.replace(b"CSEQ", str(session._cseq).encode())
            for chunk in chunks(damage(text, source) if number == bad else text, source):
                session.receive(chunk, now_s)
            if session.step is Step.NEEDS_UDP:
                session.use_udp(6000)
            session.tick(now_s)
        playing = disorder(list(stream(codec)), source)
        data = b"".join(interleaved(playing))
        for chunk in chunks(damage(data, source, 12) if bad >= len(script) else data, source):
            now_s += 0.01
            session.receive(chunk, now_s)
            assert len(session._framing._rest) <= MOST_WAITING
        session.tick(now_s + 100.0)
    except Redirected as redirected:
        reached["redirected"] += 1
        follow(redirected.location)
    except RtspFailure as failure:
        reached["refused"] += 1
        reached[f"reason {failure.en}"] += 1
    with suppress(RtspFailure):
        session.stop()
    assert len(session.outgoing) < 64 * 1024
    reached[session.step.value.strip()] += 1
    reached["pictures"] += len(pictures)
    reached["damaged"] += session.damaged
    reached["times"] += bool(times)


def follow(location: str) -> None:
    route = Route(parse_address("rtsp://camera/"), ("u", "p"))
    try:
        route.follow(location)
    except RtspFailure:
        return
    assert route.credentials is None or route.address.host == "camera"


def test_dialogues() -> None:
    reached: Counter[str] = Counter()
    for number in range(DIALOGUES):
        dialogue(random.Random(f"dialogue {number}"), reached)
    assert reached["playing"] > DIALOGUES * 0.6, reached
    assert reached["refused"] > DIALOGUES * 0.1, reached
    assert reached["pictures"] > DIALOGUES, reached
    assert reached["damaged"] > DIALOGUES * 0.2, reached
    assert reached["times"] > DIALOGUES * 0.5, reached
    for step in ("DESCRIBE", "SETUP", "PLAY", "redirected"):
        assert reached[step] > 5, reached
    assert len([key for key in reached if key.startswith("reason")]) >= 8, reached


def packets(source: random.Random, reached: Counter[str]) -> None:
    """RTP packets of a camera, out of order and damaged, as UDP brings them."""
    codec = CODECS[source.choice(CODEC_NAMES)]
    video = VideoInput(codec, 96, (), ReceiverReport(1))
    sent = disorder(list(stream(codec.name)), source, source.choice((0, 3, 30)))
    share = source.choice((0.0, 0.02, 0.3))
    for packet in sent:
        picture = video.push(damage(packet, source) if source.random() < share else packet)
        assembler = video.assembler
        assert assembler._bytes <= MAX_PICTURE_BYTES
        if picture is not None:
            reached["pictures"] += 1
            assert picture.annexb.startswith(b"\0\0\0\1")
            first = codec.kind(picture.annexb[4:6])
            assert first == codec.parameter_kinds[0]
    reached["damaged"] += video.assembler.damaged


def test_packets() -> None:
    reached: Counter[str] = Counter()
    for number in range(PACKETS):
        packets(random.Random(f"packets {number}"), reached)
    assert reached["pictures"] > PACKETS, reached
    assert reached["damaged"] > PACKETS / 2, reached


def test_descriptions() -> None:
    reached: Counter[str] = Counter()
    samples = list(SAMPLES.values())
    for number in range(DESCRIPTIONS):
        source = random.Random(f"description {number}")
        sample = source.choice(samples)
        body = damage(sample.body.encode("utf-8", "surrogateescape"), source, 6)
        base = damage(sample.base.encode(), source, 1).decode("utf-8", "replace")
        try:
            track = parse_sdp(body, base if source.random() < 0.5 else sample.base)
        except RtspFailure:
            reached["refused"] += 1
            continue
        reached["read"] += 1
        reached["parameter sets"] += len(track.parameter_sets)
        assert 0 <= track.payload_type < 128
        try:
            build_message(f"SETUP {track.control_url} RTSP/1.0", {})
        except RtspFailure:
            reached["control characters"] += 1
    assert reached["read"] > DESCRIPTIONS * 0.5, reached
    assert reached["refused"] > DESCRIPTIONS * 0.02, reached
    assert reached["parameter sets"] > DESCRIPTIONS * 0.5, reached
    assert reached["control characters"] > 5, reached


def test_logins() -> None:
    reached: Counter[str] = Counter()
    offers = [
        b'Digest realm="a, b", nonce="0a\\"1", qop="auth,auth-int", algorithm=SHA-256, stale=true',
        b'Digest realm="camera", nonce="n", algorithm=MD5-sess, opaque="x"',
        b'Basic realm="camera"',
    ]
    for number in range(LOGINS):
        source = random.Random(f"login {number}")
        headers = [damage(source.choice(offers), source).decode("utf-8", "replace")]
        auth = Authorizer(("用户", "密码"))
        try:
            auth.challenged(headers)
            auth.challenged(headers)
        except LoginRefused:
            reached["refused"] += 1
        challenge = parse_challenge(headers[0])
        value = auth.header("DESCRIBE", "rtsp://camera/")
        if value is not None and challenge is not None:
            reached[challenge.scheme] += 1
            try:
                build_message("DESCRIBE rtsp://camera/ RTSP/1.0", {"Authorization": value})
            except RtspFailure:
                reached["control characters"] += 1
    assert min(reached[key] for key in ("refused", "digest", "basic")) > 50, reached


def test_reports() -> None:
    reached: Counter[str] = Counter()
    report = next(bytes(p[4:]) for p in interleaved(list(stream("h264"))) if p[1] == 1)
    for number in range(REPORTS):
        source = random.Random(f"report {number}")
        data = damage(report * source.randint(1, 4), source)
        news = parse_rtcp(data)
        ours = ReceiverReport(1)
        ours.reported(news, source.random() * 1e6)
        assert len(ours.packet(source.random() * 1e6)) % 4 == 0
        reached["told"] += news.ssrc is not None
        reached["rtp"] += parse_rtp(damage(source.choice(stream("h265")), source)) is not None
    assert REPORTS * 0.2 < reached["told"] < REPORTS, reached
    assert reached["rtp"] > REPORTS * 0.2, reached


@pytest.mark.parametrize("codec", CODEC_NAMES)
def test_pictures(codec: CodecName) -> None:
    reached: Counter[str] = Counter()
    decoder = KeyframeDecoder()
    whole = [Keyframe("cam-1", codec, data, AT, 0) for data in keyframes(codec)]
    honest = [decoder.decode(keyframe).tobytes() for keyframe in whole]
    for number in range(PICTURES // 2):
        source = random.Random(f"picture {codec} {number}")
        index = source.randrange(len(whole))
        data = damage(whole[index].annexb, source, source.choice((1, 8)))
        try:
            pixels = decoder.decode(Keyframe("cam-1", codec, data, AT, 0))
        except CorruptMedia:
            reached["corrupt"] += 1
        else:
            reached["decoded"] += 1
            assert pixels.ndim == 3
        if number % 10 == 0:
            reached["after"] += decoder.decode(whole[index]).tobytes() == honest[index]
    assert reached["corrupt"] > PICTURES * 0.1, reached
    assert reached["decoded"] > 5, reached
    assert reached["after"] == PICTURES // 20, reached
