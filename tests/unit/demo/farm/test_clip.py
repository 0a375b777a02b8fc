"""Clips: what a container says, and how parts are cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from yitong_command.demo.farm.black import black_clip
from yitong_command.demo.farm.clip import Clip, Picture, load_clip
from yitong_command.demo.farm.nal import read_header, split_annexb, split_lengths
from yitong_command.demo.farm.options import FarmOptions
from yitong_command.demo.farm.packets import packetise
from yitong_command.demo.farm.segments import load_segments
from yitong_command.demo.farm.timeline import Span, Timeline
from yitong_command.domain.incident import IncidentKind
from yitong_command.errors import CorruptMedia

CLIPS = FarmOptions().clips_dir
NOTHING = packetise("h264", [], [b"\x65abc"])


def clip(pictures: int = 20, group: int = 5) -> Clip:
    """A clip of 10 pictures a second whose pictures can be told apart by identity."""
    return Clip(
        "c", "h264", 64, 64, (),
        tuple(Picture(NOTHING, index % group == 0, 9000) for index in range(pictures)),
    )  # fmt: skip


def indices(source: Clip, timeline: Timeline, count: int) -> list[int]:
    known = {id(picture): index for index, picture in enumerate(source.pictures)}
    return [known[id(timeline.step())] for _ in range(count)]


def test_the_shipped_clips_load_and_have_a_key_every_second() -> None:
    for path in CLIPS.glob("*.mp4"):
        loaded = load_clip(path)
        keys = [index for index, picture in enumerate(loaded.pictures) if picture.key]
        assert keys == list(range(0, len(loaded.pictures), 6)), path
        assert len(loaded.parameters) >= 2


def test_the_shipped_ground_truth_is_understood() -> None:
    manhole = load_segments(CLIPS / "manhole.gt.json")
    assert [(e.kind, e.state) for e in manhole.events] == [(IncidentKind.MANHOLE_COVER, "missing")]
    parking = load_segments(CLIPS / "parking.gt.json")
    assert [event.kind for event in parking.events] == [IncidentKind.ILLEGAL_PARKING]
    assert load_segments(CLIPS / "no-such-file.gt.json").quiet is None


@pytest.mark.parametrize("content", [b"", b"\x00" * 5000, b"ftyp" * 100])
def test_a_damaged_clip_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "damaged.mp4"
    path.write_bytes(content)
    with pytest.raises(CorruptMedia, match=r"damaged\.mp4"):
        load_clip(path)


def test_a_clip_cut_short_is_named(tmp_path: Path) -> None:
    path = tmp_path / "short.mp4"
    path.write_bytes((CLIPS / "quiet.mp4").read_bytes()[:20_000])
    with pytest.raises(CorruptMedia, match=r"short\.mp4"):
        load_clip(path)


@pytest.mark.parametrize("text", ["{", "[]", '{"quiet_segment": [1]}', '{"events": [{"type": 1}]}'])
def test_wrong_ground_truth_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "wrong.gt.json"
    path.write_text(text)
    with pytest.raises(CorruptMedia, match=r"wrong\.gt\.json"):
        load_segments(path)


def test_black_has_the_size_and_rate_of_its_clip() -> None:
    quiet = load_clip(CLIPS / "quiet.mp4")
    black = black_clip(quiet)
    assert (black.width, black.height) == (quiet.width, quiet.height)
    assert black.fps == pytest.approx(quiet.fps)
    assert black.pictures[0].key
    assert len(black.parameters) >= 2


def test_a_codec_configuration_cut_short_is_refused() -> None:
    with pytest.raises(ValueError, match="cut short"):
        read_header("h264", b"\x01\x4d\x40\x1f\xff\xe1\x00\x18gM")
    with pytest.raises(ValueError, match="cut short"):
        read_header("h265", b"\x01" * 22)
    with pytest.raises(ValueError, match="cut short"):
        list(split_lengths(b"\x00\x00\x00\x09abc", 4))


def test_start_codes_of_both_lengths_are_found() -> None:
    data = b"\x00\x00\x00\x01\x67one\x00\x00\x01\x68two\x00\x00\x00\x01\x65three"
    assert list(split_annexb(data)) == [b"\x67one", b"\x68two", b"\x65three"]


def test_a_span_begins_with_a_key() -> None:
    span = Span.between(clip(), 0.7, 1.2)
    assert (span.first, span.end) == (5, 12)
    assert span.begins_s == pytest.approx(0.5)
    assert Span.whole(clip()).duration_s == pytest.approx(2.0)
    with pytest.raises(ValueError, match="no picture"):
        Span.between(clip(), 1.5, 0.2)


def test_spans_follow_each_other_and_the_last_repeats() -> None:
    source = clip()
    timeline = Timeline(Span(source, 0, 3))
    assert indices(source, timeline, 4) == [0, 1, 2, 0]
    timeline.cut(Span(source, 5, 7), Span(source, 10, 12))
    assert not timeline.settled
    assert indices(source, timeline, 2) == [5, 6]
    assert timeline.span == Span(source, 10, 12)
    assert not timeline.settled
    assert indices(source, timeline, 5) == [10, 11, 10, 11, 10]
    assert timeline.settled


def test_what_repeats_can_be_replaced_before_and_after_it_begins() -> None:
    source = clip()
    timeline = Timeline(Span(source, 0, 3))
    timeline.cut(Span(source, 5, 7), Span(source, 10, 12))
    timeline.replace_last(Span(source, 15, 17))
    assert indices(source, timeline, 5) == [5, 6, 15, 16, 15]
    timeline.replace_last(Span(source, 0, 2))
    assert timeline.settled
    assert indices(source, timeline, 3) == [0, 1, 0]
