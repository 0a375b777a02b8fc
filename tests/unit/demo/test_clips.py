"""The packaged clips can be served as they are, and their ground truth is well-formed."""

import json
from pathlib import Path
from typing import Any

import av
import pytest

import yitong_command

CLIPS = Path(yitong_command.__file__).parent / "demo" / "clips"
NAMES = sorted(path.name.removesuffix(".gt.json") for path in CLIPS.glob("*.gt.json"))
IDR, SPS, PPS = 5, 7, 8


def truth(name: str) -> dict[str, Any]:
    return json.loads((CLIPS / f"{name}.gt.json").read_text(encoding="utf-8"))


def nal_types(avcc: bytes) -> list[int]:
    kinds, at = [], 0
    while at < len(avcc):
        length = int.from_bytes(avcc[at : at + 4], "big")
        kinds.append(avcc[at + 4] & 31)
        at += 4 + length
    return kinds


def test_the_programme_has_its_clips() -> None:
    fixed = {"parking", "manhole", "quiet"}
    ball = {"ball_left", "ball_centre", "ball_right", "ball_centre_missing"}
    presets = ("left", "centre", "right")
    pans = {f"ball_pan_{a}_{b}" for a in presets for b in presets if a != b}
    assert fixed | ball | pans <= set(NAMES)
    assert {path.stem for path in CLIPS.glob("*.mp4")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_clip_can_be_cut_at_every_second(name: str) -> None:
    gt = truth(name)
    path = CLIPS / f"{name}.mp4"
    assert path.stat().st_size < 1_500_000
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.profile in {"Main", "Baseline", "Constrained Baseline"}
        assert (stream.width, stream.height, stream.pix_fmt) == (960, 540, "yuv420p")
        assert stream.average_rate == gt["fps"]
        packets = [packet for packet in container.demux(stream) if packet.size]
    assert len(packets) == gt["frame_count"] == len(gt["frames"])
    assert all(packet.pts == packet.dts for packet in packets)
    keyframes = [i for i, packet in enumerate(packets) if packet.is_keyframe]
    assert keyframes == list(range(0, len(packets), gt["fps"]))
    for i in keyframes:
        assert {SPS, PPS, IDR} <= set(nal_types(bytes(packets[i])))


@pytest.mark.parametrize("name", NAMES)
def test_ground_truth_is_well_formed(name: str) -> None:
    gt = truth(name)
    length_s = gt["frame_count"] / gt["fps"]
    assert gt["format"] == "scene-gt/1"
    assert gt["clip"] == f"{name}.mp4"
    for event in gt["events"]:
        assert event["type"] in {"vehicle_stopped", "manhole_state"}
        assert 0 <= event["t0"] < event["t1"] <= length_s + 1e-6
    for zone in gt["zones"]:
        points = zone.get("polygon") or [zone["box"][:2], zone["box"][2:], zone["crop"]]
        assert all(0 <= value <= 1 for point in points for value in point)
    for key in ("quiet_segment", "after_segment"):
        if gt[key] is not None:
            start, end = gt[key]
            assert start == int(start)
            assert end == int(end)
            assert 0 <= start < end <= length_s
    for i, frame in enumerate(gt["frames"]):
        assert frame["i"] == i
        for thing in (*frame["objects"], *frame["manholes"]):
            x0, y0, x1, y1 = thing["box"]
            assert 0 <= x0 <= x1 <= gt["width"]
            assert 0 <= y0 <= y1 <= gt["height"]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_happens_in_a_quiet_segment(name: str) -> None:
    gt = truth(name)
    if gt["quiet_segment"] is None:
        return
    start, end = gt["quiet_segment"]
    bad = [e for e in gt["events"] if e["type"] == "vehicle_stopped" or e["state"] != "ok"]
    assert all(event["t1"] <= start or event["t0"] >= end for event in bad)


def test_the_events_are_there_to_be_found() -> None:
    stopped = [e for e in truth("parking")["events"] if e["type"] == "vehicle_stopped"]
    assert any(event["t1"] - event["t0"] >= 27.9 for event in stopped)
    missing = [e for e in truth("manhole")["events"] if e.get("state") == "missing"]
    assert missing
    assert missing[0]["t0"] >= truth("manhole")["quiet_segment"][1]
    assert [e["state"] for e in truth("ball_centre_missing")["events"]] == ["missing"]
    assert [e["state"] for e in truth("ball_centre")["events"]] == ["ok"]
    assert all(e["type"] != "vehicle_stopped" for e in truth("quiet")["events"])
