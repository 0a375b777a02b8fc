"""Scenes, faults, programme and the truth about them, without a clock or a socket."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from yitong_command.demo.farm.ball import BallScene, Preset, PresetEvent
from yitong_command.demo.farm.build import build_county
from yitong_command.demo.farm.camera import VirtualCamera
from yitong_command.demo.farm.clip import Clip, Picture
from yitong_command.demo.farm.faults import Fault, FaultState
from yitong_command.demo.farm.onvif_soap import SoapFault, UserToken, element, read_call, text
from yitong_command.demo.farm.options import FarmOptions
from yitong_command.demo.farm.packets import packetise
from yitong_command.demo.farm.programme import load_programme
from yitong_command.demo.farm.scene import FixedScene
from yitong_command.demo.farm.segments import ClipEvent, Segments
from yitong_command.demo.farm.timeline import Span
from yitong_command.demo.farm.truth import TruthLog
from yitong_command.domain.incident import IncidentKind
from yitong_command.errors import ConfigError, IllegalTransition, NotFound

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
HOLE = ClipEvent(IncidentKind.MANHOLE_COVER, "missing", 1.2, 2.0)


def clip(name: str = "c", pictures: int = 20) -> Clip:
    packets = packetise("h264", [], [b"\x65abc"])
    return Clip(
        name, "h264", 64, 64, (),
        tuple(Picture(packets, index % 5 == 0, 9000) for index in range(pictures)),
    )  # fmt: skip


def hole_scene(truth: TruthLog) -> FixedScene:
    return FixedScene("cam-1", clip(), Segments((0, 1), (1.5, 2.0), (HOLE,)), truth)


def test_a_lasting_condition_is_ended_by_a_repair_only() -> None:
    truth = TruthLog()
    scene = hole_scene(truth)
    assert scene.phase == "quiet"
    scene.play(NOW)
    assert scene.phase == "event"
    began = NOW + timedelta(seconds=0.2)
    assert truth.known(began - timedelta(seconds=0.01)) == []
    (fact,) = truth.known(NOW + timedelta(days=1))
    assert (fact.began_at, fact.ended_at) == (began, None)
    with pytest.raises(IllegalTransition):
        scene.play(NOW)
    scene.timeline.skip(11)
    assert scene.phase == "after"
    with pytest.raises(IllegalTransition):
        scene.play(NOW)
    scene.repair(NOW + timedelta(seconds=60))
    (fact,) = truth.known(NOW + timedelta(days=1))
    assert fact.ended_at == NOW + timedelta(seconds=60)
    assert scene.phase == "quiet"


def test_a_repair_before_it_begins_leaves_no_fact() -> None:
    truth = TruthLog()
    scene = hole_scene(truth)
    scene.play(NOW)
    scene.repair(NOW + timedelta(seconds=0.1))
    assert truth.known(NOW + timedelta(days=1)) == []


def test_a_passing_condition_is_not_known_to_end_before_it_does() -> None:
    truth = TruthLog()
    stop = ClipEvent(IncidentKind.ILLEGAL_PARKING, "", 1.2, 1.8)
    scene = FixedScene("cam-1", clip(), Segments((0, 1), (0, 1), (stop,)), truth)
    scene.play(NOW)
    (fact,) = truth.known(NOW + timedelta(seconds=0.5))
    assert fact.ended_at is None
    (fact,) = truth.known(NOW + timedelta(seconds=1))
    assert fact.ended_at == NOW + timedelta(seconds=0.8)
    scene.timeline.skip(11)
    scene.play(NOW + timedelta(seconds=5))
    assert len(truth.known(NOW + timedelta(days=1))) == 2


def test_a_clip_without_segments_has_no_event() -> None:
    scene = FixedScene("cam-1", clip(), Segments(), TruthLog())
    assert not scene.has_event
    with pytest.raises(IllegalTransition, match="no event"):
        scene.play(NOW)


def ball(truth: TruthLog) -> BallScene:
    event = PresetEvent(Span.whole(clip("gone")), IncidentKind.MANHOLE_COVER, "missing")
    presets = {"a": Preset(Span.whole(clip("a"))), "b": Preset(Span.whole(clip("b")), event)}
    return BallScene("ball", presets, "a", {("a", "b"): Span.whole(clip("pan", 10))}, truth)


def test_a_ball_camera_is_moving_until_it_shows_the_preset() -> None:
    scene = ball(TruthLog())
    assert not scene.moving
    scene.goto("b")
    shown = []
    while scene.moving:
        shown.append(scene.timeline.span.clip.name)
        scene.timeline.step()
    assert shown == ["pan"] * 10 + ["b"]
    scene.goto("b")
    assert not scene.moving
    with pytest.raises(NotFound):
        scene.goto("c")


def test_what_happens_behind_its_back_is_true_at_once() -> None:
    truth = TruthLog()
    scene = ball(truth)
    scene.play(NOW)
    (fact,) = truth.known(NOW)
    assert (fact.view_id, fact.state) == ("b", "missing")
    with pytest.raises(IllegalTransition):
        scene.play(NOW)
    assert scene.timeline.span.clip.name == "a"
    scene.goto("b")
    scene.timeline.skip(11)
    assert scene.timeline.span.clip.name == "gone"
    scene.repair(NOW + timedelta(seconds=9))
    assert not scene.moving
    assert scene.timeline.span.clip.name == "b"
    assert truth.known(NOW + timedelta(days=1))[0].ended_at == NOW + timedelta(seconds=9)


def test_an_event_on_the_way_to_its_preset_is_seen_on_arrival() -> None:
    scene = ball(TruthLog())
    scene.goto("b")
    scene.timeline.skip(3)
    scene.play(NOW)
    scene.timeline.skip(8)
    assert scene.timeline.span.clip.name == "gone"


def run(state: FaultState, pictures: tuple[Picture, ...], begin: int, end: int) -> list[int]:
    known = {id(picture): index for index, picture in enumerate(pictures)}
    shown = [state.shown(pictures[index], float(index)) for index in range(begin, end)]
    return [-1 if p is None else known.get(id(p), 100) for p in shown]


def test_a_frozen_camera_thaws_at_a_key() -> None:
    pictures, state = clip().pictures, FaultState()
    assert run(state, pictures, 0, 3) == [0, 1, 2]
    state.set(Fault.FREEZE, 12.0)
    assert run(state, pictures, 3, 18) == [-1, -1, 0, *[-1] * 4, 0, *[-1] * 4, 15, 16, 17]
    assert state.now(18.0) is Fault.NONE


def test_a_black_camera_begins_and_ends_with_a_key() -> None:
    pictures, state = clip().pictures, FaultState()
    black = clip("black", 5)
    run(state, pictures, 0, 3)
    state.set(Fault.BLACK, 7.0, black)
    shown = [state.shown(pictures[index], float(index)) for index in range(3, 12)]
    assert shown[:7] == [*black.pictures, *black.pictures[:2]]
    assert shown[0].key
    assert shown[7] is pictures[10]


class Recorder:
    """A viewer that writes down what it is shown."""

    def __init__(self) -> None:
        self.sent: list[object] = []

    def show(self, sent, block) -> None:
        self.sent.append(sent)

    def report(self, packet: bytes) -> None:
        assert len(packet) % 4 == 0

    def close(self) -> None:
        raise AssertionError


def test_a_late_farm_leaves_out_whole_groups_and_time_goes_on() -> None:
    source = clip()
    scene = FixedScene("cam-1", source, Segments(), TruthLog())
    camera = VirtualCamera("cam-1", scene, source)
    viewer = Recorder()
    camera.join(viewer)
    due = 0.0
    for index in range(20):
        due += camera.tick(due, due + (5.0 if 3 <= index < 7 else 0.0))
    stamps = [sent.timestamp // 9000 for sent in viewer.sent]
    assert stamps == [0, 1, 2, *range(10, 20)]
    numbers = [sent.sequence for sent in viewer.sent]
    assert numbers == list(range(len(numbers)))


def test_a_new_viewer_begins_with_the_last_key() -> None:
    source = clip()
    camera = VirtualCamera("cam-1", FixedScene("cam-1", source, Segments(), TruthLog()), source)
    due = 0.0
    for _ in range(13):
        due += camera.tick(due, due)
    viewer = Recorder()
    camera.join(viewer)
    camera.join(viewer)
    assert [sent.key for sent in viewer.sent] == [True, False, False]
    assert camera.first_of_group() == (viewer.sent[0].sequence, viewer.sent[0].timestamp)


def test_the_shipped_programme_and_clips_make_all_demo_cameras() -> None:
    options = FarmOptions(copies=3)
    county = build_county(load_programme(options.programme), options)
    assert not county.failed
    assert list(county.cameras) == [
        *(f"cam-{number:03d}" for number in range(1, 9)),
        "ball-001", "bench-0001", "bench-0002", "bench-0003",
    ]  # fmt: skip
    assert len({camera.ssrc for camera in county.cameras.values()}) == 12
    assert county.blacks.keys() == {c.home.name for c in county.cameras.values()}


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ("cameras: []", "cameras"),
        ("cameras: [{id: a}]", "cameras.0"),
        ("cameras: [{id: a, clip: c, presets: {x: {clip: c}}}]", "cameras.0"),
        ("cameras: [{id: a, presets: {x: {clip: c}}, home: y}]", "cameras.0"),
        ("cameras: [{id: a, clip: ../c}]", "cameras.0.clip"),
        ("cameras: [{id: a, clip: c, repeat_every_s: 5}]", "cameras.0"),
        ("cameras: [{id: a, clip: c}, {id: a, clip: c}]", "cameras.1.id"),
        ("cameras: [{id: bench-0001, clip: c}]", "cameras.0.id"),
        ("cameras: [{id: a, clip: c, colour: red}]", "cameras.0.colour"),
    ],
)
def test_a_wrong_programme_is_named_with_its_key(tmp_path: Path, content: str, key: str) -> None:
    path = tmp_path / "programme.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError) as caught:
        load_programme(path)
    assert (caught.value.file, caught.value.key) == (str(path), key)


def test_credentials_of_nobody_are_refused() -> None:
    options = FarmOptions(credentials={"cam-099": ("u", "p")})
    with pytest.raises(ConfigError, match="cam-099"):
        build_county(load_programme(options.programme), options)


def token(password: str, created: str, nonce: bytes = b"0123456789") -> UserToken:
    digest = hashlib.sha1(nonce + created.encode() + password.encode()).digest()
    return UserToken(
        "u", base64.b64encode(digest).decode(), base64.b64encode(nonce).decode(), created
    )


def test_user_tokens_prove_the_password_for_a_while() -> None:
    created = "2026-06-01T08:00:00Z"
    assert token("pw", created).proves("u", "pw", NOW)
    assert not token("pw", created).proves("u", "other", NOW)
    assert not token("pw", created).proves("v", "pw", NOW)
    assert not token("pw", created).proves("u", "pw", NOW + timedelta(minutes=6))
    assert not token("pw", "yesterday").proves("u", "pw", NOW)
    assert not UserToken("u", "\u00e9", "!", created).proves("u", "pw", NOW)


def test_xml_is_escaped_and_document_types_are_refused() -> None:
    assert element("a", text("b", "<&>"), c='"') == '<a c="&quot;"><b>&lt;&amp;&gt;</b></a>'
    with pytest.raises(SoapFault, match="document types"):
        read_call(b"<!DOCTYPE a><a/>")
